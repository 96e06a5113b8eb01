"""What every act on an appointment leaves behind: rows, texts, audit, lists, changes; exactly."""

from datetime import timedelta

import pytest
from django.db.transaction import atomic

from booking.appointments import booking, displacing, holds
from booking.changes.change_log import week_counter, week_of
from booking.models import (
    EPOCH,
    Appointment,
    AppointmentChange,
    AuditEntry,
    Counter,
    Feed,
    Slot,
    WorklistRow,
)
from booking.worklists import rows
from booking.worklists.subjects import RowSubject, Topic
from notifications.models import Message

LATER = timedelta(minutes=5)


def book(referral, slot, now, **options):
    holds.hold(referral, slot.pk, now=now)
    return booking.book(referral, slot.pk, now=now, actor="patient", **options)


def entry():
    last = AuditEntry.objects.order_by("pk").last()
    return (last.action, last.actor, last.at, last.referral, last.appointment, last.detail)


def stored(appointment):
    names = ("status", "version", "slot_id", "site_id", "start", "end", "changed_at", "confirm_by")
    return Appointment.objects.filter(pk=appointment.pk).values_list(*names).get()


def changes():
    found = AppointmentChange.objects.values_list("trust", "appointment", "slot", "version")
    return set(found)


def weeks():
    names = Counter.objects.filter(name__startswith="slots:").values_list("name", flat=True)
    return set(names)


def week(slot):
    return week_counter(week_of(slot.start), slot.trust_id)


def when_and_where(slot):
    """What the audit keeps of a time: its slot may be at another by tomorrow."""
    return {"start": slot.start.isoformat(), "site": slot.site_id}


def test_a_booking(jane, make_slot, now):
    slot = make_slot(day=20)

    made = book(jane, slot, now)

    assert stored(made) == (
        "booked", 1, slot.pk, slot.site_id, slot.start, slot.end, now, None
    )  # fmt: skip
    assert (made.booked_at, made.referral) == (now, jane)
    detail = {"version": 1, "slot": slot.pk, **when_and_where(slot), "reason": ""}
    assert entry() == ("booked", "patient", now, jane, made, detail)
    assert Message.objects.get(kind="confirmation").planned_at == now
    assert changes() == {("RTX", made.pk, slot.pk, 1)}
    assert weeks() == {week(slot)}
    kept = Slot.objects.get()
    assert (kept.free_at, kept.held_by, kept.status) == (None, None, "free")


def test_a_booking_whose_text_waits_and_whose_reason_is_kept(jane, make_slot, now):
    book(jane, make_slot(day=20), now, undo_window=LATER, reason="phoned")

    assert Message.objects.get(kind="confirmation").planned_at == now + LATER
    assert entry()[-1]["reason"] == "phoned"


@pytest.mark.parametrize("kind", ["not_booked", "displaced", "not_rebooked", "breach"])
def test_a_booking_closes_every_list_that_waited_for_it(jane, make_slot, now, kind):
    row = atomic(rows.open_row)(
        kind, RowSubject(Topic.REPLY, "x", referral=jane), "y", now=now, actor="tick"
    )
    other = atomic(rows.open_row)(
        "not_reached", RowSubject(Topic.REPLY, "x", referral=jane), "y", now=now, actor="t"
    )

    book(jane, make_slot(), now)

    row.refresh_from_db()
    other.refresh_from_db()
    assert (row.outcome, row.closed_at, other.closed_at) == ("booked", now, None)
    assert row.events.order_by("pk").last().actor == "patient"


def test_a_move(jane, make_slot, furness, blackburn, now):
    old, new = make_slot(day=20), make_slot(day=30, site=blackburn)
    made = book(jane, old, now)
    at = now + LATER
    holds.hold(jane, new.pk, now=at)

    booking.book(jane, new.pk, now=at, actor="staff 1", undo_window=LATER, reason="sooner")

    assert stored(made) == ("booked", 2, new.pk, new.site_id, new.start, new.end, at, None)
    detail = {"version": 2, "slot": new.pk, **when_and_where(new), "from_slot": old.pk}
    detail["reason"] = "sooner"
    assert entry() == ("moved", "staff 1", at, jane, made, detail)
    assert Message.objects.get(kind="changed").planned_at == at + LATER
    # The trust that referred hears where its patient goes now, though it is no place of its own.
    assert changes() == {("RTX", made.pk, new.pk, 2), ("RXR", made.pk, new.pk, 2)}
    assert weeks() == {week(old), week(new)}


def test_at_the_minute_of_its_start_an_appointment_is_missed_and_not_moved(jane, make_slot, now):
    first, second = make_slot(day=1), make_slot(day=9)
    made = book(jane, first, now)

    again = book(jane, second, first.start)

    assert stored(made)[:3] == ("did_not_attend", 2, first.pk)
    assert stored(made)[-2:] == (first.start, None)
    assert again.pk != made.pk
    assert changes() == {("RTX", made.pk, first.pk, 2), ("RTX", again.pk, second.pk, 1)}


