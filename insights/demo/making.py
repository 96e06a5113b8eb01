"""Makes the invented figures and says that they are invented."""

import calendar
from collections import defaultdict
from collections.abc import Iterator
from datetime import date, datetime

from django.db import transaction

from insights import invented
from insights.demo import baseline, names, network, story
from insights.demo.tables import COLUMNS, SHARED, Row, day_rows, days_by_hours, month_rows
from insights.demo.writing import put
from insights.models import Invented, TrustMonth
from insights.models.figures import Figure
from times.bank_holidays import is_bank_holiday
from times.london import LONDON

NOTE = "Invented figures. They show what these pages do, and are about no real patient or trust."


class NoPlaces(Exception):
    """There is no place of which figures could be invented."""


def create(now: datetime) -> int:
    """Invent the 24 whole months before this one; return how many rows, 0 if they are there.

    Of the last month there are days, too. Raises NoPlaces, and FiguresAreReal where real figures
    are.
    """
    months = _months(now)
    if _is_there(months[-1]):
        return 0
    places = network.stands()
    if not places:
        raise NoPlaces("There are no places. Load them first: manage.py load_places")
    rows: dict[type[Figure], list[Row]] = defaultdict(list)
    for number, month in enumerate(months):
        days = [month.replace(day=1 + at) for at in range(calendar.monthrange(*_ym(month))[1])]
        is_holiday = {day: is_bank_holiday(day) for day in days}
        by_hours = days_by_hours(days, is_holiday)
        for count in _counts(places, number, month, sum(is_holiday.values())):
            for table, row in month_rows(count, month):
                rows[table].append(row)
            if month == months[-1]:
                for table, row in day_rows(count, by_hours):
                    rows[table].append(row)
    with transaction.atomic():
        invented.make_way_for_invented()
        for table, some_rows in rows.items():
            put(table, (*SHARED, *COLUMNS[table]), some_rows)
        Invented.objects.create(note=NOTE, at=now)
        baseline.create([trust for trust, _ in places], now)
    return sum(map(len, rows.values()))


def _counts(
    places: dict[tuple[str, str], list[network.Stand]], number: int, month: date, holidays: int
) -> Iterator[network.Count]:
    """Yield all that is counted in a month: of each trust's scans, of each trust, of no trust."""
    scans = 0
    for (trust, modality), some in places.items():
        for count in network.counts(trust, modality, some, number, month, holidays):
            if count.counter == names.SCANS:
                scans += sum(n for cells in count.places.values() for _, n in cells)
            yield count
    for trust in sorted({trust for trust, _ in places}):
        yield from network.of_a_trust(trust, number)
    yield from network.of_the_network(scans)


def _months(now: datetime) -> list[date]:
    """Return the first days of the whole months before this one, the earliest first."""
    today = now.astimezone(LONDON).date()
    until = today.year * 12 + today.month - 1
    return [date(at // 12, at % 12 + 1, 1) for at in range(until - story.MONTHS, until)]


def _is_there(month: date) -> bool:
    return invented.stands() and TrustMonth.objects.filter(month=month).exists()


def _ym(month: date) -> tuple[int, int]:
    return month.year, month.month
