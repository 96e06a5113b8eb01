"""What the answers do to holds and bookings on every door, and the row that asks a person."""

from datetime import UTC, datetime, timedelta

import pytest

from booking.appointments import booking, choosing, holds, safety
from booking.exams.questions import asking, file
from booking.exams.questions.answering import answer
from booking.exams.questions.outcomes import MustPhone, QuestionsOpen, TooSoonToCheck
from booking.exams.questions.overriding import OverrideRefused, override
from booking.exams.questions.seeing import seen_by
from booking.exchange.writeback import partners
from booking.identifiers.actors import PATIENT, Actor, ActorKind
from booking.models import Answer, Appointment, AuditEntry, Exam, Referral, Slot, WorklistRow
from sites.models import Scanner

CLERK = Actor(ActorKind.STAFF, 7)
KEY = Actor(ActorKind.KEY, "abc")
TUESDAY = datetime(2026, 11, 24, 10, tzinfo=UTC)
"""The `now` of these tests."""


def book(referral, slot, now, actor=PATIENT):
    return booking.book(referral, slot.pk, now=now, actor=actor)


def rows():
    return list(WorklistRow.objects.filter(kind="needs_person", closed_at=None))


def is_held(slot, now):
    return Slot.objects.filter(pk=slot.pk, free_at__gt=now, held_by__isnull=False).exists()


def test_who_has_not_answered_holds_and_books_nothing(make_referral, make_slot, now):
    ann, slot = make_referral(is_answered=False), make_slot()

    with pytest.raises(QuestionsOpen) as refused:
        choosing.hold_for_patient(ann, slot.pk, None, now=now)
    assert refused.value.result.unanswered[0].id == "pacemaker"
    holds.hold(ann, slot.pk, now=now)
    with pytest.raises(QuestionsOpen):
        book(ann, slot, now)
    assert is_held(slot, now)
    assert not rows()


STOPS = [
    (question.id, choice.value)
    for question in file.packaged()
    for choice in question.choices
    if choice.outcome == "stop" and question.asked.after is None
]


def test_nobody_with_a_stop_holds_or_books_by_themselves(jane, make_slot, say, now):
    slot = make_slot()
    Scanner.objects.update(contrast=True, under_16s=True)
    holds.hold(jane, slot.pk, now=now)
    tried = 0
    for modality, contrast, born in [
        ("MR", "gadolinium", 1990), ("NM", "", 1990), ("CT", "iodinated", 2015),
    ]:  # fmt: skip
        Exam.objects.update(modality=modality, contrast=contrast)
        Slot.objects.update(modality=modality)
        Scanner.objects.filter(name="MR 1").update(modality=modality)
        type(jane.patient).objects.update(born=now.date().replace(year=born))
        referral = Referral.objects.get(pk=jane.pk)
        asked = {one.id for one in asking.questions_of(referral, now=now)}
        for question, value in STOPS:
            if question not in asked:
                continue
            before = Answer.objects.get(referral=jane, question=question, is_current=True)
            say(question, value)
            for actor in (PATIENT, KEY, CLERK):
                with pytest.raises(MustPhone):
                    booking.book(referral, slot.pk, now=now, actor=actor)
            with pytest.raises(MustPhone):
                choosing.hold_for_patient(referral, slot.pk, None, now=now)
            say(question, before.value)
            tried += 1

    assert tried > 25
    assert not Appointment.objects.exists()


def test_a_stop_keeps_the_held_time_and_opens_one_row_for_a_person(jane, hold, say, make_slot, now):
    slot = hold(make_slot())

    say("pacemaker", "yes")
    say("pump", "dont_know")
    for _ in range(2):
        with pytest.raises(MustPhone):
            hold(slot)
    with pytest.raises(MustPhone):
        book(jane, slot, now)

    [row] = rows()
    assert is_held(slot, now)
    assert row.due_at == now + timedelta(days=1)
    assert row.referral == jane
    assert "pacemaker" not in row.reason.lower()
    assert safety.row_of(jane) == row


def test_suspected_cancer_is_phoned_the_same_day(jane, say, now):
    Referral.objects.update(urgency="suspected_cancer")
    jane.refresh_from_db()

    say("pacemaker", "yes")

    assert rows()[0].due_at == datetime(2026, 11, 24, 17, tzinfo=UTC)


