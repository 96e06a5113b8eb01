"""A request that is over is not used again: what an end stops, and how it is opened again."""

from datetime import timedelta

import pytest
from django.db import transaction

from booking.appointments import booking, holds, trust_answers, undo
from booking.models import Appointment, AuditEntry, Referral, Slot, WorklistRow
from booking.patients import same_person
from booking.referrals import ending
from booking.worklists import chasing, rows
from booking.worklists.subjects import RowSubject, Topic
from notifications.models import Message

open_row = transaction.atomic(rows.open_row)

LATER = timedelta(days=20)
WAITS = ("scheduled", "ready")


def open_kinds():
    return sorted(WorklistRow.objects.filter(closed_at=None).values_list("kind", flat=True))


def texts(*states):
    return sorted(Message.objects.filter(state__in=states).values_list("kind", flat=True))


@pytest.fixture
def book(make_slot, now):
    def book(referral, day=8, at=now, **options):
        slot = make_slot(day=day)
        holds.hold(referral, slot.pk, now=at)
        return booking.book(referral, slot.pk, now=at, **{"actor": "patient", **options})

    return book


@pytest.fixture
def other(jane, make_referral, trust):
    """A second referral of Jane's."""
    second = make_referral(code="9GWP3KTY", modality="DX")
    second.patient = jane.patient
    second.save()
    return second


ENDS = [end for end in Referral.End if end != Referral.End.DIED]


@pytest.mark.parametrize("reason", ENDS)
def test_an_end_cancels_frees_stops_closes_and_says_who_and_why(jane, book, now, reason):
    booked = book(jane)
    open_row(
        "needs_person", RowSubject(Topic.REPLY, "1", referral=jane), "Ring.", now=now, actor="x"
    )

    ending.end(jane, reason, now=now, actor="staff 1")

    booked.refresh_from_db()
    assert booked.status == "cancelled"
    assert Slot.objects.get(pk=booked.slot_id).free_at <= now
    assert (jane.ended_at, jane.end_reason, jane.ended_by) == (now, reason, "staff 1")
    assert open_kinds() == []
    assert texts(*WAITS) == ["ended"]  # the one that says that it is cancelled
    said = AuditEntry.objects.filter(referral=jane).order_by("pk").values_list("action", flat=True)
    assert list(said)[-2:] == ["cancelled", "ended"]


def test_nobody_is_texted_of_an_end_that_cancels_nothing(jane, now):
    ending.end(jane, "withdrawn", now=now, actor="feed RTX")

    assert not Message.objects.exists()


def test_what_is_held_for_an_ended_referral_is_free(jane, make_slot, now):
    slot = make_slot()
    holds.hold(jane, slot.pk, now=now)

    ending.end(jane, "elsewhere", now=now, actor="staff 1")

    slot.refresh_from_db()
    assert (slot.free_at <= now, slot.held_by) == (True, None)


@pytest.mark.parametrize("reason", Referral.End)
def test_nothing_is_held_renewed_booked_or_undone_on_an_ended_referral(
    jane, make_slot, book, now, reason
):
    booked = book(jane, actor="staff 1")
    slot = make_slot(day=9)
    stale = Referral.objects.get(pk=jane.pk)
    ending.end(jane, reason, now=now, actor="staff 1")
    Slot.objects.filter(pk=slot.pk).update(held_by=jane, free_at=now + holds.HOLD)

    for act in (
        lambda: holds.hold(stale, slot.pk, now=now),
        lambda: holds.renew(stale, slot.pk, now=now),
        lambda: booking.book(stale, slot.pk, now=now, actor="patient"),
        lambda: undo.undo(booked, 2, now=now, actor="staff 1"),
    ):
        with pytest.raises(holds.ReferralEnded) as refused:
            act()
        assert refused.value.referral.end_reason == reason
    assert not Appointment.objects.exclude(status="cancelled").exists()


def test_an_end_is_said_once(jane, now):
    ending.end(jane, "elsewhere", now=now, actor="staff 1")

    with pytest.raises(holds.ReferralEnded):
        ending.end(jane, "withdrawn", now=now, actor="staff 2")
    jane.refresh_from_db()
    assert (jane.end_reason, jane.ended_by) == ("elsewhere", "staff 1")


def test_who_came_is_done_and_who_did_not_after_all_is_not(jane, book, now):
    booked = book(jane)
    passed = booked.end + timedelta(hours=1)
    chasing.open_due_rows(now=passed)
    assert "unmarked" in open_kinds()

    trust_answers.attended(booked, booked.version, now=passed, actor="feed RTX")
    jane.refresh_from_db()
    assert (jane.end_reason, jane.ended_by, open_kinds()) == ("done", "feed RTX", [])

    trust_answers.missed(booked, booked.version, now=passed, actor="feed RTX")
    jane.refresh_from_db()
    assert (jane.ended_at, open_kinds()) == (None, ["not_rebooked"])


