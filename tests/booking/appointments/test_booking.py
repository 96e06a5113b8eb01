"""Hold, renew, book, move, cancel, displace."""

from datetime import timedelta

import pytest
from django.db import DatabaseError, IntegrityError, transaction

from booking.appointments import booking, holds, trust_answers
from booking.models import EPOCH, Appointment, AppointmentChange, AuditEntry, Slot
from notifications.models import Message


def booked(referral, slot, now):
    holds.hold(referral, slot.pk, now=now)
    return booking.book(referral, slot.pk, now=now, actor="patient")


def kinds(state="scheduled"):
    return sorted(Message.objects.filter(state=state).values_list("kind", flat=True))


def test_a_held_time_is_kept_for_fifteen_minutes(jane, tom, make_slot, now):
    slot = make_slot()

    holds.hold(jane, slot.pk, now=now)

    with pytest.raises(holds.SlotTaken):
        holds.hold(tom, slot.pk, now=now + timedelta(minutes=14, seconds=59))
    assert holds.hold(tom, slot.pk, now=now + timedelta(minutes=15)).held_by == tom


def test_each_step_renews_the_hold(jane, tom, make_slot, now):
    slot = make_slot()
    holds.hold(jane, slot.pk, now=now)

    holds.renew(jane, slot.pk, now=now + timedelta(minutes=14))

    with pytest.raises(holds.SlotTaken):
        holds.hold(tom, slot.pk, now=now + timedelta(minutes=20))


def test_choosing_another_time_lets_go_of_the_first(jane, tom, make_slot, now):
    first, second = make_slot(hour=9), make_slot(hour=10)
    holds.hold(jane, first.pk, now=now)

    holds.hold(jane, second.pk, now=now)

    assert holds.hold(tom, first.pk, now=now).held_by == tom


def test_the_time_just_chosen_is_kept_and_can_be_booked(jane, make_slot, now):
    first, second = make_slot(hour=9), make_slot(hour=10)
    holds.hold(jane, first.pk, now=now)
    holds.hold(jane, second.pk, now=now)

    holds.hold(jane, second.pk, now=now + timedelta(minutes=1))

    assert booking.book(jane, second.pk, now=now, actor="patient").slot_id == second.pk
    assert Slot.objects.get(pk=first.pk).free_at == EPOCH


def test_only_the_held_time_is_renewed_and_only_for_its_holder(jane, tom, make_slot, now):
    held, free = make_slot(hour=9), make_slot(hour=10)
    holds.hold(jane, held.pk, now=now)
    later = now + timedelta(minutes=10)

    with pytest.raises(holds.HoldExpired):
        holds.renew(jane, free.pk, now=later)
    with pytest.raises(holds.SlotTaken):
        holds.renew(tom, held.pk, now=later)

    until = dict(Slot.objects.values_list("pk", "free_at"))
    assert until == {held.pk: now + holds.HOLD, free.pk: EPOCH}


def test_who_asks_for_a_taken_place_gets_the_next_place_of_that_time(jane, tom, make_slot, now):
    first = make_slot(external_id="shared", seat=0)
    second = make_slot(external_id="shared", seat=1)
    holds.hold(jane, first.pk, now=now)

    assert holds.hold(tom, first.pk, now=now).pk == second.pk


def test_the_next_place_is_never_another_trusts_of_the_same_id(
    jane, tom, make_slot, blackburn, now
):
    ours = make_slot(external_id="shared")
    theirs = make_slot(external_id="shared", seat=1, site=blackburn)
    holds.hold(jane, ours.pk, now=now)

    with pytest.raises(holds.SlotTaken):
        holds.hold(tom, ours.pk, now=now)
    assert Slot.objects.get(pk=theirs.pk).free_at == EPOCH


def test_the_next_place_is_of_the_same_slot(jane, tom, make_slot, now):
    taken, other = make_slot(hour=9), make_slot(hour=10)
    holds.hold(jane, taken.pk, now=now)

    with pytest.raises(holds.SlotTaken):
        holds.hold(tom, taken.pk, now=now)
    assert Slot.objects.get(pk=other.pk).free_at == EPOCH


