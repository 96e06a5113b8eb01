"""Measures are made of counters that are there, and say what they are."""

import re
from datetime import date

import pytest

from insights.acts import WHO
from insights.building import count
from insights.measures import COUNTERS, MEASURES, measure_of
from insights.measures.catalogue import text_cost
from insights.measures.changes import ENDED, LONGER, NOTICE, REBOOKED, REFUSED, WAITS
from insights.models import DayFigure, TrustMonth
from insights.reading import Amount, Filters, counters_of, table_of, values, values_in
from insights.rounding import rounded_values
from insights.shown import series_of
from insights.sight import Sight


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


def test_texts_cost_what_was_set():
    cost = text_cost(227)
    found = {("texts", "delivered"): {"a": Amount(1_000, 1_500)}}
    assert values_in(cost, found) == {"a": pytest.approx(34.05)}
    assert "2.27p" in cost.words


def test_without_a_price_the_measure_is_there_and_says_so(db):
    """Never nought: nobody is told that texts cost nothing."""
    cost, month, filters = text_cost(0), date(2026, 10, 1), Filters(trust="RTX")
    TrustMonth.objects.create(
        counter="texts", group="delivered", trust="RTX", modality="MR", month=month, n=90, total=120
    )
    TrustMonth.objects.create(
        counter="texts", group="delivered", trust="RTX", modality="MR", n=90, total=120,
        month=date(2026, 8, 1),
    )  # fmt: skip
    staff = Sight(frozenset({"RTX"}), {"RTX": "Bay"}, may_compare=False)

    assert any(one.code == "text_cost" for one in MEASURES)
    assert "none is set" in cost.words
    assert [one.words(cost) for one in series_of([cost], filters, staff)[cost.code].values()] == [
        "no price is set"
    ] * 3
    assert rounded_values([cost], "month", Filters())[cost.code][month].value is None
    priced = text_cost(227)
    assert series_of([priced], filters, staff)[cost.code][month].words(priced) == "£2.72"


def test_each_group_of_a_counter_is_in_one_part_of_a_split():
    whole = {
        "who": {f"{who} {notice}" for who in WHO for notice in (*NOTICE, LONGER)},
        "ended": {REBOOKED, REFUSED, ENDED, WAITS},
    }
    cuts = [(one, cut) for one in MEASURES for cut in one.cuts]

    assert {cut.code for _, cut in cuts} == {"who", "notice", "ended"}
    for measure, cut in cuts:
        groups = [group for some in cut.groups.values() for group in some]
        there = set(measure.top.groups) or whole["ended" if cut.code == "ended" else "who"]
        assert len(groups) == len(set(groups))
        assert set(groups) == there, (measure.code, cut.code)
