"""What a trust answers: confirmed, refused, came, missed; and what if it does not answer."""

from datetime import timedelta

import pytest

from booking.appointments import booking, holds, trust_answers
from booking.models import Appointment, AppointmentChange, AuditEntry, Feed, Slot, WorklistRow
from notifications.models import Message
from tests.booking.exchange.feeds import conftest as feeds

fed, push = feeds.fed, feeds.push


@pytest.fixture
def pending(jane, make_slot, trust, now):
    Feed.objects.update(confirms=True, confirm_hours=6)
    slot = make_slot(day=20)
    holds.hold(jane, slot.pk, now=now)
    return booking.book(jane, slot.pk, now=now, actor="patient")


def ask_again(at):
    return trust_answers.chase_confirmations(now=at, actor="tick")


def waiting():
    texts = Message.objects.filter(state__in=["ready", "scheduled"])
    return list(texts.values_list("kind", flat=True))


def test_a_pending_booking_has_no_reminders_and_a_deadline(pending, now):
    assert pending.status == "pending"
    assert pending.confirm_by == now + timedelta(hours=6)
    assert waiting() == ["pending"]
    assert Slot.objects.get().free_at is None


def test_the_deadline_is_never_after_the_appointment_begins(jane, make_slot, trust, now):
    Feed.objects.update(confirms=True, confirm_hours=300)
    slot = make_slot(day=1)
    holds.hold(jane, slot.pk, now=now)

    assert booking.book(jane, slot.pk, now=now, actor="patient").confirm_by == slot.start


def test_confirming_tells_the_patient_and_plans_the_reminders(pending, now):
    trust_answers.confirm(pending, 1, now=now, actor="feed RTX")

    assert (pending.status, pending.version, pending.confirm_by) == ("booked", 2, None)
    assert sorted(waiting()) == ["confirmed", "reminder_2_days", "reminder_7_days"]
    assert AuditEntry.objects.last().action == "confirmed"


def test_a_confirmation_at_night_is_told_in_the_morning(pending, now):
    trust_answers.confirm(pending, 1, now=now.replace(hour=23), actor="feed RTX")

    assert Message.objects.get(kind="confirmed").state == "scheduled"


def test_confirming_twice_changes_nothing_more(pending, now):
    trust_answers.confirm(pending, 1, now=now, actor="feed RTX")
    trust_answers.confirm(pending, 2, now=now, actor="feed RTX")

    assert Appointment.objects.get().version == 2
    assert Message.objects.filter(kind="confirmed").count() == 1


def test_refusing_displaces_tells_and_lists(pending, now):
    trust_answers.refuse(pending, 1, now=now, actor="feed RTX")

    assert pending.status == "displaced"
    assert waiting() == ["displaced"]
    assert WorklistRow.objects.get(closed_at=None).kind == "displaced"
    assert AppointmentChange.objects.get().version == 2


def test_a_refused_time_is_free_again_only_by_a_newer_word(push, fed, jane, now):
    Feed.objects.update(confirms=True)
    push(fed())
    slot = Slot.objects.get()
    holds.hold(jane, slot.pk, now=now)
    trust_answers.refuse(
        booking.book(jane, slot.pk, now=now, actor="patient"), 1, now=now, actor="feed RTX"
    )

    push(fed(stamp="2026-11-23T03:00:00Z"))
    assert Slot.objects.get().free_at is None
    push(fed(stamp="2026-11-24T10:05:00Z"))
    assert Slot.objects.get().free_at is not None


@pytest.mark.parametrize("say", [trust_answers.confirm, trust_answers.refuse])
def test_an_answer_to_an_older_version_does_nothing(pending, make_slot, jane, now, say):
    other = make_slot(day=21)
    holds.hold(jane, other.pk, now=now)
    booking.book(jane, other.pk, now=now, actor="patient")

    with pytest.raises(booking.AppointmentChanged):
        say(pending, 1, now=now, actor="feed RTX")

    kept = Appointment.objects.get()
    assert (kept.status, kept.version, kept.slot_id) == ("pending", 2, other.pk)
    assert Slot.objects.get(pk=pending.slot_id).status == "free"


def test_moving_to_a_trust_that_does_not_confirm_is_booked_at_once(pending, jane, make_slot, now):
    Feed.objects.update(confirms=False)
    other = make_slot(day=21)
    holds.hold(jane, other.pk, now=now)

    moved = booking.book(jane, other.pk, now=now, actor="patient")

    assert (moved.status, moved.confirm_by) == ("booked", None)
    assert "changed" in waiting()


