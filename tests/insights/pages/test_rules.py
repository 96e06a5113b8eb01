"""Each rule of the pages of figures, by the row that would break it."""

import csv
import io

import pytest

from insights.measures import MEASURES, Measure, Part
from insights.reading import Amount, Filters
from insights.shown import Shown, shown_by, shown_in
from insights.sight import Sight, sight_of
from sites.models import Site
from tests.insights.pages.conftest import LAST, text

SCANS = "/staff/insights/m/scans/"
NEEDS = 1
OTHERS = {
    "modality": {"modality": "CT"}, "urgency": {"urgency": "urgent"}, "hours": {"hours": 2},
    "decile": {"decile": 3}, "age": {"age": 4}, "needs": {"needs": 5},
}  # fmt: skip
LINES = {
    "modality": "CT", "urgency": "Urgent", "hours": "Saturdays and Sundays", "decile": "3",
    "age": "60 to 74", "needs": "Has no mobile",
}  # fmt: skip
DAYS = Measure(
    "wait_days", "Days to the scan", "Days, on average.", "It is no promise.", "days", "lower",
    Part("scans", take="total"), Part("scans"), by=("trust", "modality"),
)  # fmt: skip


@pytest.fixture
def days():
    MEASURES.append(DAYS)
    return "/staff/insights/m/wait_days/csv/"


def second_table(answer):
    """Return what the file says by the cut, without its months."""
    rows = csv.reader(io.StringIO(text(answer)))
    return {row[1].partition(": ")[2]: row[2] for row in rows if ": " in row[1]}


def last(answer):
    rows = csv.reader(io.StringIO(text(answer)))
    return next(row[2] for row in rows if row[0] == "2026-10")


# --- nobody takes their own away ------------------------------------------------------------------


@pytest.mark.parametrize("role", ["clerk", "imaging"])
@pytest.mark.parametrize("cut", OTHERS)
@pytest.mark.parametrize(("theirs", "said"), [(3, "*"), (7, "*"), (8, "50")])
def test_in_no_cut_is_anothers_small_number_what_is_left(
    look, count, blackburn, role, cut, theirs, said
):
    for trust, n in (("RTX", 40), ("RXR", theirs)):
        count(n=500, trust=trust)  # of other cuts
        count(n=n, trust=trust, **OTHERS[cut])

    asked = f"by={cut}&from=2026-10"
    assert second_table(look(role).get(f"{SCANS}csv/?{asked}"))[LINES[cut]] == said


@pytest.mark.parametrize("cut", OTHERS)
def test_a_filter_of_the_network_leaves_nothing_either(look, count, blackburn, cut):
    count(n=40, **OTHERS[cut])
    count(n=3, trust="RXR", **OTHERS[cut])
    value = NEEDS if cut == "needs" else OTHERS[cut][cut]

    browser = look("clerk")
    assert last(browser.get(f"{SCANS}csv/?{cut}={value}")) == "*"
    assert last(browser.get(f"{SCANS}csv/?{cut}={value}&trust=RTX")) == "40"


def test_a_kind_of_place_that_others_alone_have_is_theirs(look, count, blackburn, furness):
    Site.objects.filter(pk=blackburn.pk).update(kind="cdc")
    for trust, place, n in (("RTX", furness, 40), ("RXR", blackburn, 3)):
        count(n=500, trust=trust)
        count(n=n, trust=trust, site=place.pk)

    browser = look("clerk")
    assert last(browser.get(f"{SCANS}csv/?kind=cdc")) == "*"
    table = second_table(browser.get(f"{SCANS}csv/?by=kind"))
    assert table == {"Community diagnostic centre": "*", "Hospital": "40"}


def test_of_two_trusts_of_ones_own_both_are_taken_off_at_once(look, count, blackburn):
    """30 and 12 of one's own, 3 of the third: with one of them alone taken off 15 were left."""
    blackburn.trust.__class__.objects.create(code="RXN", name="Lancashire Teaching")
    for trust, n in (("RTX", 30), ("RXR", 12), ("RXN", 3)):
        count(n=n, trust=trust)

    both, one = look("clerk", ("RTX", "RXR")), look("clerk", ("RTX",))
    assert last(both.get(f"{SCANS}csv/")) == "*"
    assert last(one.get(f"{SCANS}csv/")) == "45"


def test_a_small_whole_is_hidden_though_none_of_it_is_late(look, count, blackburn):
    count("waiting", n=5, group="under_six", trust="RXR")
    count("waiting", n=0, group="over_six", trust="RXR")
    address = "/staff/insights/m/over_six_weeks/csv/?trust=RXR"

    assert last(look().get(address)) == "*"


def test_a_whole_that_is_small_without_ones_own_is_hidden(look, count, blackburn):
    count("waiting", n=50, group="under_six")
    count("waiting", n=0, group="over_six")
    count("waiting", n=5, group="under_six", trust="RXR")

    assert last(look("clerk").get("/staff/insights/m/over_six_weeks/csv/")) == "*"


# --- averages ------------------------------------------------------------------------------------