def test_signing_out_frees_what_was_only_held(jane, tom, make_slot, now):
    slot = make_slot()
    holds.hold(jane, slot.pk, now=now)

    holds.release(jane, now=now)

    holds.hold(tom, slot.pk, now=now)


def test_a_slot_of_another_modality_is_refused(jane, make_slot, now):
    x_ray = make_slot(modality="DX")

    with pytest.raises(holds.SlotNotSuitable):
        holds.hold(jane, x_ray.pk, now=now)
    with pytest.raises(holds.SlotNotSuitable):
        holds.hold(jane, 10**12, now=now)
    assert Slot.objects.get(pk=x_ray.pk).free_at == EPOCH


def test_who_books_again_after_the_time_did_not_attend_until_the_trust_knows_better(
    jane, make_slot, now
):
    first = booked(jane, make_slot(day=1), now)
    later = first.start + timedelta(hours=1)

    second = booked(jane, make_slot(day=9), later)

    first.refresh_from_db()
    assert (first.status, second.status) == ("did_not_attend", "booked")
    assert first.start < later < second.start
    assert Slot.objects.get(pk=first.slot_id).free_at is None
    told = AppointmentChange.objects.filter(trust="RTX").values_list("appointment", "version")
    assert set(told) == {(first.pk, 2), (second.pk, 1)}
    noted = AuditEntry.objects.get(action="did_not_attend")
    assert (noted.appointment, noted.actor, noted.at) == (first, "patient", later)
    said = {"version": 2, "slot": first.slot_id, "was": "booked"}
    said |= {"start": first.start.isoformat(), "site": first.site_id}
    said["reason"] = "booked again after its time"
    assert noted.detail == said
    trust_answers.attended(first, first.version, now=later, actor="key ab")
    assert set(Appointment.objects.values_list("status", flat=True)) == {"attended", "booked"}


def test_a_time_that_has_begun_is_gone(jane, make_slot, now):
    slot = make_slot(day=0, hour=9)

    with pytest.raises(holds.SlotTaken):
        holds.hold(jane, slot.pk, now=now)


def test_booking_writes_appointment_texts_and_audit_together(jane, make_slot, now):
    appointment = booked(jane, make_slot(day=20), now)

    assert (appointment.status, appointment.version) == ("booked", 1)
    assert Slot.objects.get(pk=appointment.slot_id).free_at is None
    assert Message.objects.filter(kind="confirmation").count() == 1
    assert Message.objects.filter(kind__startswith="reminder").count() == 2
    entry = AuditEntry.objects.get()
    assert (entry.action, entry.actor, entry.referral) == ("booked", "patient", jane)


def test_booking_without_a_hold_is_refused(jane, make_slot, now):
    with pytest.raises(holds.HoldExpired):
        booking.book(jane, make_slot().pk, now=now, actor="patient")
    assert not Appointment.objects.exists()


def test_an_expired_hold_says_whether_the_time_is_still_free(jane, tom, make_slot, now):
    slot, later = make_slot(), now + timedelta(minutes=16)
    holds.hold(jane, slot.pk, now=now)

    with pytest.raises(holds.HoldExpired):
        booking.book(jane, slot.pk, now=later, actor="patient")
    holds.hold(tom, slot.pk, now=later)
    with pytest.raises(holds.SlotTaken):
        booking.book(jane, slot.pk, now=later, actor="patient")
    assert not Message.objects.exists()


def test_a_doubled_request_makes_one_appointment(jane, make_slot, now):
    slot = make_slot()
    first = booked(jane, slot, now)

    again = booking.book(jane, slot.pk, now=now, actor="patient")

    assert again.pk == first.pk
    assert Appointment.objects.count() == 1
    assert Message.objects.filter(kind="confirmation").count() == 1


