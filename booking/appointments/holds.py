"""Hold, renew and let go of one time for one referral: the claim that exactly one of many gets.

Every claim is one conditional UPDATE, so that of any number of people who want a slot at the
same moment exactly one gets it. A time of several slots (booking/appointments/choices.py) is had
whole or not at all. `now` is passed in, aware, UTC.
"""

from collections.abc import Collection, Iterator
from datetime import datetime, timedelta
from typing import Any

from django.db import connection, transaction
from django.db.models import DateTimeField, Exists, F, OuterRef, Value
from django.db.models.functions import Coalesce, Greatest, Least

from booking.appointments import choices
from booking.changes import feed_locks
from booking.exams import fit, overlaps, reserved, runs
from booking.exams.needed import NOTHING, Needed, needed_of
from booking.exams.questions.asking import answers_given, current_answers
from booking.models import EPOCH, Exam, Offer, Referral, Slot
from booking.models.prepared import Statement
from sites.models import Scanner
from times.together import Part, beside, first_of, read, rows_of

HOLD = timedelta(minutes=15)
"""How long a chosen time is kept; renewed at each step (journeys.md)."""
LONGEST_HOLD = timedelta(minutes=60)
"""How long it is kept at the longest, from its first moment, however often it is renewed: a page
that is left open and loads itself again would keep a time from everybody else for ever."""

_IS_OURS = "free_at > %(now)s AND held_by_id = %(referral)s"
_CLAIM = f"""
UPDATE booking_slot SET held_by_id = %(referral)s,
  free_at = CASE WHEN {_IS_OURS} AND free_at > %(until)s THEN free_at
                 WHEN {_IS_OURS} AND hold_limit < %(until)s AND %(raised)s = 0 THEN hold_limit
                 ELSE %(until)s END,
  hold_limit = CASE WHEN {_IS_OURS} AND (hold_limit > %(limit)s OR %(raised)s = 0)
                    THEN COALESCE(hold_limit, %(limit)s) ELSE %(limit)s END
WHERE (free_at <= %(now)s OR ({_IS_OURS})) AND"""
"""Nothing that is kept already is kept for less. `raised` is 1 where a hold has a longer life from
now on, as an offer's has."""
MAY_BE_HAD = Statement.named(
    f"SELECT 1 FROM booking_slot WHERE id = %(slot)s AND (free_at <= %(now)s OR ({_IS_OURS}))"
)
"""Whether there is anything to claim. It decides nothing: who comes too late is told so by this
alone, and does not pay for the claim, which looks for rivals first."""
CLAIM = Statement.named(f"{_CLAIM} id = %(slot)s AND NOT EXISTS ({overlaps.TAKEN_RIVAL})")
"""The claim: free, or held by the same already, which renews it; and nobody has or holds a slot of
the same machine that overlaps with it. Two at once may each hold one of two such slots: only one is
booked (booking/appointments/rivals.py). As SQL, because the ORM builds it
anew each time, which takes ten times as long as SQLite takes to run it."""


class SlotTaken(Exception):
    """Somebody else has this time, or the trust took it away. Carries the slot, and for what."""

    def __init__(self, slot: Slot, exam: Exam, needed: Needed = NOTHING) -> None:
        """Remember which time it was, so that the door can offer what is near and fits."""
        super().__init__(f"slot {slot.pk} is taken")
        self.slot, self.exam, self.needed = slot, exam, needed


class HoldExpired(Exception):
    """The hold ran out, but nobody has taken the time yet. Carries the slot, and for what.

    `longest`: it was renewed for as long as a time is kept at all.
    """

    def __init__(
        self, slot: Slot, exam: Exam, needed: Needed = NOTHING, *, longest: bool = False
    ) -> None:
        """Remember which time it was, so that the door can offer it again, or what is near."""
        super().__init__(f"the hold on slot {slot.pk} ran out")
        self.slot, self.exam, self.needed, self.longest = slot, exam, needed, longest


class SlotNotSuitable(Exception):
    """There is no such slot, or the scan cannot be done in it.

    Carries why, None of a slot that is not there; and when one may start at the soonest, if this
    one starts too soon.
    """

    def __init__(self, misfit: fit.Misfit | None = None, earliest: datetime | None = None) -> None:
        """Remember why, so that the door can say it."""
        super().__init__(misfit.label if misfit else "there is no such slot")
        self.misfit = misfit
        self.earliest = earliest if misfit == fit.Misfit.TOO_SOON else None


