"""Holding a slot for somebody who is asked."""

from types import SimpleNamespace

import pytest
from django.db import transaction

from booking.appointments import holds, kept
from booking.models import AuditEntry, Offer, Slot
from booking.offers import making
from booking.offers.making import AlreadyOffered
from booking.patients import record
from notifications.models import Message
from tests.booking.offers.conftest import HOURS


def test_an_offered_slot_is_kept_until_it_is_answered_or_late(jane, tom, make_slot, ask, now):
    slot = make_slot()

    offer = ask(jane, slot)

    slot.refresh_from_db()
    assert (slot.held_by, slot.free_at) == (jane, now + 4 * HOURS)
    assert (offer.state, offer.until, offer.kept_until) == ("open", *[now + 4 * HOURS] * 2)
    with pytest.raises(holds.SlotTaken):
        holds.hold(tom, slot.pk, now=now + 3 * HOURS)
    assert holds.hold(tom, slot.pk, now=now + 5 * HOURS).held_by == tom


def test_it_is_written_down_who_offered_what(jane, make_slot, ask):
    offer = ask(jane, make_slot())
    entry = AuditEntry.objects.get(action="offered another time")
    assert (entry.patient, entry.actor) == (jane.patient, "staff 1")
    assert entry.detail["offer"] == offer.reference


def test_choosing_another_time_on_the_page_keeps_the_offered_one(jane, make_slot, ask, now):
    offered, chosen, third = make_slot(day=8), make_slot(day=9), make_slot(day=10)
    holds.hold(jane, chosen.pk, now=now)
    ask(jane, offered)

    holds.hold(jane, third.pk, now=now)

    held = Slot.objects.filter(held_by=jane, free_at__gt=now)
    assert set(held.all()) == {offered, third}
    assert kept.held_by(jane, now=now) == third, "what they chose, not what they are asked about"
    holds.release(jane, now=now)
    assert set(held.all()) == {offered}
    holds.release(jane, now=now, also_offered=True)
    assert not held.exists()


def test_looking_at_the_offered_time_shortens_nothing(jane, make_slot, ask, now):
    slot = make_slot()
    ask(jane, slot)

    holds.hold(jane, slot.pk, now=now)
    holds.renew(jane, slot.pk, now=now + 1 * HOURS)

    slot.refresh_from_db()
    assert slot.free_at == slot.hold_limit == now + 4 * HOURS


def test_a_time_that_they_are_just_looking_at_is_kept_longer_once_it_is_offered(
    jane, make_slot, ask, now
):
    slot = make_slot()
    holds.hold(jane, slot.pk, now=now)
    ask(jane, slot)
    slot.refresh_from_db()
    assert slot.free_at == slot.hold_limit == now + 4 * HOURS


def test_one_slot_is_offered_to_one_person_and_one_reason_asks_once(jane, tom, make_slot, ask, now):
    slot, other = make_slot(), make_slot(day=9)
    ask(jane, slot)

    with pytest.raises(AlreadyOffered):
        ask(tom, slot)
    with pytest.raises(AlreadyOffered):
        ask(jane, other)
    assert ask(jane, other, why=Offer.Why.DISPLACED)
    assert ask(tom, make_slot(day=10))


def test_what_cannot_be_had_is_not_offered(jane, tom, make_slot, ask, book, now):
    taken, xray = make_slot(), make_slot(modality="DX")
    book(tom, taken)
    with pytest.raises(holds.SlotTaken):
        ask(jane, taken)
    with pytest.raises(holds.SlotNotSuitable):
        ask(jane, xray)
    with pytest.raises(holds.SlotNotSuitable):
        making.make(jane, 0, making.Terms(Offer.Why.SOONER, now + HOURS), now=now, actor="staff 1")
    jane.ended_at, jane.end_reason = now, "elsewhere"
    jane.save()
    with pytest.raises(holds.ReferralEnded):
        ask(jane, make_slot(day=9))
    assert not Offer.objects.exists()
    assert not Slot.objects.filter(held_by=jane).exists()


def test_a_wave_asks_several_about_one_slot_and_keeps_it_for_the_first(
    jane, tom, make_slot, ask, now
):
    slot = make_slot()
    first = ask(jane, slot, kept_until=now + 5 * HOURS)
    second = ask(tom, slot, rank=1)
    slot.refresh_from_db()
    assert slot.held_by == jane
    assert (first.is_kept, second.is_kept) == (True, False)
    assert second.kept_until == now + 5 * HOURS


def test_nobody_is_behind_where_nobody_is_first(jane, make_slot, ask):
    with pytest.raises(holds.SlotTaken):
        ask(jane, make_slot(), rank=1)


@pytest.mark.parametrize(
    ("why", "kind", "says"),
    [
        ("sooner", "offer", "You keep your own time unless you say yes"),
        ("displaced", "offer_displaced", "cannot go ahead"),
        ("urgent", "offer_urgent", "we keep a time for your scan"),
    ],
)
def test_the_text_says_what_is_offered_until_when_and_how_to_answer(
    why, kind, says, jane, make_slot, ask, book, now
):
    old = book(jane, make_slot(day=20))
    offer = ask(jane, make_slot(day=8, hour=14), why=Offer.Why(why), appointment=old)

    with transaction.atomic():
        making.tell(offer, now=now)
        making.tell(offer, now=now)

    text = Message.objects.get(kind=kind)
    assert text.subject == offer.reference
    assert text.not_after == offer.until
    for words in (says, f"YES {offer.code}", f"NO {offer.code}", "2pm on Wednesday 2 December"):
        assert words in text.body
    assert "by 2pm on Tuesday 24 November" in text.body
    assert offer.version == old.version


def test_who_is_phoned_is_not_texted(jane, make_slot, ask, now):
    offer = ask(jane, make_slot(), channel=Offer.Channel.PHONE)
    with transaction.atomic():
        making.tell(offer, now=now)
    assert not Message.objects.filter(subject=offer.reference).exists()


def test_no_code_of_an_offer_is_one_of_an_appointment_on_the_same_phone(
    jane, make_slot, ask, book, monkeypatch, now
):
    book(jane, make_slot(day=20))
    monkeypatch.setattr("booking.messages.texts.secrets", SimpleNamespace(choice=min))
    first = ask(jane, make_slot(day=8))
    second = ask(jane, make_slot(day=9), why=Offer.Why.URGENT)
    codes = {
        first.code,
        second.code,
        *jane.appointments.get().reply_codes.values_list("code", flat=True),
    }
    assert len(codes) == 3


def test_a_text_that_waits_goes_to_the_number_that_is_corrected_meanwhile(
    jane, make_slot, ask, now
):
    night = now.replace(hour=23)
    offer = ask(jane, make_slot(), at=night)
    with transaction.atomic():
        making.tell(offer, now=night)
    record.correct_mobile(jane.patient, "+447700900462", now=night, actor="staff 1")
    assert Message.objects.get(subject=offer.reference).to == "+447700900462"