def test_moving_to_a_trust_that_confirms_is_texted_as_pending(
    jane, make_slot, furness, blackburn, now
):
    Feed.objects.filter(trust=blackburn.trust_id).update(confirms=True, confirm_hours=6)
    ours, theirs = make_slot(day=20), make_slot(day=21, site=blackburn)
    holds.hold(jane, ours.pk, now=now)
    booking.book(jane, ours.pk, now=now, actor="patient")
    holds.hold(jane, theirs.pk, now=now)

    moved = booking.book(jane, theirs.pk, now=now, actor="patient")

    assert (moved.status, moved.confirm_by) == ("pending", now + timedelta(hours=6))
    assert waiting() == ["pending"]


def test_a_booking_is_pending_only_where_its_own_trust_confirms(
    jane, tom, make_slot, furness, blackburn, now
):
    Feed.objects.filter(trust=blackburn.trust_id).update(confirms=True)
    made = []
    for referral, site in [(jane, furness), (tom, blackburn)]:
        slot = make_slot(day=20, site=site)
        holds.hold(referral, slot.pk, now=now)
        made.append(booking.book(referral, slot.pk, now=now, actor="patient").status)

    assert made == ["booked", "pending"]


def test_an_answer_that_is_late_is_asked_for_by_a_person(pending, now):
    assert ask_again(now + timedelta(hours=5, minutes=59)) == 0
    assert ask_again(now + timedelta(hours=6)) == 1
    assert ask_again(now + timedelta(hours=6)) == 0

    row = WorklistRow.objects.get()
    assert (row.kind, row.appointment) == ("needs_person", pending)
    assert ask_again(now + timedelta(hours=12)) == 1
    assert WorklistRow.objects.count() == 1


@pytest.mark.parametrize("say", [trust_answers.confirm, trust_answers.refuse])
def test_an_answer_closes_the_row_that_asked_for_it(pending, now, say):
    later = now + timedelta(hours=6)
    ask_again(later)

    say(Appointment.objects.get(), 1, now=later, actor="feed RTX")

    assert WorklistRow.objects.get(kind="needs_person").outcome == "resolved"


def test_a_row_about_one_that_the_patient_cancelled_is_closed_by_the_next_look(pending, now):
    later = now + timedelta(hours=6)
    ask_again(later)
    booking.cancel(Appointment.objects.get(), 1, now=later, actor="patient")

    ask_again(later)

    assert WorklistRow.objects.get(kind="needs_person").outcome == "resolved"


def test_who_did_not_come_is_on_the_list_to_rebook(jane, make_slot, now):
    slot = make_slot(day=1)
    holds.hold(jane, slot.pk, now=now)
    made = booking.book(jane, slot.pk, now=now, actor="patient")

    with pytest.raises(trust_answers.TooEarly):
        trust_answers.missed(made, 1, now=now, actor="feed RTX")
    trust_answers.missed(made, 1, now=slot.start, actor="feed RTX")

    assert made.status == "did_not_attend"
    assert WorklistRow.objects.get().kind == "not_rebooked"
    assert Slot.objects.get().free_at is None


def test_who_came_is_done(jane, make_slot, now):
    slot = make_slot(day=1)
    holds.hold(jane, slot.pk, now=now)
    made = booking.book(jane, slot.pk, now=now, actor="patient")

    trust_answers.attended(made, 1, now=slot.start, actor="feed RTX")

    assert made.status == "attended"
    assert not WorklistRow.objects.exists()
    with pytest.raises(booking.AppointmentChanged):
        trust_answers.missed(made, 1, now=slot.start, actor="feed RTX")


def test_a_mistake_about_who_came_is_put_right_by_whoever_saw_it(jane, make_slot, now):
    slot = make_slot(day=1)
    holds.hold(jane, slot.pk, now=now)
    made = booking.book(jane, slot.pk, now=now, actor="patient")
    trust_answers.missed(made, 1, now=slot.start, actor="feed RTX")
    assert WorklistRow.objects.get(closed_at=None).kind == "not_rebooked"

    trust_answers.attended(made, 2, now=slot.start, actor="staff 1")

    assert made.status == "attended"
    assert WorklistRow.objects.get().outcome == "resolved"


def test_who_came_though_the_hospital_never_confirmed_has_come(pending, now):
    """Else it would stay pending for ever, and be asked for again and again."""
    trust_answers.attended(pending, 1, now=pending.start, actor="staff 1")

    assert (pending.status, pending.confirm_by) == ("attended", None)
    assert ask_again(pending.start + timedelta(days=9)) == 0


def test_a_confirmation_that_comes_after_the_time_is_not_texted(pending, now):
    trust_answers.confirm(pending, 1, now=pending.start, actor="feed RTX")

    assert pending.status == "booked"
    assert not Message.objects.filter(kind="confirmed").exists()
