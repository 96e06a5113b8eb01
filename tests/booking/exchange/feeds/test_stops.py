"""Slots of mobile scanners are where the scanner is on their day."""

import pytest
import time_machine
from django.db import transaction

from booking.appointments import booking, holds
from booking.changes import feed_locks
from booking.exchange.fhir_systems import DICOM
from booking.models import Appointment, Schedule, Slot
from notifications.models import Message
from sites.imports import apply
from sites.models import Stop, Trust
from tests.booking.exchange.feeds.conftest import VAN_SCHEDULE as SCHEDULE
from tests.booking.exchange.feeds.conftest import location
from tests.booking.exchange.feeds.conftest import van_slot as line
from tests.racing import Rival, only_postgresql


@pytest.fixture(autouse=True)
def _on_the_day(now):
    with time_machine.travel(now, tick=False):
        yield


def where():
    return {slot.external_id: slot.site.name for slot in Slot.objects.select_related("site")}


def move(scanner, first, last, site):
    row = {"what": "stop", "id": "x", "scanner": scanner.code, "site": site.slug,
           "from": first, "to": last, "opens": "08:00", "closes": "18:00"}  # fmt: skip
    (change,) = apply.apply([(1, row)])
    assert change.became in ("created", "changed")


def test_each_slot_takes_the_place_of_its_day(push, van):
    report = push(SCHEDULE, line(2), line(5), line(7))

    assert report.refused == 0
    assert where() == {"d2": "Furness", "d5": "Furness", "d7": "Lancaster"}


def test_a_day_without_a_stop_is_refused_by_its_line(push, van):
    report = push(SCHEDULE, line(6), line(7))

    assert where() == {"d7": "Lancaster"}
    (refusal,) = report.refusals
    assert (refusal.line, refusal.code) == (2, "not-found")
    assert "no stop on 2026-12-06" in refusal.what


def test_sending_the_schedule_later_changes_nothing(push, van):
    push(SCHEDULE, line(2))

    assert push(SCHEDULE, line(2)).unchanged == 2
    assert Schedule.objects.get().scanner == van


def test_a_location_beside_the_device_does_not_move_it(push, van, lancaster):
    both = {**SCHEDULE, "actor": [{"reference": "Location/lancaster"}, *SCHEDULE["actor"]]}

    push(location(lancaster), both, line(2))

    assert where() == {"d2": "Furness"}


def test_another_trusts_scanner_is_refused(push, van):
    Trust.objects.create(code="RXN", name="Preston")

    (refusal,) = push(SCHEDULE, trust="RXN").refusals

    assert refusal.code == "forbidden"


def test_a_scanner_of_another_modality_or_without_stops_is_refused(push, van):
    other = {"serviceType": [{"coding": [{"system": DICOM, "code": "CT"}]}]}
    assert push({**SCHEDULE, **other}).refusals[0].code == "value"

    Stop.objects.all().delete()
    assert "no stops" in push(SCHEDULE).refusals[0].what


def test_free_slots_follow_when_the_stop_moves(push, van, lancaster):
    push(SCHEDULE, line(2), line(7))

    move(van, "2026-11-30", "2026-12-05", lancaster)

    assert where() == {"d2": "Lancaster", "d7": "Lancaster"}
    assert Slot.objects.filter(free_at=None).count() == 0


def test_a_slot_is_where_the_stop_moved_while_its_import_waited(push, van, lancaster, meanwhile):
    push(SCHEDULE)
    meanwhile(lambda: move(van, "2026-11-30", "2026-12-05", lancaster))

    push(line(2))

    assert where() == {"d2": lancaster.name}


def test_a_slot_is_where_another_process_has_moved_the_stop(push, van, lancaster):
    push(SCHEDULE, line(1))
    Stop.objects.filter(first_day="2026-11-30").update(site=lancaster)  # our table is old now

    push(line(2))

    assert where()["d2"] == lancaster.name


@only_postgresql
@pytest.mark.django_db(transaction=True)
def test_stops_are_followed_after_the_import_that_runs(push, van, lancaster):
    push(SCHEDULE, line(2))

    def follow():
        move(van, "2026-11-30", "2026-12-05", lancaster)

    with transaction.atomic():
        feed_locks.lock_feed_exclusively("RTX")
        following = Rival(follow)
        following.wait_until_done_or_blocked()
        assert not following.is_done()
    following.result()


def test_who_was_booked_on_a_day_without_a_stop_any_more_is_displaced_and_told(
    push, van, furness, jane, now
):
    push(SCHEDULE, line(2))
    slot = Slot.objects.get()
    holds.hold(jane, slot.pk, now=now)
    booking.book(jane, slot.pk, now=now, actor="patient")

    move(van, "2026-11-30", "2026-12-01", furness)

    assert Appointment.objects.get().status == "displaced"
    assert Message.objects.filter(kind="displaced").count() == 1


def test_slots_of_days_without_a_stop_any_more_are_withdrawn(push, van, furness):
    push(SCHEDULE, line(2), line(5))

    move(van, "2026-11-30", "2026-12-03", furness)

    assert {s.external_id: s.status for s in Slot.objects.all()} == {
        "d2": "free",
        "d5": "withdrawn",
    }
    assert Slot.objects.get(external_id="d5").free_at is None


def test_a_site_with_an_appointment_to_come_cannot_be_closed(push, van, furness, jane, now):
    push(SCHEDULE, line(2))
    slot = Slot.objects.get()
    holds.hold(jane, slot.pk, now=now)
    booking.book(jane, slot.pk, now=now, actor="patient")

    (change,) = apply.apply([(1, {"what": "site", "id": furness.slug, "remove": "yes"})])

    assert change.became == "refused"
    assert "appointment there on Wednesday 2 December 2026" in change.details