def test_who_came_and_has_another_time_is_asked_about_and_keeps_it(jane, book, now):
    first = book(jane)
    passed = first.end + timedelta(hours=1)
    second = book(jane, day=12, at=passed)
    first.refresh_from_db()

    trust_answers.attended(first, first.version, now=passed, actor="feed RTX")

    jane.refresh_from_db()
    second.refresh_from_db()
    assert (jane.ended_at, second.status) == (None, "booked")
    assert open_kinds() == ["needs_person"]


def test_missing_a_time_of_a_request_that_is_over_puts_nobody_on_a_list(jane, book, now):
    booked = book(jane)
    passed = booked.end + timedelta(hours=1)
    ending.end(jane, "elsewhere", now=passed, actor="staff 1")

    trust_answers.missed(booked, booked.version, now=passed, actor="feed RTX")

    jane.refresh_from_db()
    assert (jane.end_reason, open_kinds()) == ("elsewhere", [])


def test_one_press_after_a_death_ends_everything_and_nobody_is_texted_or_phoned(
    jane, other, book, make_slot, now
):
    book(jane)
    holds.hold(other, make_slot(modality="DX").pk, now=now)
    open_row(
        "not_reached", RowSubject(Topic.REPLY, "2", referral=other), "Ring.", now=now, actor="x"
    )

    ending.end(jane, "died", now=now, actor="staff 1")

    assert {one.end_reason for one in Referral.objects.all()} == {"died"}
    assert not Appointment.objects.filter(status="booked").exists()
    assert not Slot.objects.exclude(held_by=None).exists()
    assert (texts(*WAITS), open_kinds()) == ([], [])
    jane.patient.refresh_from_db()
    assert jane.patient.died_at == now
    chasing.open_due_rows(now=now + LATER * 5)
    assert open_kinds() == []


def test_a_death_is_noted_of_a_patient_whose_requests_had_all_ended(jane, book, now):
    ending.end(jane, "withdrawn", now=now, actor="staff 1")
    open_row(
        "not_reached", RowSubject(Topic.REPLY, "2", referral=jane), "Ring.", now=now, actor="x"
    )

    ending.end(jane, "died", now=now, actor="staff 1")

    jane.patient.refresh_from_db()
    assert (jane.patient.died_at, jane.end_reason, open_kinds()) == (now, "withdrawn", [])


@pytest.mark.parametrize("reason", ENDS)
def test_what_is_opened_again_is_on_a_list_at_once(jane, now, reason):
    ending.end(jane, reason, now=now, actor="staff 1")

    ending.reopen(jane, now=now, actor="staff 2")
    ending.reopen(jane, now=now, actor="staff 2")

    assert (jane.ended_at, jane.end_reason, jane.ended_by) == (None, "", "")
    assert open_kinds() == ["not_booked"]
    assert AuditEntry.objects.filter(action="reopened").count() == 1


def test_a_death_that_was_none_opens_everything_that_ended_with_it(jane, other, now):
    ending.end(other, "elsewhere", now=now, actor="staff 1")
    third = Referral.objects.get(pk=other.pk)
    third.pk, third.code, third.ended_at, third.end_reason = None, "3XRD7JQF", None, ""
    third.save()
    ending.end(jane, "died", now=now, actor="staff 1")

    ending.reopen(third, now=now, actor="staff 2")

    jane.patient.refresh_from_db()
    assert jane.patient.died_at is None
    assert set(Referral.objects.values_list("code", "end_reason")) == {
        (jane.code, ""), (other.code, "elsewhere"), ("3XRD7JQF", ""),
    }  # fmt: skip


@pytest.mark.parametrize(("reason", "stays"), [*((end, True) for end in ENDS), ("died", False)])
def test_whether_two_records_are_one_person_is_asked_after_an_end_too(
    jane, tom, now, reason, stays
):
    with transaction.atomic():
        same_person.ask(jane, tom.patient, now=now, actor="feed RTX")

    said = ending.what_stops(jane, reason, now=now).rows
    ending.end(jane, reason, now=now, actor="staff 1")
    chasing.open_due_rows(now=now + LATER)

    asked = WorklistRow.objects.get(kind="same_person")
    assert (asked.closed_at is None, asked in said) == (stays, not stays)


def test_what_will_stop_is_said_before(jane, other, book, now):
    book(jane)
    open_row(
        "needs_person", RowSubject(Topic.REPLY, "1", referral=other), "Ring.", now=now, actor="x"
    )

    alone = ending.what_stops(jane, "elsewhere", now=now)
    death = ending.what_stops(jane, "died", now=now)

    assert (alone.referrals, len(alone.appointments), alone.rows) == ([jane], 1, [])
    assert alone.texts == len(texts(*WAITS)) > 0
    assert (death.referrals, len(death.appointments), len(death.rows)) == ([jane, other], 1, 1)