def test_a_cancellation(jane, make_slot, now):
    slot = make_slot(day=20)
    made = book(jane, slot, now)
    Counter.objects.filter(name__startswith="slots:").delete()
    at = now + LATER

    assert booking.cancel(made, 1, now=at, actor="staff 1") is made

    assert stored(made)[:3] == ("cancelled", 2, slot.pk)
    assert stored(made)[-2:] == (at, None)
    detail = {"version": 2, "slot": slot.pk, **when_and_where(slot), "reason": ""}
    assert entry() == ("cancelled", "staff 1", at, jane, made, detail)
    assert Message.objects.get(kind="cancelled_by_you").planned_at == at
    row = WorklistRow.objects.get()
    assert (row.kind, row.about, row.referral, row.appointment) == (
        "not_rebooked", made.reference, jane, made
    )  # fmt: skip
    assert row.reason == "The appointment was cancelled and no other is booked."
    assert (row.opened_at, row.closed_at) == (at, None)
    assert row.events.get().actor == "staff 1"
    assert changes() == {("RTX", made.pk, slot.pk, 2)}
    assert weeks() == {week(slot)}


def test_a_cancellation_with_a_reason_whose_text_waits_or_does_not_go(jane, tom, make_slot, now):
    one, other = book(jane, make_slot(day=20), now), book(tom, make_slot(day=20, hour=9), now)

    booking.cancel(one, 1, now=now, actor="staff 1", undo_window=LATER, reason="unwell")
    end = atomic(booking.cancel_as_ended)
    end(other, now=now, actor="staff 1", reason="died", text=False)

    told = Message.objects.filter(state__in=["scheduled", "ready"])
    assert [(text.subject, text.planned_at) for text in told] == [(one.reference, now + LATER)]
    assert AuditEntry.objects.get(appointment=one, action="cancelled").detail["reason"] == "unwell"


def test_a_time_that_the_trust_took_back_is_not_freed_by_a_cancellation(jane, make_slot, now):
    slot = make_slot(day=20)
    made = book(jane, slot, now)
    Slot.objects.update(status="busy")

    booking.cancel(made, 1, now=now, actor="patient")

    assert Slot.objects.get().free_at is None


def test_a_withdrawal_displaces_in_order_and_touches_no_other_slot(jane, tom, make_slot, now):
    slots = [
        make_slot(day=20, line_digest=7),
        make_slot(day=30, line_digest=7),
        make_slot(day=21, line_digest=7),
    ]
    first, second = book(jane, slots[1], now), book(tom, slots[0], now)
    Counter.objects.filter(name__startswith="slots:").delete()
    at = now + LATER

    gone = atomic(displacing.withdraw_slots)([slots[0].pk, slots[1].pk], now=at, actor="feed RTX")

    assert gone == [first, second]
    for made, slot in ((first, slots[1]), (second, slots[0])):
        assert stored(made)[:3] == ("displaced", 2, slot.pk)
        assert stored(made)[-2:] == (at, None)
        audit = AuditEntry.objects.get(action="displaced", appointment=made)
        assert (audit.actor, audit.at) == ("feed RTX", at)
        assert audit.detail == {"version": 2, "slot": slot.pk, **when_and_where(slot)}
        row = WorklistRow.objects.get(about=made.reference)
        assert (row.kind, row.referral, row.appointment) == ("displaced", made.referral, made)
        assert row.reason == "The hospital took this time away. Offer another."
        assert (row.opened_at, row.events.get().actor) == (at, "feed RTX")
        assert Message.objects.get(kind="displaced", subject=made.reference).planned_at == at
    names = ("status", "free_at", "held_by", "line_digest")
    assert [Slot.objects.values_list(*names).get(pk=slot.pk) for slot in slots] == [
        ("withdrawn", None, None, 0),
        ("withdrawn", None, None, 0),
        ("free", EPOCH, None, 7),
    ]
    assert weeks() == {week(slots[0]), week(slots[1])}


def test_a_withdrawn_time_is_held_by_nobody(jane, make_slot, now):
    slot = make_slot()
    holds.hold(jane, slot.pk, now=now)

    assert atomic(displacing.withdraw_slots)([slot.pk], now=now, actor="feed RTX") == []

    assert held(slot) == (None, None)


def test_a_held_time_that_has_begun_or_is_of_another_kind_is_not_booked(jane, make_slot, now):
    soon = make_slot(start=now + timedelta(minutes=10), end=now + timedelta(minutes=40))
    holds.hold(jane, soon.pk, now=now)
    with pytest.raises(holds.SlotTaken):
        booking.book(jane, soon.pk, now=soon.start, actor="patient")

    other = make_slot()
    holds.hold(jane, other.pk, now=now)
    Slot.objects.filter(pk=other.pk).update(modality="DX")
    with pytest.raises(holds.SlotNotSuitable):
        booking.book(jane, other.pk, now=now, actor="patient")
    assert not Appointment.objects.exists()


def test_what_another_holds_or_what_ran_out_at_this_moment_is_not_booked(jane, tom, make_slot, now):
    slot = make_slot()
    holds.hold(tom, slot.pk, now=now)

    with pytest.raises(holds.SlotTaken):
        booking.book(jane, slot.pk, now=now, actor="patient")
    with pytest.raises(holds.HoldExpired):
        booking.book(tom, slot.pk, now=now + holds.HOLD, actor="patient")
    assert not Appointment.objects.exists()