def test_changing_keeps_the_old_time_until_the_new_one_is_booked(jane, tom, make_slot, now):
    old, new = make_slot(day=20), make_slot(day=21)
    first = booked(jane, old, now)

    holds.hold(jane, new.pk, now=now)
    with pytest.raises(holds.SlotTaken):
        holds.hold(tom, old.pk, now=now)
    moved = booking.book(jane, new.pk, now=now, actor="patient")

    assert (moved.pk, moved.version, moved.start) == (first.pk, 2, new.start)
    assert holds.hold(tom, old.pk, now=now)
    assert Message.objects.filter(subject_version=1, state__in=["scheduled", "ready"]).count() == 0
    assert Message.objects.filter(subject_version=2, kind="changed").count() == 1


def test_losing_the_new_time_keeps_the_old_one(jane, tom, make_slot, now):
    old, new = make_slot(day=20), make_slot(day=21)
    first = booked(jane, old, now)
    booked(tom, new, now)

    with pytest.raises(holds.SlotTaken):
        booking.book(jane, new.pk, now=now, actor="patient")

    kept = Appointment.objects.get(pk=first.pk)
    assert (kept.slot_id, kept.version, kept.status) == (old.pk, 1, "booked")
    assert Slot.objects.get(pk=old.pk).free_at is None


def test_cancelling_frees_the_time_and_stops_the_reminders(jane, tom, make_slot, now):
    appointment = booked(jane, make_slot(day=20), now)

    booking.cancel(appointment, 1, now=now, actor="patient")

    assert Appointment.objects.get().status == "cancelled"
    assert holds.hold(tom, appointment.slot_id, now=now)
    live = Message.objects.filter(state__in=["scheduled", "ready"])
    assert [message.kind for message in live] == ["cancelled_by_you"]


def test_cancelling_what_was_changed_meanwhile_does_nothing(jane, make_slot, now):
    appointment = booked(jane, make_slot(day=20), now)
    holds.hold(jane, make_slot(day=21).pk, now=now)
    booking.book(jane, Slot.objects.get(held_by=jane).pk, now=now, actor="patient")

    with pytest.raises(booking.AppointmentChanged):
        booking.cancel(appointment, 1, now=now, actor="patient")

    kept = Appointment.objects.get()
    assert kept.status == "booked"
    assert Slot.objects.get(pk=kept.slot_id).free_at is None


def test_a_cancelled_patient_books_again_with_the_same_code(jane, make_slot, now):
    slot = make_slot()
    booking.cancel(booked(jane, slot, now), 1, now=now, actor="patient")

    assert booked(jane, slot, now).status == "booked"
    assert Appointment.objects.count() == 2


def test_a_patient_without_a_mobile_is_booked_and_the_text_is_not_lost(
    make_referral, make_slot, now
):
    silent = make_referral(code="9GWP3KTY", mobile="")

    booked(silent, make_slot(day=20), now)

    assert set(Message.objects.values_list("state", flat=True)) == {"suppressed"}


def test_a_failure_half_way_leaves_nothing(jane, make_slot, now, monkeypatch):
    slot = make_slot()
    holds.hold(jane, slot.pk, now=now)

    def fail(*args, **kwargs):
        raise RuntimeError

    monkeypatch.setattr(booking, "record", fail)
    with pytest.raises(RuntimeError):
        booking.book(jane, slot.pk, now=now, actor="patient")

    assert not Appointment.objects.exists()
    assert not Message.objects.exists()
    assert Slot.objects.get(pk=slot.pk).held_by == jane


def test_the_database_itself_refuses_two_live_appointments(jane, tom, make_slot, now):
    first = booked(jane, make_slot(), now)

    with pytest.raises(IntegrityError), transaction.atomic():
        Appointment.objects.create(
            reference="22222222", referral=tom, slot=first.slot, site=first.site,
            start=first.start, end=first.end, status="booked", booked_at=now, changed_at=now,
        )  # fmt: skip


@pytest.mark.parametrize("change", ["update", "delete"])
def test_audit_entries_can_be_neither_changed_nor_deleted(jane, make_slot, now, change):
    booked(jane, make_slot(), now)
    entries = AuditEntry.objects.all()

    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
        entries.update(actor="nobody") if change == "update" else entries._raw_delete("default")

    assert AuditEntry.objects.get().actor == "patient"
