"""Measures are made of counters that are there, and say what they are."""

import re

import pytest

from insights.building import count
from insights.measures import COUNTERS, MEASURES, measure_of
from insights.measures.catalogue import text_cost
from insights.models import DayFigure
from insights.reading import Amount, Filters, counters_of, table_of, values, values_in


def test_every_counter_can_be_counted_on_a_day_of_nothing(db, now):
    count([now.date()], today=now.date())

    assert not DayFigure.objects.exists()


def test_measures_are_made_of_counters_that_are_there():
    codes = [one.code for one in COUNTERS]

    assert len(set(codes)) == len(codes)
    assert set(counters_of(MEASURES)) == set(codes)


def test_codes_differ_and_lead_back():
    assert [measure_of(one.code) for one in MEASURES] == MEASURES
    assert measure_of("nothing") is None
    assert all(re.fullmatch(r"[a-z_]+", one.code) for one in MEASURES)


@pytest.mark.parametrize("measure", MEASURES, ids=lambda one: one.code)
def test_a_measure_says_what_it_is_and_can_be_read_by_all_that_it_says(db, measure):
    assert measure.words.endswith(".")
    assert measure.is_not.endswith(".")
    assert measure.better in ("lower", "higher")
    for field in measure.by:
        assert table_of({field} - {"month"})
        assert values(measure, field, Filters()) == {}
    assert values(measure, "month", Filters()) == {}


def test_texts_cost_what_was_set_and_nothing_is_said_where_no_price_is_known():
    assert text_cost(0) == []
    (cost,) = text_cost(227)
    found = {("texts", "delivered"): {"a": Amount(1_000, 1_500)}}
    assert values_in(cost, found) == {"a": pytest.approx(34.05)}
    assert "2.27p" in cost.words
