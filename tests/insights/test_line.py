"""Shares that add up, and lines that are drawn of months."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from insights.demo.line import across, cut, total_until, totals
from insights.line_chart import line_chart

SHARES = st.lists(st.floats(0, 100), min_size=1, max_size=12)


@given(st.integers(0, 5000), SHARES)
def test_a_cut_adds_up_and_has_no_empty_cell(count, shares):
    cells = cut(count, list(enumerate(shares)))
    whole = count if sum(shares) else 0
    assert sum(n for _, n in cells) == whole
    assert all(n > 0 for _, n in cells)


@given(st.integers(1, 500), st.integers(0, 90_000), SHARES, SHARES)
def test_two_cuts_have_the_same_total_and_together_a_finer_one(count, total, one, other):
    until = total_until(count, total)
    first, second = (cut(count, [*enumerate(shares), (99, 1.0)]) for shares in (one, other))
    for cells in (first, second):
        found = list(totals(cells, until))
        assert sum(amount for *_, amount in found) == total
        assert all(amount >= 0 for *_, amount in found)
    both = list(across(first, second))
    for at, cells in ((0, first), (1, second)):
        summed = {}
        for keys, n in both:
            summed[keys[at]] = summed.get(keys[at], 0) + n
        assert summed == dict(cells)


MONTHS = [date(2026, month, 1) for month in range(1, 8)]


def test_a_month_that_cannot_be_said_breaks_the_line():
    chart = line_chart(dict(zip(MONTHS, [1, 2, None, 3, 4, None, None], strict=True)))
    assert [path.count("L") for path in chart.paths] == [1, 1]
    assert len(chart.points) == 4
    assert chart.last.words == "4.0%"
    assert [one.words for one in chart.months] == ["Jan 2026", "Jul 2026"]


@pytest.mark.parametrize("values", [{}, {MONTHS[0]: None}, {MONTHS[0]: 0.0}, {MONTHS[0]: 150.0}])
def test_a_line_of_one_month_or_none_is_drawn_too(values):
    chart = line_chart(values)
    assert len(chart.levels) >= 2
    assert (chart.last is None) == (not any(v is not None for v in values.values()))


def test_levels_are_round_numbers_that_hold_all_values():
    chart = line_chart(dict(zip(MONTHS, [47, 30, 20, 10, 5, 2, 1], strict=True)))
    assert [one.words for one in chart.levels] == ["0%", "20%", "40%", "60%"]
    assert all(14 <= one.y <= 198 for one in chart.points)
