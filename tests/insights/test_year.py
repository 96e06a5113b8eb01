"""The figures of a seeded year tie out to the row: every measure by every cut in every month."""

import random
from collections import defaultdict
from datetime import timedelta
from functools import partial

import pytest

from insights import keeping
from insights.measures import MEASURES
from insights.measures.catalogue import text_cost
from insights.reading import Filters, amounts, counters_of, values_in
from tests.insights.late_corrections import put_right
from tests.insights.plain_count import PLAIN, PlainCount, fits
from tests.insights.seeded_year import FIRST, MONTHS, NOW, STRETCHES, TODAY, TRUSTS, SeededYear

PEOPLE = 600
PRICE = 227
ALL = [text_cost(PRICE) if one.code == "text_cost" else one for one in MEASURES if not one.against]
"""Those against 2019/20 divide scans that tie out here by a year before (test_against_baseline)."""
CUTS = ["month", *sorted({name for one in ALL for name in one.by})]


@pytest.fixture
def dice():
    return random.Random(2026)


@pytest.fixture
def year(db, dice):
    """Return a year, counted day by day as `manage.py rebuild_measures` counts it."""
    made = SeededYear(dice, PEOPLE)
    for first, last in sorted(STRETCHES):
        keeping.rebuild(first, last, NOW)
    return made


def test_every_measure_has_a_plain_count():
    assert {one.code for one in ALL} == PLAIN.keys()


def test_every_figure_of_a_year_ties_out(year):
    ties_out()


def test_every_figure_ties_out_when_the_year_was_put_right_months_later(year, dice):
    later = NOW + timedelta(minutes=30)
    put_right(year, dice, later)

    keeping.keep(later + timedelta(minutes=1))

    ties_out((None,))


def ties_out(trusts=(None, *TRUSTS)):
    """Hold every measure by every cut, in every month, of all and of each trust, against rows."""
    plain = PlainCount(FIRST, TODAY)
    cells = 0
    for cut in CUTS:
        some = [one for one in ALL if cut == "month" or cut in one.by]
        rows = {one: in_cells(plain.of(one), one, cut) for one in counters_of(some)}
        for trust in trusts:
            asked = [one for one in some if trust is None or "trust" in one.by]
            for month in MONTHS:
                cells += _cut_ties_out(
                    asked, cut, Filters(trust=trust, first=month, last=month), rows
                )
    assert cells > 2_500 * len(trusts), "most cells are empty: the test would be blind"


def _cut_ties_out(measures, cut, filters, rows):
    found = amounts(counters_of(measures), cut, filters)
    here = {one: rows[one][filters.trust, filters.first] for one in counters_of(measures)}
    for one in measures:
        expected = plain_values(PLAIN[one.code], here)
        assert values_in(one, found) == expected, (one.code, cut, filters)
    return sum(len(keys) for keys in found.values())


def in_cells(rows, counter, cut):
    """Return rows by trust (None is all) and month, then by the cut's values."""
    cells = defaultdict(partial(defaultdict, list))
    for one in rows:
        if fits(counter, one.known, Filters(), cut):
            for trust in (None, one.known["trust"]):
                cells[trust, one.known["month"]][one.known.get(cut)].append(one)
    return cells


def plain_values(measure, rows):
    top, bottom = rows[measure.of], rows[measure.under or measure.of]
    found = {key: measure.value(top.get(key, []), bottom.get(key, [])) for key in {*top, *bottom}}
    return {key: value for key, value in found.items() if value is not None}