def test_an_average_of_others_is_whole_and_of_ones_own_is_not(look, count, blackburn, days):
    count(n=8, total=171)
    count(n=8, total=171, trust="RXR")

    browser = look()
    assert last(browser.get(f"{days}?trust=RTX")) == "21.4"
    assert last(browser.get(f"{days}?trust=RXR")) == "21"
    assert last(browser.get(days)) == "21"


def test_an_average_of_a_few_is_not_said(look, count, blackburn, days):
    count(n=60, total=1200)
    count(n=7, total=140, trust="RXR")

    browser = look()
    assert last(browser.get(f"{days}?trust=RXR")) == "*"
    assert last(browser.get(days)) == "*", "one's own taken away, it is of seven people"


def test_a_sum_of_a_few_is_hidden_however_large_it_is(look, count, blackburn):
    count("texts", n=40, total=120)
    count("texts", n=3, total=60, trust="RXR")

    browser = look()
    assert last(browser.get("/staff/insights/m/text_cost/csv/?trust=RXR")) == "*"
    assert last(browser.get("/staff/insights/m/text_cost/csv/")) == "*"


# --- what is not known, nothing at all, less than nothing ----------------------------------------


@pytest.mark.parametrize(
    ("cut", "fields", "name"),
    [("decile", {"decile": 0, "age": 5}, "Not known"),
     ("age", {"age": 0, "decile": 1}, "Not known"),
     ("urgency", {"urgency": ""}, "Not known"), ("site", {"site": 0}, "No place"),
     ("kind", {"site": 0}, "No place"), ("site", {"site": 10**6}, "A place that is gone")],
)  # fmt: skip
def test_what_is_not_known_is_a_line_of_its_own_and_never_guessed(
    look, count, blackburn, cut, fields, name
):
    count(n=40)
    if cut != "urgency":  # each cut has a table of its own
        count(n=40, **fields)

    assert second_table(look().get(f"{SCANS}csv/?by={cut}&trust=RTX")) == {name: "40"}


def test_a_cut_that_nothing_is_counted_in_has_no_line(look, count, blackburn):
    count(n=40)

    page = text(look().get(f"{SCANS}?by=decile"))
    assert "40 scans" in page
    assert second_table(look("clerk").get(f"{SCANS}csv/?by=decile")) == {}


def test_a_share_of_nobody_is_none_and_no_zero(look, count, blackburn):
    count("waiting", n=0, group="over_six")
    count("waiting", n=0, group="under_six")

    page = text(look().get("/staff/insights/m/over_six_weeks/?trust=RTX"))
    assert 'value">none</p>' in page
    assert last(look("clerk").get("/staff/insights/m/over_six_weeks/csv/?trust=RTX")) == ""


def test_less_than_nothing_is_a_fault_of_ours_and_never_a_figure():
    found = {("scans", ""): {LAST: Amount(-3, 0)}}

    with pytest.raises(ValueError, match="no count"):
        shown_in(MEASURES[0], found, {}, exact=False)


def test_three_months_have_limits_on_trial_and_one_has_none(look, count, blackburn):
    for ago in range(3):
        count(n=30 + ago, months_ago=ago)

    assert "limits are on trial" in text(look().get(f"{SCANS}?trust=RTX"))
    one = text(look("clerk").get(f"{SCANS}?trust=RTX&from=2026-10"))
    assert "too few months" in one.lower()
    assert "on trial" not in one


# --- who looks -----------------------------------------------------------------------------------


def test_a_place_is_its_trusts_own(furness, blackburn, make_staff):
    sight = sight_of(make_staff("clerk", ["RTX"]))

    assert sight.is_exact(Filters(site=furness.pk))
    assert not sight.is_exact(Filters(site=blackburn.pk))
    assert not sight.is_exact(Filters())
    assert {one.slug for one in sight.open_places} == {furness.slug}
    assert set(sight.open_trusts) == {"RTX"}


def test_nobody_is_of_all_trusts_where_there_are_none():
    sight = Sight(frozenset({"RTX"}), {}, may_compare=True)

    assert not sight.sees_all(sight.trusts)
    assert sight.parts_of(Filters()) == ["RTX"]


def test_ones_own_is_no_part_of_what_is_anothers_or_all_ones_own():
    sight = Sight(frozenset({"RTX"}), {"RTX": "Bay", "RXR": "East"}, may_compare=True)

    assert sight.parts_of(Filters(trust="RXR")) == []
    assert Sight(sight.own, {"RTX": "Bay"}, may_compare=False).parts_of(Filters()) == []


def test_of_needs_ones_own_are_taken_off_each(count, blackburn):
    """Both of one's own have two needs; of the other trust 3 have one of the two."""
    count(n=40, needs=3)
    count(n=3, trust="RXR", needs=2)
    sight = Sight(frozenset({"RTX"}), {"RTX": "Bay", "RXR": "East"}, may_compare=False)

    found = shown_by(MEASURES[0], "needs", Filters(), sight)
    assert found == {1: Shown(40.0), 2: Shown(None, is_hidden=True)}