@pytest.mark.parametrize(
    ("at", "due"),
    [
        ("2026-11-27T16:00", "2026-11-30T16:00"),
        ("2026-11-27T18:30", "2026-11-30T17:00"),
        ("2026-11-28T10:00", "2026-11-30T17:00"),
        ("2026-11-30T03:00", "2026-12-01T09:00"),
        ("2026-12-24T12:00", "2026-12-29T12:00"),
        ("2026-12-25T12:00", "2026-12-29T17:00"),
        ("2026-04-02T11:00", "2026-04-07T11:00"),
        ("2026-03-28T11:00", "2026-03-30T16:00"),
    ],
)
def test_a_person_phones_within_one_working_day(jane, say, at, due):
    say("pacemaker", "yes", at=datetime.fromisoformat(f"{at}+00:00"))

    assert rows()[0].due_at == datetime.fromisoformat(f"{due}+00:00")


def test_when_a_clerk_has_closed_the_row_and_it_is_tried_again_there_is_another(
    hold, say, make_slot, now
):
    say("pacemaker", "yes")
    WorklistRow.objects.update(closed_at=now, outcome="reached")

    with pytest.raises(MustPhone):
        hold(make_slot())

    assert len(rows()) == 1


def test_answers_that_change_to_ok_say_so_on_the_row(jane, hold, say, make_slot, now):
    say("pacemaker", "yes")
    say("pacemaker", "no")

    [row] = rows()
    assert row.reason == safety.NOTHING_NOW
    assert row.events.filter(action="noted", detail=safety.NOTHING_NOW).exists()
    slot = hold(make_slot())
    assert book(jane, slot, now).is_live
    assert [row.reason for row in rows()] == [safety.NOTHING_NOW]


def test_a_hold_is_booked_and_checked_before_the_day(jane, hold, say, make_slot, now):
    say("operation", "yes")
    assert not rows()
    slot = hold(make_slot(day=8))

    made = book(jane, slot, now)

    [row] = rows()
    assert (row.reason, row.appointment) == (safety.TO_CHECK, made)
    assert row.due_at == now + timedelta(days=2)
    assert row.due_at < made.start
    sooner = hold(make_slot(day=2))
    book(jane, sooner, now)
    [row] = rows()
    assert row.due_at == datetime(2026, 11, 25, 17, tzinfo=UTC)


@pytest.mark.parametrize(("day", "is_too_soon"), [(0, True), (1, False)])
def test_a_hold_with_no_time_left_to_check_is_a_stop(
    jane, hold, say, make_slot, now, day, is_too_soon
):
    say("operation", "yes")
    slot = make_slot(day=day, hour=16)
    if not is_too_soon:
        assert book(jane, hold(slot), now).is_live
        return
    with pytest.raises(TooSoonToCheck):
        hold(slot)
    holds.hold(jane, slot.pk, now=now)
    with pytest.raises(TooSoonToCheck):
        book(jane, slot, now)
    [row] = rows()
    assert row.reason == safety.TO_PHONE


def test_after_hours_tomorrow_is_too_soon_to_check(hold, say, make_slot, now):
    say("operation", "yes")

    with pytest.raises(TooSoonToCheck):
        hold(make_slot(day=1), at=now.replace(hour=17))


def test_a_booked_time_is_not_taken_away_by_a_later_answer(jane, hold, say, make_slot, now):
    made = book(jane, hold(make_slot(day=1, hour=11)), now)

    say("pacemaker", "yes")

    [row] = rows()
    assert Appointment.objects.get(pk=made.pk).is_live
    assert (row.reason, row.appointment) == (safety.TO_PHONE, made)
    assert row.due_at <= made.start
    with pytest.raises(MustPhone):
        hold(make_slot(day=3))


def test_staff_book_a_stop_only_once_they_have_said_why(jane, say, make_slot, now):
    made, slot = say("pacemaker", "yes"), make_slot()
    holds.hold(jane, slot.pk, now=now)
    with pytest.raises(MustPhone):
        book(jane, slot, now, CLERK)

    override(made, "ok", "Cardiology has checked it", now=now, actor=CLERK)
    assert book(jane, slot, now, CLERK).is_live

    made.refresh_from_db()
    assert (made.value, made.override, made.overridden_by) == ("yes", "ok", "staff 7")
    entry = AuditEntry.objects.get(action="answer overridden")
    assert (entry.actor, entry.detail) == ("staff 7", {"question": "pacemaker", "answer": made.pk})
    assert not rows()
    assert WorklistRow.objects.get().outcome == "booked"


