"""The row about answers, when the time that it is about is taken away, undone or changed."""

from django.db import transaction

from booking.appointments import booking, displacing, holds, safety, undo
from booking.exams.questions.overriding import override
from booking.identifiers.actors import PATIENT
from booking.models import Exam, WorklistRow
from booking.referrals.exam_change import change_exam
from booking.worklists import subjects
from booking.worklists.rows import open_row
from tests.booking.appointments.test_safety import (
    CLERK,
    KEY,
    book,
    rows,
)


def test_a_cancelled_time_is_not_checked_any_more_but_who_must_be_phoned_still_is(
    jane, hold, say, make_slot, now
):
    say("operation", "yes")
    made = book(jane, hold(make_slot()), now)
    booking.cancel(made, made.version, now=now, actor=PATIENT)
    assert not rows()

    say("pacemaker", "yes")
    assert [row.reason for row in rows()] == [safety.TO_PHONE]


def test_a_time_that_its_trust_takes_away_is_not_checked_any_more(jane, hold, say, make_slot, now):
    say("operation", "yes")
    made = book(jane, hold(make_slot()), now)
    with transaction.atomic():
        displacing.cancel_by_trust([made.slot_id], now=now, actor=KEY)

    assert not rows()


def test_a_cancellation_that_is_undone_is_checked_again(jane, hold, say, make_slot, now):
    say("operation", "yes")
    made = book(jane, hold(make_slot()), now)
    before = rows()
    booking.cancel(made, made.version, now=now, actor=CLERK)

    undo.undo(made, made.version, now=now, actor=CLERK)

    assert [(row.reason, row.due_at, row.appointment) for row in rows()] == [
        (safety.TO_CHECK, before[0].due_at, made)
    ]


def test_a_time_that_stays_when_the_exam_changes_has_what_is_open_asked(
    make_referral, make_slot, now
):
    ann, slot = make_referral(is_answered=False), make_slot()
    holds.hold(ann, slot.pk, now=now)
    book(ann, slot, now, CLERK)
    WorklistRow.objects.update(closed_at=now)
    other = Exam.objects.get(pk=ann.exam_id)
    other.pk, other.code = None, "MR-2"
    other.save()

    with transaction.atomic():
        change_exam(ann, other, now=now, actor=KEY)

    assert safety.TO_ASK in [row.reason for row in rows()]


def test_a_row_that_is_open_already_says_that_the_exam_changed(jane, hold, make_slot, now):
    made = book(jane, hold(make_slot()), now)
    with transaction.atomic():
        about = subjects.of_appointment(made)
        open_row(WorklistRow.Kind.NEEDS_PERSON, about, "Call.", now=now, actor=KEY)
    other = Exam.objects.get(pk=jane.exam_id)
    other.pk, other.code = None, "MR-2"
    other.save()

    with transaction.atomic():
        change_exam(jane, other, now=now, actor=KEY)

    (row,) = rows()
    assert "The exam was changed from MR-1 to MR-2." in row.reason
    assert row.events.filter(detail=row.reason).exists()


def test_what_a_clerk_undoes_asks_again(jane, say, make_slot, now):
    override(say("pacemaker", "yes"), "tell", "Checked", now=now, actor=CLERK)
    slot = make_slot()
    holds.hold(jane, slot.pk, now=now)
    made = book(jane, slot, now, CLERK)
    assert not rows()

    undo.undo(made, made.version, now=now, actor=CLERK)

    assert len(rows()) == 1


def test_another_exam_asks_what_it_asks(jane, say, make_referral, hold, make_slot, now):
    say("pacemaker", "yes")
    ultrasound = Exam.objects.create(
        code="US-1", name="an ultrasound scan", modality="US", body_part="neck", minutes=20
    )

    with transaction.atomic():
        change_exam(jane, ultrasound, now=now, actor=KEY)
    assert [row.reason for row in rows()] == [safety.NOTHING_NOW]

    back = Exam.objects.get(modality="MR")
    with transaction.atomic():
        change_exam(jane, back, now=now, actor=KEY)
    assert [row.reason for row in rows()] == [safety.TO_PHONE]
