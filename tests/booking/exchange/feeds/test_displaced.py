"""A booked time that a feed takes away: displaced, told and listed, all in one transaction."""

import pytest

from booking.appointments import booking, holds
from booking.models import Appointment, AppointmentChange, Feed, Slot, WorklistRow
from booking.models.slot import EPOCH
from notifications.models import Message

NEWER = "2026-11-24T03:00:00Z"
TAKEN_AWAY = {
    "unavailable": {"status": "busy-unavailable"},
    "withdrawn": {"status": "entered-in-error"},
    "moved": {"start": "2026-12-02T15:00:00Z", "end": "2026-12-02T15:30:00Z"},
    "longer": {"end": "2026-12-02T15:30:00Z"},
}


def book(referral, slot, now):
    holds.hold(referral, slot.pk, now=now)
    return booking.book(referral, slot.pk, now=now, actor="patient")


@pytest.mark.parametrize("change", TAKEN_AWAY.values(), ids=TAKEN_AWAY)
@pytest.mark.parametrize("confirms", [False, True], ids=["booked", "pending"])
def test_the_patient_is_told_the_clerk_asked_and_the_trust_hears(
    push, fed, jane, now, change, confirms
):
    Feed.objects.update(confirms=confirms)
    push(fed())
    made = book(jane, Slot.objects.get(), now)

    report = push(fed(stamp=NEWER, **change))

    assert report.displaced == 1
    assert Appointment.objects.get().status == "displaced"
    told = Message.objects.filter(state__in=["ready", "scheduled"])
    assert [text.kind for text in told] == ["displaced"]
    row = WorklistRow.objects.get()
    assert (row.kind, row.appointment, row.trust_id) == ("displaced", made, "RTX")
    assert AppointmentChange.objects.get().version == 2


@pytest.mark.django_db(transaction=True)
def test_a_fault_later_in_the_import_takes_all_of_it_back(push, fed, jane, now, monkeypatch):
    push(fed())
    book(jane, Slot.objects.get(), now)
    before = Slot.objects.values().get()

    def fail(*args, **kwargs):
        raise RuntimeError

    monkeypatch.setattr("booking.changes.change_log.record_slot_changes", fail)
    with pytest.raises(RuntimeError):
        push(fed(stamp=NEWER, status="entered-in-error"))

    assert Slot.objects.values().get() == before
    assert Appointment.objects.get().status == "booked"
    assert not WorklistRow.objects.exists()
    assert not Message.objects.filter(kind="displaced").exists()


def test_less_room_than_is_booked_displaces_the_one_too_many(push, fed, jane, tom, now):
    push(fed(capacity=2))
    for patient, slot in zip((jane, tom), Slot.objects.order_by("seat"), strict=True):
        book(patient, slot, now)

    report = push(fed(stamp=NEWER, capacity=1))

    assert report.displaced == 1
    assert sorted(Appointment.objects.values_list("status", flat=True)) == ["booked", "displaced"]
    kept = Appointment.objects.get(status="booked")
    assert Slot.objects.exclude(status="withdrawn").get().pk == kept.slot_id


def test_a_displaced_patient_books_again_and_leaves_the_list(push, fed, jane, now):
    push(fed(), fed(name="s2", hour=16))
    book(jane, Slot.objects.get(external_id="s1"), now)
    push(fed(stamp=NEWER, status="entered-in-error"))

    again = book(jane, Slot.objects.get(external_id="s2"), now)

    assert again.status == "booked"
    assert WorklistRow.objects.get().outcome == "booked"


def test_a_moved_time_is_free_for_the_next_at_its_new_hour(push, fed, jane, tom, now):
    push(fed())
    book(jane, Slot.objects.get(), now)

    push(fed(stamp=NEWER, hour=16))

    assert Slot.objects.get().free_at == EPOCH
    assert book(tom, Slot.objects.get(), now).start.hour == 16


def test_an_echo_of_a_pending_booking_is_agreement(push, fed, jane, now):
    Feed.objects.update(confirms=True)
    push(fed())
    book(jane, Slot.objects.get(), now)

    assert push(fed(stamp=NEWER, status="busy")).displaced == 0
    assert Appointment.objects.get().status == "pending"
