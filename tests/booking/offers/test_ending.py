"""What ends an offer that nobody answered."""

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from booking.appointments import booking
from booking.identifiers.actors import CLOCK, PATIENT
from booking.models import EPOCH, AuditEntry, FreedSlot, Offer, Slot
from booking.offers import ending, making
from booking.offers.making import Terms
from booking.offers.standing import state_of
from notifications.models import Message
from tests.booking.offers.conftest import HOURS

LATE = 4 * HOURS


def test_who_does_not_answer_has_lapsed_and_the_slot_is_free(jane, make_slot, ask, ends, now):
    slot = make_slot()
    offer = ask(jane, slot)

    assert ending.end_due(now=now + LATE - HOURS) == 0
    assert ending.end_due(now=now + LATE) == 1
    assert ending.end_due(now=now + LATE) == 0

    offer.refresh_from_db()
    assert (offer.state, offer.ended_at, offer.is_kept) == ("lapsed", now + LATE, False)
    assert ends == [(offer.pk, "lapsed")]
    entry = AuditEntry.objects.get(action="offer ended")
    assert (entry.actor, entry.patient, entry.detail["state"]) == (CLOCK, jane.patient, "lapsed")
    assert not Slot.objects.filter(pk=slot.pk, free_at__gt=now + LATE).exists()


def test_a_slot_that_is_not_kept_any_more_ends_its_offer_at_the_next_tick(
    jane, make_slot, ask, ends, now
):
    slot = make_slot()
    offer = ask(jane, slot)
    Slot.objects.filter(pk=slot.pk).update(status="withdrawn", free_at=None, held_by=None)
    assert state_of(offer, now=now) == "gone"

    assert ending.end_due(now=now) == 1

    assert ends == [(offer.pk, "gone")]
    assert not FreedSlot.objects.exists()


def test_what_is_withdrawn_is_let_go_and_its_text_does_not_go(
    jane, make_slot, ask, now, django_capture_on_commit_callbacks
):
    slot = make_slot()
    offer = ask(jane, slot, depth=1)
    with transaction.atomic():
        making.tell(offer, now=now)

    with django_capture_on_commit_callbacks(execute=True):
        assert ending.withdraw([offer], now=now, actor="staff 1") == 1
    assert ending.withdraw([offer], now=now, actor="staff 1") == 0

    slot.refresh_from_db()
    assert (slot.free_at, slot.held_by) == (EPOCH, None)
    assert Message.objects.get(kind="offer").state == "cancelled"
    assert FreedSlot.objects.get().depth == 1


def test_what_a_killed_process_did_not_let_go_the_clock_does(jane, make_slot, ask, now):
    """Tests run no on_commit: as if the process died right after the commit."""
    slot = make_slot()
    ending.withdraw([ask(jane, slot)], now=now, actor=CLOCK)
    slot.refresh_from_db()
    assert slot.held_by == jane

    ending.end_due(now=now)

    slot.refresh_from_db()
    assert (slot.free_at, slot.held_by) == (EPOCH, None)


def test_letting_go_leaves_alone_who_chose_the_same_time_since(jane, make_slot, ask, now):
    slot = make_slot()
    offer = ask(jane, slot)
    ending.withdraw([offer], now=now, actor=CLOCK)
    Slot.objects.filter(pk=slot.pk).update(hold_limit=now + HOURS, free_at=now + HOURS)

    ending.end_due(now=now)

    slot.refresh_from_db()
    assert slot.held_by == jane


def test_a_cancelled_appointment_is_a_slot_for_somebody_else(jane, make_slot, book, now):
    mine = book(jane, make_slot(day=20))
    booking.cancel(mine, mine.version, now=now, actor=PATIENT)
    freed = FreedSlot.objects.get()
    assert (freed.slot, freed.depth, freed.seen_at) == (mine.slot, 0, None)


def test_a_slot_that_is_freed_twice_is_looked_at_once(jane, make_slot, book, now):
    slot = make_slot(day=20)
    for _ in range(2):
        mine = book(jane, slot)
        booking.cancel(mine, mine.version, now=now, actor=PATIENT)
    assert FreedSlot.objects.count() == 1


def test_a_slot_that_its_trust_took_is_not_freed(jane, make_slot, book, now):
    mine = book(jane, make_slot(day=20))
    Slot.objects.filter(pk=mine.slot_id).update(status="busy")
    booking.cancel(mine, mine.version, now=now, actor=PATIENT)
    assert not FreedSlot.objects.exists()


@pytest.fixture
def many(jane, make_slot, now):
    """Write many open offers at once, of which some are due."""

    def many(number, until):
        first = make_slot()
        slots = Slot.objects.bulk_create(
            Slot(
                **{
                    field.attname: getattr(first, field.attname)
                    for field in Slot._meta.concrete_fields
                    if not field.primary_key
                }
                | {"external_id": f"many-{until:%H%M%S}-{n}", "held_by_id": jane.pk}
                | {"free_at": until, "hold_limit": until}
            )
            for n in range(number)
        )
        people = type(jane).objects.bulk_create(
            type(jane)(
                code=f"{until:%H%M}{n:04}", patient=jane.patient, exam=jane.exam,
                trust=jane.trust, urgency="routine", clock_start=jane.clock_start,
                target_day=jane.target_day,
            )
            for n in range(number)
        )  # fmt: skip
        for slot, who in zip(slots, people, strict=True):
            slot.held_by = who
        Slot.objects.bulk_update(slots, ["held_by"], batch_size=500)
        Offer.objects.bulk_create(
            Offer(
                reference=f"{until:%H}{n:06}", code="7567", referral=who, slot=slot,
                why="sooner", channel="text", made_at=now, until=until, kept_until=until,
            )
            for n, (slot, who) in enumerate(zip(slots, people, strict=True))
        )  # fmt: skip

    return many


def queries_of_a_tick(now):
    with CaptureQueriesContext(connection) as asked:
        ended = ending.end_due(now=now)
    return ended, len(asked)


def test_a_tick_asks_as_much_with_ten_thousand_open_offers_as_with_one(many, now):
    many(1, now + 9 * HOURS)
    assert queries_of_a_tick(now)[0] == 0
    _, with_one = queries_of_a_tick(now)

    many(10_000, now + 10 * HOURS)

    assert queries_of_a_tick(now) == (0, with_one)
    assert with_one <= 8, "savepoints of a test among them"


def test_all_that_is_due_is_ended_in_batches(many, monkeypatch, now):
    monkeypatch.setattr(ending, "BATCH", 20)
    many(45, now + HOURS)
    ended, asked = queries_of_a_tick(now + HOURS)
    assert ended == 45
    assert Offer.objects.filter(state="lapsed").count() == 45
    assert asked < 260  # one each for the text, the slot and the list for something sooner


def test_terms_that_nobody_gave_are_the_plainest(now):
    terms = Terms(Offer.Why.SOONER, now)
    assert (terms.channel, terms.wave, terms.rank, terms.depth) == ("text", 1, 0, 0)
