"""Published lines that the database writes say what the rows and the serializer say."""

import json
from datetime import UTC, datetime, timedelta

import pytest

from booking.appointments import booking, holds
from booking.exchange import fhir_resources
from booking.exchange.feeds import publish, slot_lines
from booking.models import EPOCH, OFF_SALE, Feed, Slot
from booking.models.slot import FROZEN
from tests.booking.exchange.feeds.conftest import VAN_SCHEDULE, van_slot

FIRST, LAST = datetime(2026, 11, 30, tzinfo=UTC), datetime(2026, 12, 14, tzinfo=UTC)
MINUTES = timedelta(minutes=20)
ODD_PHONE = 'Zoë’s "desk" \\ 100% {0} %s\t👩‍⚕️'


def written(taken=(), trust="RTX"):
    whole = b"".join(slot_lines.lines_of(trust, FIRST, LAST, taken))
    return [json.loads(line) for line in whole.decode().split("\n")[:-1]]


def said(row, taken=()):
    """What the serializer says of a row, by Django's own reading of it."""
    home = row.schedule.site_id if row.schedule.scanner_id else None
    free = row.free_at is not None and row.free_at < OFF_SALE and row.pk not in taken
    return fhir_resources.slot(
        str(row.pk),
        fhir_resources.schedule_id(row.schedule_id, row.site_id, home),
        fhir_resources.instant(row.start),
        fhir_resources.instant(row.end),
        free,
    )


def alike(slots):
    """The same slots with their moments as moments, however they are written."""
    moments = ("start", "end")
    return [one | {name: datetime.fromisoformat(one[name]) for name in moments} for one in slots]


def rows():
    found = Slot.objects.filter(start__gte=FIRST, start__lt=LAST).exclude(status="withdrawn")
    return found.select_related("schedule").order_by("start", "pk")


@pytest.fixture
def odd(push, fed, make_slot, now):
    """A slot of each state, several at one moment, and moments that are seldom."""
    push(
        fed(name="seats", hour=9, capacity=3),
        fed(name="busy", hour=10, status="busy"),
        fed(name="away", hour=11, status="busy-unavailable"),
        fed(name="gone", hour=12, status="entered-in-error"),
    )
    make_slot(8, 9)
    make_slot(8, 9, free_at=None)
    make_slot(8, 10, free_at=now + timedelta(minutes=5))
    make_slot(8, 10, free_at=OFF_SALE)
    make_slot(8, 11, free_at=FROZEN)
    make_slot(8, 12, free_at=OFF_SALE - timedelta(seconds=1))
    make_slot(8, 13, status="withdrawn", free_at=None)
    start = datetime(2026, 12, 3, 9, 0, 0, 120_500, tzinfo=UTC)
    make_slot(start=start, end=start + timedelta(minutes=7, microseconds=1))
    make_slot(start=FIRST, end=FIRST + timedelta(minutes=1))
    make_slot(start=FIRST - timedelta(seconds=1), end=FIRST + timedelta(minutes=1))
    make_slot(start=LAST, end=LAST + timedelta(minutes=1))
    make_slot(start=LAST - timedelta(microseconds=1), end=LAST)


def test_each_row_is_written_as_the_serializer_says_it(odd):
    found = written()

    assert alike(found) == alike([said(row) for row in rows()])
    assert {one["status"] for one in found} == {"free", "busy"}
    assert len(found) == 14


def test_what_is_taken_is_busy_whatever_its_row_says(odd):
    taken = {row.pk for row in rows() if row.free_at == EPOCH}
    assert len(taken) > 3

    assert alike(written(taken)) == alike([said(row, taken) for row in rows()])


def test_a_free_one_has_link_and_phone_and_a_busy_one_the_phone(odd, settings):
    for one in written():
        names = [extension["url"].rsplit("/", 1)[1] for extension in one["extension"]]
        link = ["booking-deep-link"] if one["status"] == "free" else []
        assert names == [*link, "booking-phone"]


@pytest.mark.parametrize("name", ["HELP_PHONE", "PUBLIC_BASE_URL"])
def test_quotes_percents_braces_and_letters_of_any_script_are_written_whole(odd, settings, name):
    before = written()
    setattr(settings, name, ODD_PHONE)

    found = written()

    assert alike(found) == alike([said(row) for row in rows()]) != alike(before)
    values = [str(value) for one in found for told in one["extension"] for value in told.values()]
    assert any(ODD_PHONE in value for value in values)


@pytest.mark.parametrize("count", [1, 2, 4, 7, 14, 15])
def test_no_page_loses_or_repeats_one(odd, monkeypatch, count):
    whole = written()
    monkeypatch.setattr(slot_lines, "ROWS", count)

    assert written() == whole


def test_another_trusts_are_not_among_them(odd, blackburn, make_slot):
    elsewhere = make_slot(8, 9, site=blackburn)

    assert str(elsewhere.pk) not in [one["id"] for one in written()]
    assert [one["id"] for one in written(trust=elsewhere.trust_id)] == [str(elsewhere.pk)]


def test_a_mobile_scanners_are_under_the_schedule_of_their_place(push, van, now):
    push(VAN_SCHEDULE, van_slot(2), van_slot(7))
    trust = Slot.objects.values_list("trust_id", flat=True)[0]

    found = written(trust=trust)

    assert alike(found) == alike([said(row) for row in rows()])
    names = [one["schedule"]["reference"] for one in found]
    assert [name.count("-") for name in names] == [0, 1]


def test_a_week_says_who_holds_and_who_booked_as_busy(odd, jane, tom, now):
    Feed.objects.update_or_create(trust_id="RTX", defaults={"last_contact_at": now})
    long = [row.pk for row in rows() if row.free_at == EPOCH and row.end - row.start > MINUTES]
    first, second = long[0], long[-1]
    holds.hold(jane, first, now=now)
    holds.hold(tom, second, now=now)
    booking.book(tom, second, now=now, actor="patient")

    week = publish.look_at(FIRST.date(), now=now)
    whole = b"".join(publish.slot_lines(week)).splitlines()

    status = {one["id"]: one["status"] for one in map(json.loads, whole)}
    assert status[str(first)] == status[str(second)] == "busy"
    in_week = [row for row in rows() if row.start < week.last]
    assert alike(map(json.loads, whole)) == alike([said(row, week.held) for row in in_week])