class ReferralEnded(Exception):
    """The request is over: nothing is held or booked on it. Carries the referral."""

    def __init__(self, referral: Referral) -> None:
        """Remember which, so that the door can say why it ended."""
        super().__init__(f"referral {referral.pk} has ended")
        self.referral = referral


def require_open(referral: Referral) -> None:
    """Raise ReferralEnded if the referral has ended, whatever the caller read of it before."""
    fresh = Referral.objects.filter(pk=referral.pk).exclude(ended_at=None).first()
    if fresh is not None:
        raise ReferralEnded(fresh)


def hold(
    referral: Referral,
    slot_id: int,
    *,
    now: datetime,
    earliest: datetime | None = None,
    until: datetime | None = None,
) -> Slot:
    """Keep a slot for `referral` until now + HOLD, letting go of any other that it held but offers.

    One that is offered is kept `until` then instead, and nothing else is let go of for it.

    Holding what one already holds renews it, to LONGEST_HOLD at most. Where the slot has room for
    several, the next free place of it is as good. `earliest` is when it may start at the soonest;
    None for staff, who may have the patient before them. Returns the place held. Raises
    SlotNotSuitable, SlotTaken and ReferralEnded.

    Of a time of several slots it is the first that is named and returned; the others are held with
    it. Slots of the referral's own appointment, which it would move from, stay booked as they are.
    """
    slot, needed = read(_seen(referral, slot_id, now))
    slot = _suitable(slot, referral, needed, now, earliest)
    if slot.start <= now:
        raise SlotTaken(slot, referral.exam, needed)
    # As in `release`: a transaction that holds two slots' locks could deadlock.
    feed_locks.must_keep_imports_out("A hold", [slot.trust_id])
    for seat in _seats_of(slot):
        if not _is_gone(seat, referral, now) and (keys := _claim(seat, referral, now, until)):
            break
    else:
        overlaps.rivals_of(slot)  # if it is for one of these, a search leaves it out from now on
        raise SlotTaken(slot, referral.exam, needed)
    if until is None:
        release(referral, now=now, keep=keys)
    seat.refresh_from_db(fields=["free_at", "hold_limit", "held_by"])
    return seat


def _seen(referral: Referral, slot_id: int, now: datetime) -> Part[tuple[Slot | None, Needed]]:
    """Read a slot, and what a referral needs of it. Raises ReferralEnded."""
    ended, slot, answers = yield from beside(
        first_of(Referral.objects.filter(pk=referral.pk).exclude(ended_at=None).order_by("pk")),
        first_of(Slot.objects.select_related("site").filter(pk=slot_id).order_by("pk")),
        rows_of(current_answers().filter(referral=referral).order_by()),
    )
    if ended is not None:
        raise ReferralEnded(ended)
    with answers_given(referral, answers):
        return slot, needed_of(referral, now=now)


def _is_gone(slot: Slot, referral: Referral, now: datetime) -> bool:
    """Whether somebody else had a slot when it was read: who comes too late claims nothing.

    Of a time of several slots the first may be the referral's own.
    """
    if runs.takes_more(referral.exam, slot):
        return False
    return slot.free_at is None or (slot.free_at > now and slot.held_by_id != referral.pk)


def renew(referral: Referral, slot_id: int, *, now: datetime) -> Slot:
    """Keep a held slot for another HOLD, but no longer than LONGEST_HOLD in all.

    Raises HoldExpired, SlotTaken, ReferralEnded, and SlotNotSuitable if what is known of its
    scanner has changed.
    """
    require_open(referral)
    keys, trust = _kept(referral, slot_id, now)
    until, limit = (Value(now + span, DateTimeField()) for span in (HOLD, LONGEST_HOLD))
    with transaction.atomic():  # all or none: why_not undoes what was renewed
        choices.lock_several(trust, keys)
        renewed = Slot.objects.filter(pk__in=keys, held_by=referral, free_at__gt=now).update(
            free_at=Greatest(F("free_at"), Least(Coalesce(F("hold_limit"), until), until)),
            hold_limit=Coalesce(F("hold_limit"), limit),
        )
        if renewed != len(keys) or not keys:
            raise why_not(referral, slot_id, now)
    return _suitable_slot(referral, slot_id, now)


