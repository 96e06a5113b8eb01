"""Thirty seconds to take back one's own last act, and what the patient is told."""

from datetime import timedelta

import pytest

from booking.appointments import holds
from booking.models import Appointment, AuditEntry, Slot
from notifications.models import Message, State
from tests.booking.clerk.conftest import form_of, problems


def test_a_booking_is_read_back_and_its_text_waits_for_the_undo(at_desk, jane, make_slot, now):
    slot = make_slot()
    at_desk("hold", slot=slot.pk)

    at_desk("book", slot=slot.pk, reason="phoned")

    booked = Appointment.objects.get()
    assert booked.slot_id == slot.pk
    page = at_desk.screen()
    assert "You are booked for an MRI scan of your knee on Wednesday 2 December 2026 at 2pm" in page
    text_row = Message.objects.get(kind="confirmation")
    assert text_row.due_at == now + timedelta(seconds=30)
    assert text_row.state == State.SCHEDULED
    assert AuditEntry.objects.get(action="booked").detail["reason"] == "phoned"


def test_undo_of_a_booking_frees_the_time_and_no_text_goes(at_desk, jane, make_slot):
    slot = make_slot()
    at_desk("hold", slot=slot.pk)
    at_desk("book", slot=slot.pk, reason="phoned")

    at_desk("undo", **form_of(Appointment.objects.get()))

    assert Appointment.objects.get().status == "cancelled"
    assert Slot.objects.get().free_at is not None
    assert not Message.objects.exclude(state=State.CANCELLED).exists()


def test_undo_of_a_change_takes_the_old_time_back(at_desk, booked, make_slot):
    new = make_slot(day=9)
    at_desk("hold", slot=new.pk)
    at_desk("book", slot=new.pk, reason="sooner")

    at_desk("undo", **form_of(Appointment.objects.get()))

    back = Appointment.objects.get()
    assert (back.slot_id, back.start, back.status) == (booked.slot_id, booked.start, "booked")
    assert Slot.objects.get(pk=new.pk).free_at is not None
    assert Slot.objects.get(pk=booked.slot_id).free_at is None
    waiting = Message.objects.filter(state=State.SCHEDULED).values_list("kind", flat=True)
    assert sorted(waiting) == ["confirmation", "reminder_2_days", "reminder_7_days"]


@pytest.mark.parametrize("act", ["booked", "moved", "cancelled"])
def test_an_undo_is_written_down_with_what_it_took_back(
    at_desk, clerk, jane, make_slot, clock, now, act
):
    slot, new = make_slot(), make_slot(day=9)
    at_desk("hold", slot=slot.pk)
    at_desk("book", slot=slot.pk, reason="phoned")
    if act == "moved":
        at_desk("hold", slot=new.pk)
        at_desk("book", slot=new.pk, reason="sooner")
    if act == "cancelled":
        at_desk("cancel", **form_of(Appointment.objects.get()), cancel_reason="unwell")

    at_desk("undo", **form_of(Appointment.objects.get()))

    entry, made = AuditEntry.objects.get(action="undone"), Appointment.objects.get()
    assert (entry.actor, entry.at) == (f"staff {clerk.staff.pk}", now)
    assert (entry.appointment, entry.referral) == (made, jane)
    assert entry.detail == {
        "version": made.version, "slot": slot.pk, "undid": act,
        "start": made.start.isoformat(), "site": made.site_id,
    }  # fmt: skip


def test_undo_of_a_cancellation_books_it_again(at_desk, booked, jane):
    at_desk("cancel", **form_of(booked), cancel_reason="unwell")

    at_desk("undo", **form_of(Appointment.objects.get()))

    assert Appointment.objects.get().status == "booked"
    assert Slot.objects.get().free_at is None
    assert "On the lists" not in at_desk.screen()


def test_undo_says_so_if_somebody_took_the_old_time(at_desk, booked, make_slot, tom, clock, now):
    at_desk("cancel", **form_of(booked), cancel_reason="unwell")
    holds.hold(tom, booked.slot_id, now=now + timedelta(minutes=1))

    answer = at_desk("undo", **form_of(Appointment.objects.get()))

    assert "has just been taken" in at_desk.after(answer)
    assert Appointment.objects.get().status == "cancelled"


@pytest.mark.parametrize("seconds", [31, 300])
def test_undo_ends_after_thirty_seconds(at_desk, booked, clock, seconds):
    at_desk("cancel", **form_of(booked), cancel_reason="unwell")
    clock.shift(timedelta(seconds=seconds))

    answer = at_desk("undo", **form_of(Appointment.objects.get()))

    assert problems(at_desk.after(answer))["appointments"].startswith("It is too late to undo")
    assert Appointment.objects.get().status == "cancelled"


def test_nobody_undoes_what_a_colleague_did(at_desk, booked, sign_in):
    at_desk("cancel", **form_of(booked), cancel_reason="unwell")

    at_desk("undo", browser=sign_in(username="bob"), **form_of(Appointment.objects.get()))

    assert Appointment.objects.get().status == "cancelled"


def gone_out(kind, now):
    """The text is with the provider: the thirty seconds were over in the same moment."""
    Message.objects.filter(kind=kind).update(state="accepted", wire_at=now)


def test_undo_of_a_change_whose_text_has_just_gone_says_the_old_time_again(
    at_desk, booked, make_slot, now
):
    gone_out("confirmation", now)
    new = make_slot(day=9)
    at_desk("hold", slot=new.pk)
    at_desk("book", slot=new.pk, reason="sooner")
    gone_out("changed", now)

    at_desk("undo", **form_of(Appointment.objects.get()))

    again = Message.objects.get(kind="changed", state__in=["ready", "scheduled"])
    assert again.subject_version == 3
    assert Appointment.objects.get().slot_id == booked.slot_id


def test_undo_of_a_cancellation_whose_text_has_just_gone_says_that_it_stands(at_desk, booked, now):
    gone_out("confirmation", now)
    at_desk("cancel", cancel_reason="unwell", **form_of(booked))
    gone_out("cancelled_by_you", now)

    at_desk("undo", **form_of(Appointment.objects.get()))

    again = Message.objects.get(kind="confirmation", state__in=["ready", "scheduled"])
    assert again.subject_version == 3
