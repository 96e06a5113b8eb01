"""YES and NO by text to an offer."""

from datetime import timedelta

import pytest
from django.db import transaction

from booking.exams.questions import file
from booking.exams.questions.answering import answer
from booking.models import Appointment, Offer, Slot, WorklistRow
from booking.offers import answering, making
from booking.offers.making import Terms
from notifications.models import Message, State

HOUR = timedelta(hours=1)


@pytest.fixture
def offer(jane, make_slot, now):
    return ask(jane, make_slot(day=8), now)


def ask(referral, slot, now, **terms):
    """Offer a slot by text, and let the text go out."""
    terms = Terms(**{"why": Offer.Why.SOONER, "until": now + 4 * HOUR, **terms})
    with transaction.atomic():
        offer = making.make(referral, slot.pk, terms, now=now, actor="staff 1")
        making.tell(offer, now=now)
    Message.objects.filter(subject=offer.reference).update(
        state=State.ACCEPTED, wire_at=now, accepted_at=now
    )
    return offer


def said():
    """All that was answered."""
    return "\n".join(Message.objects.filter(kind="answer").values_list("body", flat=True))


def state(offer):
    return Offer.objects.get(pk=offer.pk).state


@pytest.mark.parametrize("words", ["YES {code}", "yes", "Yes please"])
def test_yes_books_with_its_code_or_as_the_answer_to_the_last_question(words, offer, write):
    assert write(words.format(code=offer.code)) == "offer accepted"
    assert (state(offer), Appointment.objects.get().slot) == ("accepted", offer.slot)
    assert not Message.objects.filter(kind="answer").exists(), "the confirmation says it"
    assert Message.objects.filter(kind="confirmation").exists()


@pytest.mark.parametrize("words", ["NO {code}", "no"])
def test_no_lets_it_go(words, offer, write):
    assert write(words.format(code=offer.code)) == "offer declined"
    assert state(offer) == "declined"
    assert "You said no to the time that we kept for you" in said()


def test_no_to_something_sooner_keeps_the_own_time(jane, booked, make_slot, write, now):
    mine = booked(jane, day=20)
    sooner = ask(jane, make_slot(day=8), now, appointment=mine)
    write(f"no {sooner.code}")
    assert "Nothing changes: your scan is at 2pm on Monday 14 December" in said()
    mine.refresh_from_db()
    assert mine.version == 1


def test_a_bare_word_acts_on_no_offer_if_something_else_was_asked(
    jane, booked, make_slot, write, now
):
    mine = booked(jane, day=20)
    Message.objects.filter(subject=mine.reference, kind="confirmation").update(
        state=State.ACCEPTED, wire_at=now - HOUR, accepted_at=now
    )
    offer = ask(jane, make_slot(day=8), now)
    for words in ("yes", "no"):
        write(words)
        assert state(offer) == "open"
    assert write(f"yes {offer.code}") == "offer accepted"


def test_yes_twice_is_one_appointment_and_is_answered_truly(offer, write):
    write(f"yes {offer.code}")
    assert write(f"yes {offer.code}") == "offer was accepted already"
    assert "You have said yes to that time already" in said()
    assert Appointment.objects.count() == 1


def test_no_after_yes_cancels_nothing_and_yes_after_no_books_nothing(jane, offer, write):
    write(f"yes {offer.code}")
    write(f"no {offer.code}")
    assert Appointment.objects.get().status == "booked"
    assert "You have said yes to that time already" in said()


def test_yes_after_no_books_nothing(offer, write):
    write(f"no {offer.code}")
    assert write(f"yes {offer.code}") == "offer was declined already"
    assert "You have said no to that time already" in said()
    assert not Appointment.objects.exists()


def test_after_the_deadline_it_says_until_when_it_was_kept(offer, write, now):
    assert write(f"yes {offer.code}", at=now + 4 * HOUR) == "offer was lapsed already"
    assert "We kept that time for you until 2pm on Tuesday 24 November" in said()


def test_a_time_that_its_trust_took_is_said_to_be_gone(offer, write):
    Slot.objects.filter(pk=offer.slot_id).update(status="withdrawn", free_at=None, held_by=None)
    assert write(f"yes {offer.code}") == "offer was gone already"
    assert "the time that we offered has gone" in said()


def test_yes_to_two_offers_takes_the_first(jane, make_slot, write, now):
    one = ask(jane, make_slot(day=8), now)
    other = ask(jane, make_slot(day=9), now, why=Offer.Why.DISPLACED)
    write("yes")
    assert not Appointment.objects.exists(), "of two questions it says which"
    write(f"yes {one.code}")
    assert write(f"yes {other.code}") == "offer was withdrawn already"
    assert "That offer is over" in said()
    assert Appointment.objects.get().slot == one.slot


def test_it_may_be_answered_from_the_phone_of_a_record_that_was_joined(
    jane, make_referral, make_slot, write, now
):
    twin = make_referral(code="9GWP3KTZ", mobile="+447700900777").patient
    type(twin).objects.filter(pk=twin.pk).update(merged_into=jane.patient)
    offer = ask(jane, make_slot(day=8), now)
    assert write(f"yes {offer.code}", number="+447700900777") == "offer accepted"


def test_a_strangers_phone_answers_nothing(offer, tom, write):
    write(f"yes {offer.code}", number="+447700900888")
    assert state(offer) == "open"


def test_what_else_they_write_is_for_a_person_to_read(offer, write):
    for words in ("CANCEL {code}", "CHANGE {code}", "yes {code} but can my husband come along"):
        write(words.format(code=offer.code))
    assert state(offer) == "open"
    assert WorklistRow.objects.filter(kind="needs_person", closed_at=None).count() == 1


def test_a_yes_that_is_not_enough_is_said_and_phoned(jane, offer, write, now):
    version = file.current().version
    answer(jane, "pacemaker", "yes", version=version, now=now, actor="patient")
    assert write(f"yes {offer.code}") == "said yes to an offer; must be asked"
    assert state(offer) == "open"
    assert "there is something to ask you" in said()
    assert WorklistRow.objects.filter(reason__startswith="They said yes to an offered").exists()


def test_of_a_wave_they_wait_and_hear_who_has_it(jane, tom, make_slot, write, now):
    slot = make_slot(day=1)
    terms = {"until": now + HOUR, "kept_until": now + 2 * HOUR}
    first = ask(tom, slot, now, **terms)
    theirs = ask(jane, slot, now, **terms, rank=1)
    assert write(f"yes {theirs.code}") == "said yes to an offer; waits"
    assert "We will text you by 11am on Tuesday 24 November" in said()
    write(f"yes {first.code}", number=tom.patient.mobile)
    assert state(theirs) == "gone"
    assert "you could not have the sooner time" in said()


def test_who_waited_and_cannot_have_it_after_all_is_told(jane, tom, make_slot, write, now):
    slot = make_slot(day=1)
    terms = {"until": now + HOUR, "kept_until": now + 2 * HOUR}
    ask(tom, slot, now, **terms)
    theirs = ask(jane, slot, now, **terms, rank=1)
    write(f"yes {theirs.code}")
    assert "keep your own time" not in said(), "they have none"
    version = file.current().version
    answer(jane, "pacemaker", "yes", version=version, now=now, actor="patient")
    assert answering.settle(now=now + HOUR) == 0
    assert state(theirs) == "gone"
    assert "you could not have the sooner time" in said()
