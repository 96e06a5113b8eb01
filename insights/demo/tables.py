"""From what was counted to rows of the tables: each cut of a count, and the days of a month."""

from collections import Counter
from collections.abc import Iterator
from datetime import date
from typing import Any

from insights.demo import names
from insights.demo.line import Cells, across, cut, total_until, totals
from insights.demo.network import Count
from insights.demo.people import Person, cut_by_needs, cut_by_person
from insights.models import DayFigure, NeedMonth, PersonMonth, PlaceMonth, TrustMonth
from insights.models.figures import Figure, Hours

Row = tuple[object, ...]
COLUMNS: dict[type[Figure], tuple[str, ...]] = {
    TrustMonth: ("urgency", "month"),
    PlaceMonth: ("site", "urgency", "hours", "month"),
    PersonMonth: ("urgency", "decile", "age", "month"),
    NeedMonth: ("needs", "month"),
    DayFigure: ("day", "site", "urgency", "hours", "decile", "age", "needs"),
}
"""What each has besides SHARED, in the order of its rows."""
FINE = (names.SCANS,)
"""Counters whose people are cut by all that is known of them; others in fewer rows."""
SHARED = ("counter", "group", "trust", "modality", "n", "total")


def month_rows(count: Count, month: date) -> Iterator[tuple[type[Figure], Row]]:
    """Yield a count's rows of each table of months."""
    about = (count.counter, count.group, count.trust, count.modality)
    needs: dict[int, list[int]] = {}
    for urgency, cells in count.places.items():
        many = sum(n for _, n in cells)
        if not many:
            continue
        whole = count.totals.get(urgency, 0)
        until = total_until(many, whole)
        yield TrustMonth, (*about, many, whole, urgency, month)
        for (site, when), n, total in totals(cells, until):
            yield PlaceMonth, (*about, n, total, site, urgency, when, month)
        for (decile, age), n, total in totals(_people(count, many), until):
            yield PersonMonth, (*about, n, total, urgency, decile, age, month)
        for bits, n, total in totals(_needs(count, many), until):
            summed = needs.setdefault(bits, [0, 0])
            summed[0] += n
            summed[1] += total
    for bits, (n, total) in needs.items():
        yield NeedMonth, (*about, n, total, bits, month)


def day_rows(count: Count, days: dict[int, list[date]]) -> Iterator[tuple[type[Figure], Row]]:
    """Yield a count's rows by day: `days` are those of the month, by the hours of the week.

    What stands is counted on the last of them.
    """
    about = (count.counter, count.group, count.trust, count.modality)
    last = max(day for some in days.values() for day in some)
    for urgency, cells in count.places.items():
        many = sum(n for _, n in cells)
        if not many:
            continue
        until = total_until(many, count.totals.get(urgency, 0))
        rows: Counter[Row] = Counter()
        amounts: Counter[Row] = Counter()
        if count.counter in names.STOCK:
            dated: Cells[Any] = [((*at, last), n) for at, n in cells]
        else:
            dated = [
                ((*at, day), n)
                for at, some in cells
                for day, n in cut(some, [(one, 1.0) for one in days[at[1]]])
            ]
        start = 0
        people: Cells[Any] = _people(count, many)
        needs: Cells[Any] = _needs(count, many)
        for key, n in across(dated, people, needs):
            (site, when, day), (decile, age), bits = key
            row: Row = (day, site, urgency, when, decile, age, bits)
            rows[row] += n
            amounts[row] += until(start + n) - until(start)
            start += n
        for row, n in rows.items():
            yield DayFigure, (*about, n, amounts[row], *row)


def days_by_hours(days: list[date], is_holiday: dict[date, bool]) -> dict[int, list[date]]:
    """Return on which days each of the hours of the week is."""
    holidays = [day for day in days if is_holiday[day]]
    weekend = [day for day in days if day.weekday() >= 5 and not is_holiday[day]]
    ordinary = [day for day in days if day.weekday() < 5 and not is_holiday[day]]
    return {
        Hours.ORDINARY: ordinary,
        Hours.EVENING: ordinary,
        Hours.WEEKEND: weekend,
        Hours.HOLIDAY: holidays,
    }


def _people(count: Count, many: int) -> Cells[Person]:
    if not count.has_people:
        return [((0, 0), many)]
    fine = count.counter in FINE
    return cut_by_person(many, count.trust, count.modality, count.group, fine=fine)


def _needs(count: Count, many: int) -> Cells[int]:
    if not count.has_people:
        return [(0, many)]
    return cut_by_needs(many, fine=count.counter in FINE)
