"""A slot came free: those who would come sooner are asked, in order, by text or by a clerk's phone.

Where there is time one person is asked after another; less than two days before, three at once, and
of those who say yes by the deadline the first in order has it (booking/offers/answering.py). Every
fourth slot goes first to those whom no text reaches. Nobody is asked at night or on a bank holiday:
until then the slot is on sale for everybody, as it always is until somebody is asked about it.
`now` is passed in, aware, UTC.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Max

from booking.appointments.holds import ReferralEnded, SlotNotSuitable, SlotTaken
from booking.changes import feed_locks
from booking.identifiers.actors import CLOCK
from booking.models import OFF_SALE, Appointment, FreedSlot, Offer, Slot, SoonerAsk
from booking.offers import making, showing
from booking.offers.sooner import hours
from booking.offers.sooner.fitting import SHORTEST_NOTICE, Candidate, candidates
from booking.worklists import rows, subjects
from times.london import say_day, say_time, say_times

DEEPEST = 2
"""A slot that this many offers in a row led to is offered; the one that it frees is not."""
WAVE = 3
"""How many are asked at once about a slot that is near."""
SETTLING = timedelta(minutes=15)
"""How much longer than the deadline of a wave its slot is kept: for the first in order of those who
said yes, whom a worker then books."""
EVERY_FOURTH = 4
AT_A_TICK = 200
"""Slots that one tick looks at, those that start the soonest first."""


def ask_due(*, now: datetime) -> int:
    """Ask about the slots that came free; return how many people were asked."""
    if not hours.may_ask(now):
        return 0
    unseen = FreedSlot.objects.filter(seen_at=None, freed_at__lte=now).select_related(
        "slot__site", "slot__trust"
    )
    return sum(ask_about(freed, now=now) for freed in unseen.order_by("slot__start")[:AT_A_TICK])


def ask_about(freed: FreedSlot, *, now: datetime) -> int:
    """Ask about one slot; return how many were asked. One that somebody is just choosing waits."""
    slot = freed.slot
    if freed.depth > DEEPEST or not _may_be_offered(slot, now):
        return _see(freed, now)
    if slot.free_at and slot.free_at > now:
        return 0 if not _is_offered(slot) else _see(freed, now)
    wave = _wave(freed, now)
    asked = _ask(wave, with_mobile=not wave.for_phone) or _ask(wave, with_mobile=wave.for_phone)
    if not asked and slot.reserved_until > now and _is_free(slot, now):
        return _wait_for_all(freed)
    if asked or _is_free(slot, now):
        _see(freed, now)  # nobody is left whom it would suit, or they are asked now
    return asked


@dataclass(frozen=True)
class _Wave:
    """Who is asked together about a slot: which slot since the first that was offered (`turn`), to
    whom it goes first, and the how manieth try it is."""

    freed: FreedSlot
    turn: int
    for_phone: bool
    number: int
    now: datetime

    @property
    def slot(self) -> Slot:
        """What they are asked about."""
        return self.freed.slot


def _wave(freed: FreedSlot, now: datetime) -> _Wave:
    """Return the next wave about a slot: of one that nobody has taken yet the turn stays."""
    last = (
        SoonerAsk.objects.filter(offer__slot=freed.slot_id)
        .select_related("offer")
        .order_by("-pk")
        .first()
    )
    if last and last.offer.state != Offer.State.ACCEPTED:
        return _Wave(freed, last.turn, last.for_phone, last.offer.wave + 1, now)
    turn = (SoonerAsk.objects.aggregate(last=Max("turn"))["last"] or 0) + 1
    return _Wave(freed, turn, turn % EVERY_FOURTH == 0, 1, now)


def _ask(wave: _Wave, *, with_mobile: bool) -> int:
    """Ask as many as a wave has, in order; return how many were asked."""
    most = WAVE if with_mobile and hours.is_near(wave.slot.start, wave.now) else 1
    asked = 0
    for candidate in candidates(wave.slot, with_mobile=with_mobile, now=wave.now):
        channel = Offer.Channel.TEXT if with_mobile else Offer.Channel.PHONE
        if _offer(candidate, wave, asked, channel):
            asked += 1
        elif not asked and not _is_free(wave.slot, wave.now):
            break  # somebody is choosing it just now, or another worker asks about it
        if asked == most:
            break
    return asked


def _offer(candidate: Candidate, wave: _Wave, rank: int, channel: Offer.Channel) -> bool:
    """Hold the slot for somebody and tell them, or whoever phones them; return whether it worked.

    All of it is there or nothing: nobody is asked by an offer that they do not know of.
    """
    slot, now, booked = wave.slot, wave.now, candidate.appointment
    until = hours.answer_by(slot.start, now)
    terms = making.Terms(
        why=Offer.Why.SOONER,
        until=until,
        kept_until=until + SETTLING if hours.is_near(slot.start, now) else None,
        channel=channel,
        appointment=booked,
        wave=wave.number,
        rank=rank,
        depth=wave.freed.depth,
    )
    try:
        with transaction.atomic():
            feed_locks.lock_feeds_shared([slot.trust_id])
            offer = making.make(booked.referral, slot.pk, terms, now=now, actor=CLOCK)
            SoonerAsk.objects.create(
                offer=offer, was_start=booked.start, turn=wave.turn, for_phone=wave.for_phone
            )
            making.tell(offer, now=now)
            if channel == Offer.Channel.PHONE:
                _put_on_phone_list(offer, booked, now)
    except (SlotTaken, SlotNotSuitable, ReferralEnded, making.AlreadyOffered):
        return False
    return True


def _put_on_phone_list(offer: Offer, booked: Appointment, now: datetime) -> None:
    slot = offer.slot
    starts = [start for start, _ in showing.kept_visits(offer, now=now)]
    reason = (
        f"Phone and offer {say_times(starts)} on {say_day(slot.start)} at {slot.site.name}."
        f" It is kept until {say_time(offer.until)} on {say_day(offer.until)}. A no costs nothing."
    )
    about = subjects.of_appointment(booked, subjects.Topic.SOONER)
    rows.open_row(rows.Kind.SOONER, about, reason[:200], now=now, actor=CLOCK, due_at=offer.until)


def _may_be_offered(slot: Slot, now: datetime) -> bool:
    """Whether a slot is still its trust's to give, nobody's, and far enough off to come."""
    is_given = slot.status == Slot.Status.FREE and slot.free_at not in (None, OFF_SALE)
    return is_given and not slot.site.closed and slot.start - now >= SHORTEST_NOTICE


def _is_free(slot: Slot, now: datetime) -> bool:
    return Slot.objects.filter(pk=slot.pk, free_at__lte=now).exists()


def _is_offered(slot: Slot) -> bool:
    return Offer.objects.filter(slot=slot, state=Offer.State.OPEN).exists()


def _wait_for_all(freed: FreedSlot) -> int:
    """Look again at a slot that is kept for suspected cancer, and suits none of them, as soon as it
    is open to all; nobody was asked by it."""
    same = FreedSlot.objects.filter(pk=freed.pk, seen_at=None)
    same.update(freed_at=freed.slot.reserved_until)
    return 0


def _see(freed: FreedSlot, now: datetime) -> int:
    """Note that nothing more is to be done about a slot that came free; nobody was asked by it."""
    FreedSlot.objects.filter(pk=freed.pk, seen_at=None).update(seen_at=now)
    return 0