@pytest.mark.parametrize("reason", ["", "  ", "x" * 201])
def test_an_override_needs_a_reason(say, now, reason):
    with pytest.raises(OverrideRefused):
        override(say("pacemaker", "yes"), "ok", reason, now=now, actor=CLERK)


def test_only_staff_override_and_only_the_answer_of_now(say, now):
    old = say("pacemaker", "yes")
    with pytest.raises(OverrideRefused):
        override(old, "ok", "It is fine", now=now, actor=PATIENT)
    say("pacemaker", "dont_know")
    with pytest.raises(OverrideRefused):
        override(old, "ok", "It is fine", now=now, actor=CLERK)


def test_an_override_is_over_when_it_is_answered_anew(jane, hold, say, make_slot, now):
    override(say("pacemaker", "yes"), "ok", "Checked", now=now, actor=CLERK)
    say("pacemaker", "dont_know")

    with pytest.raises(MustPhone):
        hold(make_slot())


def test_staff_may_book_before_all_is_asked_and_somebody_asks_the_rest(
    make_referral, make_slot, now
):
    ann, slot = make_referral(is_answered=False), make_slot()
    holds.hold(ann, slot.pk, now=now)

    made = book(ann, slot, now, CLERK)

    [row] = rows()
    assert (row.reason, row.appointment) == (safety.TO_ASK, made)
    assert row.due_at < made.start
    answer(ann, "pacemaker", "no", version=1, now=now, actor=CLERK)
    assert rows()[0].reason == safety.TO_ASK


def test_a_trust_books_its_own_scanner_without_our_questions_but_no_stop(
    make_referral, make_slot, blackburn, now
):
    ann, own, other = make_referral(is_answered=False), make_slot(), make_slot(site=blackburn)

    with pytest.raises(QuestionsOpen):
        partners.hold(ann, other.pk, now=now)
    with pytest.raises(QuestionsOpen):
        partners.book(ann, [other.pk], now=now, actor=KEY)
    partners.hold(ann, own.pk, now=now)
    made = partners.book(ann, [own.pk], now=now, actor=KEY)
    with pytest.raises(QuestionsOpen):
        partners.move(made, "RTX", [other.pk], made.version, now=now, actor=KEY)
    answer(ann, "pacemaker", "yes", version=1, now=now, actor=KEY)
    with pytest.raises(MustPhone):
        partners.hold(ann, make_slot(day=9).pk, now=now)


def test_moving_asks_only_what_has_changed_since(jane, hold, say, make_slot, now):
    book(jane, hold(make_slot()), now)
    Answer.objects.filter(question="operation").update(expires_at=now + timedelta(days=1))
    later = now + timedelta(days=1)

    with pytest.raises(QuestionsOpen) as refused:
        hold(make_slot(day=9), at=later)
    assert [one.id for one in refused.value.result.unanswered] == ["operation"]
    say("operation", "no", at=later)
    moved = book(jane, hold(make_slot(day=10), at=later), later)
    assert moved.is_live


def test_who_looks_at_answers_is_written_down(jane, say, now):
    say("pacemaker", "yes")

    asked = seen_by(jane, now=now, actor=CLERK)

    assert asked.answers["pacemaker"].value == "yes"
    assert AuditEntry.objects.get(action="answers seen").actor == "staff 7"


def test_answers_of_another_trust_are_not_reached(jane, blackburn):
    assert Answer.objects.of_trust("RTX").exists()
    assert not Answer.objects.of_trust("RXR").exists()


@pytest.mark.parametrize("act", ["book", "move"])
def test_a_partner_who_tries_again_puts_them_on_the_list_again(
    jane, hold, say, make_slot, now, act
):
    made = book(jane, hold(make_slot()), now) if act == "move" else None
    other = make_slot(hour=16)
    say("pacemaker", "yes")
    WorklistRow.objects.update(closed_at=now, outcome="reached")
    assert not rows()

    called = {
        "book": lambda: partners.book(jane, [other.pk], now=now, actor=KEY),
        "move": lambda: partners.move(made, "RTX", [other.pk], 1, now=now, actor=KEY),
    }
    with pytest.raises(MustPhone):
        called[act]()

    (row,) = rows()
    assert row.reason == safety.TO_PHONE
    assert row.appointment == made
    assert not is_held(other, now)