def test_a_version_that_is_ahead_or_an_appointment_that_is_over_is_not_cancelled(
    jane, make_slot, now
):
    made = book(jane, make_slot(), now)

    with pytest.raises(booking.AppointmentChanged):
        booking.cancel(made, 2, now=now, actor="patient")
    Appointment.objects.update(status="attended")
    with pytest.raises(booking.AppointmentChanged):
        booking.cancel(made, 1, now=now, actor="patient")


def test_only_the_live_appointment_of_this_referral_is_found(jane, tom, make_slot, now):
    theirs = book(tom, make_slot(day=20), now)
    assert booking.live_appointment(jane) is None

    booking.cancel(book(jane, make_slot(day=21), now), 1, now=now, actor="patient")
    assert booking.live_appointment(jane) is None
    assert booking.live_appointment(tom) == theirs


def test_booking_another_time_than_the_held_one_takes_neither(jane, make_slot, now):
    mine, other = make_slot(hour=9), make_slot(hour=10)
    holds.hold(jane, mine.pk, now=now)

    with pytest.raises(holds.HoldExpired):
        booking.book(jane, other.pk, now=now, actor="patient")

    assert (held(mine), held(other)) == ((now + holds.HOLD, jane.pk), (EPOCH, None))


@pytest.fixture
def pending(jane, make_slot, trust, now):
    Feed.objects.update(confirms=True)
    return book(jane, make_slot(day=20), now)


def test_what_is_over_waits_for_no_confirmation(pending, now):
    assert pending.confirm_by is not None

    booking.cancel(pending, 1, now=now, actor="patient")

    assert stored(pending)[-1] is None


def test_what_was_missed_waits_for_no_confirmation(pending, jane, make_slot):
    book(jane, make_slot(day=30), pending.start)

    assert (stored(pending)[0], stored(pending)[-1]) == ("did_not_attend", None)


def test_a_time_that_was_taken_away_waits_for_no_confirmation(pending, now):
    atomic(displacing.cancel_by_trust)([pending.slot_id], now=now, actor="feed RTX")

    assert stored(pending)[-1] is None


def test_only_live_appointments_on_these_slots_are_displaced(jane, tom, make_slot, now):
    slot = make_slot(day=20)
    over = book(jane, slot, now)
    booking.cancel(over, 1, now=now, actor="patient")
    other = book(tom, make_slot(day=21), now)

    assert atomic(displacing.cancel_by_trust)([slot.pk], now=now, actor="feed RTX") == []

    assert (stored(over)[0], stored(other)[0]) == ("cancelled", "booked")


def test_a_slot_that_was_moved_is_free_at_its_new_time(jane, make_slot, now):
    made = book(jane, make_slot(day=20), now)

    atomic(displacing.cancel_by_trust)([made.slot_id], now=now, actor="feed RTX")

    assert Slot.objects.get().free_at == EPOCH


def held(slot):
    return Slot.objects.values_list("free_at", "held_by").get(pk=slot.pk)


def test_a_hold_and_its_renewal_are_for_fifteen_minutes(jane, make_slot, now):
    slot, at = make_slot(), now + LATER

    kept = holds.hold(jane, slot.pk, now=now)
    assert (kept.free_at, kept.held_by) == (now + holds.HOLD, jane)
    assert held(slot) == (now + holds.HOLD, jane.pk)

    assert holds.renew(jane, slot.pk, now=at).free_at == at + holds.HOLD
    assert held(slot) == (at + holds.HOLD, jane.pk)
    with pytest.raises(holds.HoldExpired):
        holds.renew(jane, slot.pk, now=at + holds.HOLD)


def test_letting_go_frees_ones_own_hold_and_nobody_elses(jane, tom, make_slot, now):
    mine, theirs = make_slot(hour=9), make_slot(hour=10)
    holds.hold(jane, mine.pk, now=now), holds.hold(tom, theirs.pk, now=now)

    holds.release(jane, now=now)

    assert (held(mine), held(theirs)) == ((EPOCH, None), (now + holds.HOLD, tom.pk))


def test_at_its_start_a_time_is_taken(jane, make_slot, now):
    slot = make_slot(start=now + holds.HOLD)
    holds.hold(jane, slot.pk, now=now)

    with pytest.raises(holds.SlotTaken, match=f"slot {slot.pk} is taken") as taken:
        booking.book(jane, slot.pk, now=slot.start, actor="patient")
    assert taken.value.slot == slot
    with pytest.raises(holds.SlotTaken):
        holds.hold(jane, slot.pk, now=slot.start)


def test_a_hold_that_ran_out_says_so(jane, make_slot, now):
    slot = make_slot()

    with pytest.raises(holds.HoldExpired, match=f"the hold on slot {slot.pk} ran out") as ran_out:
        booking.book(jane, slot.pk, now=now, actor="patient")
    assert ran_out.value.slot == slot
