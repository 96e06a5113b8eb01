"""Where marks and lines of charts stand."""

from datetime import date

import pytest

from insights import spc
from insights.charts.drawing import (
    BOTTOM,
    LETTER,
    NARROW,
    RIGHT,
    TOP,
    WIDE,
    Scale,
    bar_shares,
    draw,
    draw_both,
    spark,
)
from tests.insights.test_spc import months


def drawn(values, better="higher", **options):
    return draw(spc.chart_of(months(values), better, **options))


@pytest.mark.parametrize(
    ("values", "low", "high", "step"),
    [
        ([0, 97], 0, 100, 20), ([3, 4], 3, 4, 0.2), ([-3, 12], -5, 15, 5) , ([5], 4, 6, 0.5),
        ([0, 1_234_567], 0, 1_500_000, 500_000), ([], -1, 1, 0.5),
    ],
)  # fmt: skip
def test_scales_go_from_round_number_to_round_number(values, low, high, step):
    scale = Scale(values, 0, 100)

    assert (scale.low, scale.high, scale.step) == pytest.approx((low, high, step))
    assert scale.low <= min(values, default=0)
    assert scale.high >= max(values, default=0)
    assert [scale.at(scale.low), scale.at(scale.high)] == [100, 0]
    assert 3 <= len(scale.ticks()) <= 7


@pytest.mark.parametrize("size", [WIDE, NARROW])
@pytest.mark.parametrize("values", [[], [1], [1, None, 3], [0] * 30, [-5, 9] * 20, [1e9, -1e9, 0]])
def test_everything_stands_within_the_picture(values, size):
    picture = draw(spc.chart_of(months(values), "higher", target=4), size)

    across = [one.x for one in picture.marks]
    heights = [one.y for one in picture.marks] + [one.at for one in picture.across]
    heights += [at for one in picture.spans for at in (one.low, one.mean, one.high)]
    assert all(picture.left <= x <= size.wide - RIGHT for x in across)
    assert all(TOP <= y <= size.high - BOTTOM for y in [*heights, picture.target])
    assert len(picture.months) <= size.months
    assert all(LETTER * len(one.words) < picture.left for one in picture.across)


def test_a_higher_value_stands_higher_and_time_goes_to_the_right():
    first, second, third = drawn([1, 3, 2]).marks

    assert first.x < second.x < third.x
    assert second.y < third.y < first.y


def test_lines_break_where_a_figure_is_missing_and_where_a_part_begins():
    assert [len(line.split()) for line in drawn([1, 2, None, 3, 4, 5]).lines] == [2, 3]
    assert [len(line.split()) for line in drawn([1, 2, 3, 4], parts=[date(2024, 3, 1)]).lines] == [
        2, 2,
    ]  # fmt: skip
    assert len(drawn([1, 2, 3, 4], parts=[date(2024, 3, 1)]).spans) == 2
    assert [len(line.split()) for line in spark([1, None, 2, 3, 4])] == [2, 3]


@pytest.mark.parametrize(
    ("better", "values", "shape"),
    [
        ("higher", [5, 6] * 8 + [40], "diamond"),
        ("lower", [5, 6] * 8 + [40], "square"),
        ("", [5, 6] * 8 + [40], "triangle"),
        ("higher", [5, 6] * 8 + [5], "circle"),
    ],
)
def test_shapes_say_what_colours_say(better, values, shape):
    assert drawn(values, better).marks[-1].shape == shape


def test_bars_are_shares_of_the_longest():
    assert bar_shares([50, 100, None, 0]) == [50, 100, 0, 0]
    assert bar_shares([None, 0]) == [0, 0]
    assert bar_shares([]) == []


def test_charts_side_by_side_have_one_scale():
    low, high = (spc.chart_of(months(values), "") for values in ([1, 2, 3], [100, 300, 200]))

    assert [one.across for one in draw_both(low, (-600, 600))] == [
        one.across for one in draw_both(high, (-600, 600))
    ]


def test_a_line_stands_between_the_parts():
    picture = drawn([1, 2, 3, 4], parts=[date(2024, 3, 1)])

    (at,) = picture.breaks
    assert picture.marks[1].x < at < picture.marks[2].x
    assert picture.spans[0].ends < at < picture.spans[1].begins
    assert drawn([1, 2, 3, 4]).breaks == []