def _kept(referral: Referral, slot_id: int, now: datetime) -> tuple[list[int], str]:
    """Return the slots that are held with a first one, and their trust; none if some are not."""
    slot = Slot.objects.filter(pk=slot_id).first()
    choice = slot and choices.kept_for(referral, slot, now=now)
    if not slot or not choice:
        return [], ""
    return _not_booked(referral, choice), slot.trust_id


def _not_booked(referral: Referral, choice: runs.Choice) -> list[int]:
    """Return the slots of a choice but those that the referral is booked on already."""
    keys = choice.slot_ids()
    if len(keys) == 1:
        return keys
    booked = choices.booked_slots(referral)
    return [pk for pk in keys if pk not in booked]


def release(
    referral: Referral,
    *,
    now: datetime,
    keep: Collection[int] = (),
    also_offered: bool = False,
) -> None:
    """Free every slot that `referral` holds, but `keep` and, unless `also_offered`, its offers'.

    Belongs in no transaction but one that has feed_locks.lock_feeds_shared: an import locks many
    slots in an order of its own, and would deadlock with who has one and waits for another. For
    the same reason it is one statement a slot.
    """
    held = Slot.objects.filter(held_by=referral, free_at__gt=now)
    letting_go = [one for one in held.values_list("pk", "trust_id") if one[0] not in keep]
    offered = set() if also_offered or not letting_go else offered_slots(referral, now=now)
    for pk, trust in letting_go:
        if pk not in offered:
            feed_locks.must_keep_imports_out("Letting go of a hold", [trust])
            held.filter(pk=pk).update(free_at=EPOCH, held_by=None)


def shorten(referral: Referral, slot_id: int, until: datetime, *, now: datetime) -> None:
    """Keep a held slot, and what is held with it, no longer than `until`: an offer says anew.

    Belongs in a transaction that has feed_locks.lock_feeds_shared.
    """
    limit = Slot.objects.filter(pk=slot_id, held_by=referral).values("hold_limit")
    held = Slot.objects.filter(held_by=referral, free_at__gt=now)
    keys = held.filter(hold_limit__in=limit).order_by("pk").values_list("pk", flat=True)
    held.filter(pk__in=list(keys)).update(free_at=until, hold_limit=until)


def offered_slots(referral: Referral, *, now: datetime) -> set[int]:
    """Return the slots that are kept for a referral because they were offered to it.

    An offer's slots, however many its scan takes, are those that are kept as long as it says.
    """
    held = Slot.objects.filter(offered(), held_by=referral, free_at__gt=now)
    return set(held.values_list("pk", flat=True))


def offered() -> Exists:
    """Return the condition on held slots "kept for their holder because they were offered"."""
    kept = Offer.objects.filter(
        referral=OuterRef("held_by"), is_kept=True, kept_until=OuterRef("hold_limit")
    )
    return Exists(kept)


def release_offered(referral: Referral, kept_until: datetime) -> list[int]:
    """Free the slots that were kept for a referral until then because of an offer; return them.

    Those, too, whose time ran out and that nobody has taken since: they are free, and it is known.
    One statement a slot, in a transaction that has feed_locks.lock_feeds_shared of their trust.
    """
    held = Slot.objects.filter(held_by=referral, hold_limit=kept_until, free_at__isnull=False)
    return [
        pk
        for pk in held.order_by("pk").values_list("pk", flat=True)
        if held.filter(pk=pk).update(free_at=EPOCH, held_by=None)
    ]


def hand_over(before: Referral, after: Referral, kept_until: datetime, *, now: datetime) -> bool:
    """Keep for another referral what was offered to one who has not taken it; whether it was kept.

    As release_offered, in a transaction that keeps imports out.
    """
    held = Slot.objects.filter(held_by=before, hold_limit=kept_until, free_at__gt=now)
    keys = list(held.order_by("pk").values_list("pk", flat=True))
    return bool(keys) and all(held.filter(pk=pk).update(held_by=after) for pk in keys)


def reached_limit(slot: Slot, referral: Referral) -> bool:
    """Return whether a slot is, or was last, kept for `referral` as long as it can be."""
    is_at_limit = slot.hold_limit is not None and slot.free_at == slot.hold_limit
    return is_at_limit and slot.held_by_id == referral.pk


def _seats_of(slot: Slot) -> Iterator[Slot]:
    """Yield the slot itself, then the other places of the same time, if it comes to that."""
    yield slot
    yield from (
        Slot.objects.select_related("site")
        .filter(trust_id=slot.trust_id, external_id=slot.external_id)
        .exclude(pk=slot.pk)
        .order_by("seat")
    )


