"""What a booking costs: few statements, and one insert a table."""

from collections import Counter

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from booking.appointments import booking, holds
from booking.appointments.signals import appointment_changed
from booking.changes import patient_lock
from booking.models import Appointment, ReplyCode
from notifications.models import Event, Message

TABLES = ("notifications_message", "notifications_event", "booking_replycode")


def written(act):
    """Return how often an act inserts into or updates each table of texts, and what it returns."""
    with CaptureQueriesContext(connection) as asked:
        found = act()
    words = [one["sql"].replace('"', "").split() for one in asked.captured_queries]
    inserts = [one[2] for one in words if one[:2] == ["INSERT", "INTO"]]
    updates = [one[1] for one in words if one[0] == "UPDATE"]
    return Counter(name for name in [*inserts, *updates] if name in TABLES), found


def test_three_texts_are_one_insert_a_table(jane, make_slot, now):
    slot = make_slot(day=20)
    holds.hold(jane, slot.pk, now=now)

    tables, _ = written(lambda: booking.book(jane, slot.pk, now=now, actor="patient"))

    assert tables == dict.fromkeys(TABLES, 1)
    assert Message.objects.count() == Event.objects.count() == 3
    assert ReplyCode.objects.count() == 1


def test_a_change_calls_off_three_texts_and_writes_three_at_once(jane, make_slot, now):
    old, new = make_slot(day=20), make_slot(day=21)
    holds.hold(jane, old.pk, now=now)
    booking.book(jane, old.pk, now=now, actor="patient")
    holds.hold(jane, new.pk, now=now)

    tables, _ = written(lambda: booking.book(jane, new.pk, now=now, actor="patient"))

    assert tables == dict(zip(TABLES, (2, 2, 1), strict=True))
    states = Counter(Message.objects.values_list("subject_version", "state"))
    assert states[1, "cancelled"] == 3
    assert Event.objects.filter(to_state="cancelled").count() == 3
    assert Message.objects.filter(subject_version=2).exclude(state="cancelled").count() == 3


IS_POSTGRESQL = connection.vendor == "postgresql"
WITH_LOCKS = 1 if IS_POSTGRESQL else 0
"""The patient's lock is a statement on PostgreSQL, which SQLite has no need of."""


def statements(act):
    with CaptureQueriesContext(connection) as asked:
        act()
    return len(asked.captured_queries)


def test_a_booking_is_fourteen_statements(jane, make_slot, now):
    slot = make_slot(day=20)
    holds.hold(jane, slot.pk, now=now)

    def book():
        booking.book(jane, slot.pk, now=now, actor="patient")

    assert statements(book) == 14 + WITH_LOCKS


def test_who_comes_too_late_to_hold_pays_four_statements(jane, tom, make_slot, now):
    slot = make_slot()
    holds.hold(jane, slot.pk, now=now)

    def lose():
        with pytest.raises(holds.SlotTaken):
            holds.hold(tom, slot.pk, now=now)

    assert statements(lose) == 4


def test_nobody_is_told_of_an_act_that_concerns_them_not(jane, make_slot, now, told):
    slot = make_slot()
    holds.hold(jane, slot.pk, now=now)

    booking.book(jane, slot.pk, now=now, actor="patient")

    assert told == [frozenset()]


def test_who_has_something_to_do_is_told(jane, make_slot, now, told):
    slot = make_slot()
    holds.hold(jane, slot.pk, now=now)
    made = booking.book(jane, slot.pk, now=now, actor="patient")

    booking.cancel(made, 1, now=now, actor="patient")

    assert told[1] == {"booking.offers.following.follow_appointment"}  # a slot became free


@pytest.fixture
def told():
    found = []

    def listen(*, waiting, **_said):
        found.append(waiting)

    appointment_changed.connect(listen)
    yield found
    appointment_changed.disconnect(listen)


def test_a_referral_that_went_to_another_patient_is_booked_under_their_lock(
    jane, tom, make_slot, monkeypatch, now
):
    slot = make_slot()
    holds.hold(jane, slot.pk, now=now)
    locked, lock = [], patient_lock.lock_patient
    monkeypatch.setattr(patient_lock, "lock_patient", lambda key: (locked.append(key), lock(key)))
    was = jane.patient_id
    type(jane).objects.filter(pk=jane.pk).update(patient=tom.patient)

    booking.book(jane, slot.pk, now=now, actor="patient")

    assert locked == [was, tom.patient_id]
    assert Appointment.objects.get().referral.patient == tom.patient
    assert jane.patient == tom.patient
