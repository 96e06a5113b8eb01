"""Scanners that can do less than when people booked: each of them is somebody's to see to."""

import pytest
import time_machine

from booking.appointments import booking, holds
from booking.models import Appointment, Patient, Slot, WorklistRow
from notifications.models import Message
from sites import places
from sites.models import Scanner
from tests.booking.exchange.feeds.conftest import VAN_SCHEDULE, van_slot
from tests.booking.exchange.feeds.test_places_changed import change, scanner_row

KEPT = "This is new since they booked. They keep the time, and do not know."


@pytest.fixture(autouse=True)
def _on_the_day(now):
    with time_machine.travel(now, tick=False):
        yield


@pytest.fixture
def scanner(furness):
    """The one MRI scanner of Furness; it can do all that is asked of it."""
    Scanner.objects.filter(site=furness, modality="MR").update(
        code="furness-1", contrast=True, hoist=True, step_free=True, under_16s=True, table_kg=200
    )
    places.forget()
    return Scanner.objects.get(code="furness-1")


@pytest.fixture
def booked(jane, make_slot, now, scanner):
    """Jane's appointment there: she needs a hoist, and her exam a dye if it is said so."""

    def booked(*needs, contrast=False):
        Patient.objects.filter(pk=jane.patient_id).update(needs=list(needs))
        jane.patient.refresh_from_db()
        jane.exam.contrast = contrast
        jane.exam.save()
        slot = make_slot()
        holds.hold(jane, slot.pk, now=now)
        return booking.book(jane, slot.pk, now=now, actor="patient")

    return booked


def rows_of():
    rows = WorklistRow.objects.filter(kind="needs_person", closed_at=None)
    return list(rows.values_list("reason", flat=True))


@pytest.mark.parametrize(
    ("needs", "contrast", "changes", "reason"),
    [
        (["hoist"], False, {"hoist": "no"}, "There is no hoist there"),
        (["hoist"], False, {"hoist": ""}, "We do not know if the scanner there has a hoist"),
        (["wheelchair"], False, {"step_free": "no"}, "There are steps to the scanner there"),
        ([], True, {"contrast": "no"}, "This scan needs a dye (contrast)"),
        ([], True, {"contrast": ""}, "We do not know if the scanner there can give a dye"),
        ([], False, {"excluded_exams": "MR-1"}, "The scanner there does not do this scan"),
    ],
)
def test_who_no_longer_fits_keeps_the_time_and_is_on_a_list_with_the_reason(
    booked, scanner, needs, contrast, changes, reason
):
    made = booked(*needs, contrast=contrast)
    before = Message.objects.count()

    found = change(scanner_row(scanner, **changes))

    made.refresh_from_db()
    row = WorklistRow.objects.get(kind="needs_person")
    assert (made.status, made.version) == ("booked", 1)
    assert Message.objects.count() == before
    assert (row.appointment, row.referral) == (made, made.referral)
    assert row.due_at is not None
    assert row.reason.startswith(reason)
    assert KEPT in row.reason
    assert "1 person who can no longer be scanned there" in found.details


@pytest.mark.parametrize(
    ("needs", "changes"),
    [
        ([], {"hoist": "no", "table_kg": "100"}),
        (["hoist"], {"step_free": "no"}),
        (["hoist"], {"name": "MRI one"}),
        (["hoist"], {"hoist": "yes", "wide": "yes"}),
    ],
    ids=["needs none", "needs another", "another name", "can do more"],
)
def test_who_still_fits_is_left_alone(booked, scanner, needs, changes):
    booked(*needs)

    change(scanner_row(scanner, **changes))

    assert rows_of() == []


def test_who_did_not_fit_before_is_not_said_to_have_fitted(booked, scanner, jane, now):
    booked()
    Patient.objects.filter(pk=jane.patient_id).update(needs=["hoist"])
    change(scanner_row(scanner, hoist="no"))
    WorklistRow.objects.update(closed_at=now)

    change(scanner_row(scanner, hoist="no", step_free="no"))

    assert rows_of() == []


def test_a_second_scanner_that_cannot_makes_a_time_doubtful(booked, scanner):
    """Nobody knows which of the two the time is at."""
    booked("hoist")

    change(scanner_row(scanner, id="furness-2", name="MRI 2", hoist="no"))

    assert [reason.split(".")[0] for reason in rows_of()] == [
        "There is no hoist there to lift people onto the scanner"
    ]


def test_times_that_have_passed_are_left_alone(booked, scanner, now):
    made = booked("hoist")
    Appointment.objects.filter(pk=made.pk).update(start=now)

    change(scanner_row(scanner, hoist="no"))

    assert rows_of() == []


def test_a_dry_run_says_how_many_and_opens_nothing(booked, scanner):
    booked("hoist")

    found = change(scanner_row(scanner, hoist="no"), dry_run=True)

    assert "1 person who can no longer be scanned there" in found.details
    assert rows_of() == []


@pytest.mark.parametrize(("hoist", "is_listed"), [(False, True), (True, False)])
def test_a_schedule_that_goes_to_another_scanner_takes_nobody_along_who_does_not_fit(
    push, van, jane, now, trust, hoist, is_listed
):
    Scanner.objects.filter(code="van-1").update(hoist=True)
    other = Scanner.objects.create(
        trust=trust, code="van-2", name="Other van", modality="MR", hoist=hoist
    )
    for stop in van.stops.all():
        stop.pk, stop.scanner = None, other
        stop.save()
    places.forget()
    push(VAN_SCHEDULE, van_slot(2))
    Patient.objects.filter(pk=jane.patient_id).update(needs=["hoist"])
    jane.patient.refresh_from_db()
    slot = Slot.objects.get()
    holds.hold(jane, slot.pk, now=now)
    made = booking.book(jane, slot.pk, now=now, actor="patient")

    named = [{"reference": "Device/van-2"}]
    push({**VAN_SCHEDULE, "actor": named, "meta": {"lastUpdated": now.isoformat()}})

    made.refresh_from_db()
    assert Slot.objects.get().schedule.scanner == other
    assert made.status == "booked"
    assert bool(rows_of()) is is_listed