def _claim(
    slot: Slot, referral: Referral, now: datetime, until: datetime | None = None
) -> list[int]:
    """Hold a slot, with the others that a scan takes; return their keys, none if any is taken."""
    if runs.takes_more(referral.exam, slot):
        choice = choices.free_for(referral, slot, now=now)
        keys = _not_booked(referral, choice) if choice else []
        return _claim_all(slot, keys, referral, now, until) if keys else []
    moment = connection.ops.adapt_datetimefield_value(now)
    if not MAY_BE_HAD.rows({"slot": slot.pk, "referral": referral.pk, "now": moment}):
        return []
    return [slot.pk] if CLAIM.changed(_values_of_claim(slot, referral, now, until)) == 1 else []


def _values_of_claim(
    slot: Slot, referral: Referral, now: datetime, until: datetime | None
) -> dict[str, Any]:
    moment = connection.ops.adapt_datetimefield_value
    times = {"now": now, "until": until or now + HOLD, "limit": until or now + LONGEST_HOLD}
    values = {"slot": slot.pk, "referral": referral.pk, **overlaps.values_of(slot)}
    values["raised"] = int(until is not None)
    return values | {name: moment(time) for name, time in times.items()}


def _claim_all(
    slot: Slot, keys: list[int], referral: Referral, now: datetime, until: datetime | None
) -> list[int]:
    """Hold all of these slots by one conditional UPDATE, or none of them."""
    names = {name: f'booking_slot."{column}"' for name, column in overlaps.COLUMNS.items()}
    alone = overlaps.nobody_has_a_rival(names)
    listed = ", ".join(map(str, keys))
    with transaction.atomic(), connection.cursor() as cursor:
        choices.lock_several(slot.trust_id, keys)
        values = _values_of_claim(slot, referral, now, until)
        cursor.execute(f"{_CLAIM} id IN ({listed}) AND {alone}", values)
        if cursor.rowcount == len(keys):
            return keys
        transaction.set_rollback(True)
    return []


def why_not(referral: Referral, slot_id: int, now: datetime) -> SlotTaken | HoldExpired:
    """Return the exception that says why `referral` cannot take this slot.

    Raises SlotNotSuitable where there is no such slot, or the scan cannot be done in it.
    """
    slot = _suitable_slot(referral, slot_id, now)
    needed = needed_of(referral, now=now)
    is_free = slot.free_at is not None and slot.free_at <= now < slot.start
    if is_free and choices.free_for(referral, slot, now=now):
        longest = reached_limit(slot, referral)
        return HoldExpired(slot, referral.exam, needed, longest=longest)
    return SlotTaken(slot, referral.exam, needed)


def must_fit(
    referral: Referral, slot: Slot, *, now: datetime, scanners: list[Scanner] | None = None
) -> None:
    """Raise SlotNotSuitable if the referral's scan cannot be done in a slot, or its site closed.

    `scanners` are those that it may be at, if they are read already.
    """
    if slot.site.closed:
        raise SlotNotSuitable
    needed = needed_of(referral, now=now)
    misfit = fit.why_not(referral.exam, slot, needed=needed, scanners=scanners)
    if misfit:
        raise SlotNotSuitable(misfit)


def _suitable_slot(referral: Referral, slot_id: int, now: datetime) -> Slot:
    slot = Slot.objects.select_related("site").filter(pk=slot_id).first()
    return _suitable(slot, referral, needed_of(referral, now=now), now)


def _suitable(
    slot: Slot | None,
    referral: Referral,
    needed: Needed,
    now: datetime,
    earliest: datetime | None = None,
) -> Slot:
    """Return a slot that fits. Whoever holds it already does not lose it to the clock."""
    if slot is None or slot.site.closed:
        raise SlotNotSuitable
    holds_it = slot.held_by_id == referral.pk and slot.free_at and slot.free_at > now
    if holds_it or slot.start <= now:
        earliest = None
    misfit = fit.why_not(referral.exam, slot, needed=needed, earliest=earliest)
    if not holds_it and slot.start > now and reserved.is_kept_from(slot, needed, now=now):
        misfit = misfit or fit.Misfit.RESERVED
    if misfit:
        raise SlotNotSuitable(misfit, earliest)
    return slot
