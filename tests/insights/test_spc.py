"""Control charts: every published example, and what may be odd about a series."""

import json
from datetime import date
from pathlib import Path

import pytest

from insights import spc

GOLDEN = json.loads((Path(__file__).parent / "spc_golden.json").read_text(encoding="utf-8"))
SAID = {
    "Above UCL": "above the upper limit",
    "Below LCL": "below the lower limit",
    "7 Points Above CL": "seven points above the mean",
    "7 Points Below CL": "seven points below the mean",
    "2 in 3 Above CL": "two of three close to the upper limit",
    "2 in 3 Below CL": "two of three close to the lower limit",
    "7 Point Trend (Increasing)": "seven points rising",
    "7 Point Trend (Decreasing)": "seven points falling",
    "Common Cause": "",
}


def months(values, begins=(2024, 1)):
    year, month = begins
    return [(date(year + (month - 1 + n) // 12, (month - 1 + n) % 12 + 1, 1), value)
            for n, value in enumerate(values)]  # fmt: skip


def chart(values, better="higher", **options):
    return spc.chart_of(months(values), better, **options)


def about(found, expected, places=4):
    mean, low, high = found
    assert mean == pytest.approx(expected["mean"], abs=10**-places)
    assert low == pytest.approx(expected["lpl"], abs=10**-places)
    assert high == pytest.approx(expected["upl"], abs=10**-places)


@pytest.mark.parametrize("name", ["A", "B"])
def test_published_limits(name):
    about(spc.limits(GOLDEN[name]["y"]), GOLDEN[name]["expect"])


def test_published_limits_without_the_screen(monkeypatch):
    monkeypatch.setattr(spc, "SCREEN", float("inf"))

    about(spc.limits(GOLDEN["B_noscreen"]["y"]), GOLDEN["B_noscreen"]["expect"])
    about(spc.limits(GOLDEN["C"]["y"]), GOLDEN["C"]["noscreen"], places=2)


def test_published_limits_of_two_parts():
    both = GOLDEN["A_two_facets"]
    drawn = chart(both["y1"] + both["y2"], parts=[months([0] * 11)[10][0]])

    for part, expected in ((0, both["expect1"]), (1, both["expect2"])):
        one = next(point for point in drawn.points if point.part == part)
        about((one.mean, one.low, one.high), expected, places=2)
    assert drawn.counts == [10, 10]
    assert drawn.is_trial


def test_a_range_far_beyond_the_usual_is_left_out_and_its_point_stands_out():
    about(spc.limits(GOLDEN["C"]["y"]), GOLDEN["C"]["expect"], places=2)
    special = [(n, one.label) for n, one in enumerate(chart(GOLDEN["C"]["y"]).points) if one.label]

    assert special == [(GOLDEN["C"]["special"]["index"], SAID[GOLDEN["C"]["special"]["kind"]])]


def test_two_near_limits_on_two_sides_are_common():
    last = chart(GOLDEN["D"]["y"]).points[-2:]

    assert [one.label for one in last] == ["", ""]
    assert GOLDEN["D"]["expect_last_two"] == ["common_cause", "common_cause"]


RUNS = {
    "1..7": [1, 2, 3, 4, 5, 6, 7], "1,2,3,3,4,5,6": [1, 2, 3, 3, 4, 5, 6],
    "2,1..7,3": [2, 1, 2, 3, 4, 5, 6, 7, 3], "7..1": [7, 6, 5, 4, 3, 2, 1],
    "1..6": [1, 2, 3, 4, 5, 6],
}  # fmt: skip


@pytest.mark.parametrize("name", GOLDEN["seven_trend"])
def test_published_trends(name):
    assert spc.trends(RUNS[name]) == GOLDEN["seven_trend"][name]


SIDES = "seven_side(sign of y-mean)"


@pytest.mark.parametrize("name", GOLDEN[SIDES])
def test_published_runs_on_one_side(name):
    sides = {
        "[1]*6": [1] * 6, "[1]*6+[-1]": [1] * 6 + [-1],
        "[1]*8+[-1]": [1] * 8 + [-1], "[-1]*8+[1]": [-1] * 8 + [1],
    }[name]  # fmt: skip

    assert [abs(way) for way in spc.on_one_side(sides)] == [abs(way) for way in GOLDEN[SIDES][name]]
    assert {way for way in spc.on_one_side(sides) if way} <= {sides[0]}


NEAR = "two_in_three_marked(close flags, all same side)"


@pytest.mark.parametrize("name", GOLDEN[NEAR])
@pytest.mark.parametrize("side", [1, -1])
def test_published_two_of_three(name, side):
    near = [flag == "1" for flag in name.split(",")]

    assert spc.two_of_three(near, [side] * len(near)) == [side * n for n in GOLDEN[NEAR][name]]


def test_three_on_two_sides_are_not_two_of_three():
    assert spc.two_of_three([True, False, True], [1, -1, 1]) == [0, 0, 0]
    assert spc.two_of_three([True, False, True], [1, 0, 1]) == [0, 0, 0]


ASSURANCE = GOLDEN["assurance(lpl,upl,target=4)"]
KINDS = {"consistent_fail": "miss", "consistent_pass": "hit", "inconsistent": "hit_or_miss"}


@pytest.mark.parametrize("direction", ["increase", "decrease"])
@pytest.mark.parametrize("span", ["1,3", "5,7", "1,5"])
def test_published_assurance(direction, span):
    low, high = map(float, span.split(","))
    point = spc.Point(date(2026, 1, 1), 2.0, 2.0, low, high)
    better = {"increase": "higher", "decrease": "lower"}[direction]

    assert spc.Chart([point], better, 4).assurance == KINDS[ASSURANCE[direction][span]]
    assert spc.Chart([point], "", 4).assurance is None
    assert spc.Chart([point], better).assurance is None


@pytest.mark.parametrize(("low", "high"), [(4, 9), (0, 4)])
def test_a_target_on_a_limit_is_hit_and_miss(low, high):
    point = spc.Point(date(2026, 1, 1), 4.0, 4.0, low, high)

    assert {spc.Chart([point], better, 4).assurance for better in ("higher", "lower")} == {
        "hit_or_miss"
    }


@pytest.mark.parametrize(("name", "better"), [("E_helper", "lower"), ("F_helper", "higher")])
def test_the_whole_of_a_chart(name, better):
    given = GOLDEN[name]
    (group,) = given["expect"]["groups"]
    drawn = chart(given["y"], better, target=given.get("target"), first=given.get("fix"))

    about((drawn.points[0].mean, drawn.points[0].low, drawn.points[0].high), group)
    assert [one.label for one in drawn.points] == [SAID[kind] for kind in group["kinds"]]
    assert drawn.variation == {"E_helper": "improving_low", "F_helper": "improving_high"}[name]
    assert drawn.assurance == given["expect"].get("assurance")
    assert drawn.is_trial == group["trial"]


def test_points_beyond_a_limit_count_among_two_of_three():
    given = GOLDEN["G_helper_two_sigma_change"]
    drawn = chart(given["y"], first=given["fix"])

    about((drawn.points[0].mean, drawn.points[0].low, drawn.points[0].high), given)
    assert drawn.points[-1].label == SAID[given["MDC_since_Nov_2023_last"]]
    assert "November 2023" in drawn.note


@pytest.mark.parametrize(
    ("better", "values", "icon"),
    [
        ("lower", [5] * 6 + [5.1, 9], "concerning_high"),
        ("higher", [5] * 6 + [5.1, 1], "concerning_low"),
        ("", [5, 6] * 8 + [40], "neither_high"),
        ("", [5, 6] * 8 + [-40], "neither_low"),
        ("lower", [5, 6] * 8 + [-40], "improving_low"),
        ("higher", [5, 6] * 8, "common"),
    ],
)
def test_the_last_point_is_the_icon(better, values, icon):
    assert chart(values, better).variation == icon


@pytest.mark.parametrize(
    ("values", "says"),
    [
        ([], "There are no figures yet."),
        ([None, None], "There are no figures yet."),
        ([3], "There are too few months"),
        ([3, None], "There are too few months"),
        ([3, 4, 5], "fewer than 13 points"),
        ([0] * 20, "within what is usual"),
        ([-4, -5] * 10, "within what is usual"),
    ],
)
def test_odd_series_are_said_in_words(values, says):
    assert says in chart(values, target=1).sentence


def test_a_month_without_a_figure_breaks_nothing():
    whole = chart([5, 6, 7, 6, 5] * 4)
    gap = chart([5, 6, 7, 6, 5] * 2 + [None] + [5, 6, 7, 6, 5] * 2)

    assert (gap.points[0].mean, gap.points[0].low) == (whole.points[0].mean, whole.points[0].low)
    assert (gap.points[10].value, gap.points[10].label, gap.points[10].way) == (None, "", 0)
    assert len(gap.points) == 21


def test_limits_are_not_cut_at_nothing():
    assert spc.limits([0, 3, 0, 3, 0, 3])[1] < 0


def test_thirteen_points_are_enough():
    assert chart([5, 6] * 6).is_trial
    assert not chart([5, 6] * 6 + [5]).is_trial


def test_a_part_that_no_month_is_in_is_none():
    drawn = chart([5, 6, 7], parts=[date(2020, 1, 1), date(2020, 1, 1), date(2030, 1, 1)])

    assert drawn.counts == [3]
    assert {one.part for one in drawn.points} == {0}


@pytest.mark.parametrize("value", [0.1, -0.7, 33.3, 0])
def test_equal_values_are_usual_however_a_float_adds_up(value):
    drawn = chart([value] * 20, target=value)

    assert {one.label for one in drawn.points} == {""}
    assert (drawn.variation, drawn.assurance) == ("common", "hit_or_miss")
    assert drawn.sentence.endswith("all have the same figure.")


def test_steps_too_small_to_be_more_than_a_floats_noise_are_ties():
    assert spc.trends([5 + n * 1e-15 for n in range(7)]) == [0] * 7


@pytest.mark.parametrize(
    ("values", "says"),
    [
        ([5, 6] * 7 + [None], "1 month has no figure."),
        ([5, None, 6, None] * 7, "14 months have no figure."),
    ],
)
def test_a_gap_is_said(values, says):
    assert chart(values).sentence == f"The last month is within what is usual. {says}"


def test_a_whole_sentence():
    assert chart([5, 6] * 4 + [40], "lower", target=9).sentence == (
        "It gets worse, with higher figures: above the upper limit."
        " The target is met in some months and not in others, by chance."
        " The limits are on trial: there are fewer than 13 points."
    )
    assert chart([3], target=1).sentence == "There are too few months to say what is usual."


def test_a_new_part_with_one_month_has_no_icon():
    drawn = chart([5, 6] * 8, target=1, parts=[months([0] * 16)[15][0]])

    assert (drawn.variation, drawn.assurance) == (None, None)
    assert (drawn.last.part, drawn.last.mean, drawn.last.low) == (1, None, None)
    assert "too few months" in drawn.sentence


def test_the_last_parts_limits_are_laid_beside_the_target():
    drawn = chart([50, 51] * 8 + [10, 11] * 8, target=30, parts=[months([0] * 17)[16][0]])

    assert drawn.assurance == "miss"


ORDER = "the months of a chart stand in their order, each once"


@pytest.mark.parametrize(
    ("points", "first", "why"),
    [
        (months([1, 2, 3]), 1, "1 points have no limits: it takes two"),
        (months([1, 2, 3]), -2, "-2 points have no limits: it takes two"),
        (months([1, 2, 3])[::-1], None, ORDER),
        (months([1, 2]) + months([3]), None, ORDER),
        (months([1]) + months([2]), None, ORDER),
        (months([1, float("nan")]), None, "a value of a chart is a number, or None"),
        (months([1, float("inf")]), None, "a value of a chart is a number, or None"),
    ],
)
def test_what_cannot_be_drawn_is_refused(points, first, why):
    with pytest.raises(ValueError, match=f"^{why}$"):
        spc.chart_of(points, "lower", first=first)


def test_two_points_have_limits():
    about(spc.limits([3, 5]), {"mean": 4, "lpl": -1.32, "upl": 9.32})
    assert spc.limits([3]) is None
    assert chart([3, 5, 40], first=2).last.label == "above the upper limit"


def test_a_range_of_just_so_many_times_the_mean_is_left_out(monkeypatch):
    """Ranges of 1, 1 and 4, whose mean is 2."""
    monkeypatch.setattr(spc, "SCREEN", 2)

    about(spc.limits([0, 1, 0, 4]), {"mean": 1.25, "lpl": -1.41, "upl": 3.91})


def test_parts_follow_each_other_and_say_their_means():
    begins = [one for one, _ in months([0] * 9)]
    drawn = chart([1, 1, 1, 5, 5, 5, 9, 9, 9], parts=[begins[3], begins[6]])

    assert [one.mean for one in drawn.points] == [1, 1, 1, 5, 5, 5, 9, 9, 9]
    assert [one.part for one in drawn.points] == [0, 0, 0, 1, 1, 1, 2, 2, 2]


USUAL = [4, 6] * 5
"""Mean 5, limits -0.32 and 10.32; what follows is close to one from 8.55, and from 1.45 down."""
LABELLED = {
    "above the upper limit": [11], "below the lower limit": [-1],
    "seven points rising": [2, 2.5, 3, 3.5, 4, 4.5, 4.7],
    "seven points falling": [8, 7.5, 7, 6.5, 6, 5.5, 5.3],
    "two of three close to the upper limit": [9, 6, 9],
    "two of three close to the lower limit": [1, 4, 1],
    "seven points above the mean": [6, 7, 6, 7, 6, 7, 6],
    "seven points below the mean": [3, 4, 3, 4, 3, 4, 3],
}  # fmt: skip


@pytest.mark.parametrize("label", LABELLED)
def test_each_rule_says_its_name_and_which_way_it_points(label):
    more = label.startswith(("above", "seven points rising", "seven points above"))
    is_up = more or label.endswith("upper limit")
    drawn = chart(USUAL + LABELLED[label], "", first=10)

    assert (drawn.last.label, drawn.last.is_special) == (label, True)
    assert drawn.variation == ("neither_high" if is_up else "neither_low")
    assert not any(one.is_special for one in drawn.points[:7])


def test_of_several_rules_the_first_one_is_said():
    rising, near = [9.5, 9.7, 9.9, 10, 10.1, 10.2], [9, 9, 9, 9, 9, 9, 9]

    assert chart([*USUAL, *rising, 11], first=10).last.label == "above the upper limit"
    assert chart([*USUAL, *rising, 10.3], first=10).last.label == "seven points rising"
    assert chart(USUAL + near, first=10).last.label == "two of three close to the upper limit"


@pytest.mark.parametrize(
    ("better", "last", "says"),
    [
        ("higher", 40, "It gets better, with higher figures: above the upper limit."),
        ("lower", -40, "It gets better, with lower figures: below the lower limit."),
        ("lower", 40, "It gets worse, with higher figures: above the upper limit."),
        ("higher", -40, "It gets worse, with lower figures: below the lower limit."),
        ("", 40, "The figures are unusually high: above the upper limit."),
        ("", -40, "The figures are unusually low: below the lower limit."),
        ("lower", 5, "The last month is within what is usual."),
    ],
)
def test_each_icon_has_a_sentence_of_its_own(better, last, says):
    assert chart([5, 6] * 8 + [last], better).sentence == says


@pytest.mark.parametrize(
    ("target", "says"),
    [
        (100, "What is usual meets the target."),
        (-100, "What is usual does not meet the target."),
        (5, "The target is met in some months and not in others, by chance."),
    ],
)
def test_each_assurance_has_a_sentence_of_its_own(target, says):
    said = chart([5, 6] * 8, "lower", target=target).sentence
    assert said == f"The last month is within what is usual. {says}"


def test_what_the_method_chose_stands_under_the_chart():
    assert chart([5, 6]).note == spc.NOTE
    assert spc.NOTE == (
        "Two of three points close to a limit count points beyond the limit too, as Making Data"
        " Count has it since November 2023."
    )


def test_without_figures_the_sentence_is_that_alone():
    assert chart([None]).sentence == "There are no figures yet."


def test_steps_about_zero_that_are_a_floats_noise_are_ties():
    assert spc.trends([n * 1e-12 for n in range(7)]) == [0] * 7


def test_three_on_the_mean_are_near_no_limit_of_any_side():
    assert spc.two_of_three([True, True, True], [0, 0, 0]) == [0, 0, 0]


def test_two_thirds_of_the_limit_are_not_beyond_it():
    at = 5 + 2.66 * 2 * 2 / 3
    assert chart([*USUAL, at, 6, at], first=10).last.label == ""
    assert chart([*USUAL, at + 0.01, 6, at + 0.01], first=10).last.label.startswith("two of three")


def test_what_is_usual_points_no_way():
    assert {one.way for one in chart([5, 6] * 8).points} == {0}
