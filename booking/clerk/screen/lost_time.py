"""A time that the caller wanted and could not have, and the nearest others.

Which one it was stands in the screen's address, as the number of the slot: nothing personal, and
the page stays what it is when it is loaded again.
"""

from dataclasses import dataclass

from django.http import QueryDict

from booking.appointments import holds
from booking.clerk.screen.case import Case
from booking.models import Referral, Slot
from booking.search import places
from booking.search.places import FreeTime
from received.numbers import whole_number
from sites.places import Place
from sites.postcodes import Origin

TAKEN, EXPIRED = "taken", "expired"


@dataclass(frozen=True)
class LostTime:
    """The time; whether it is still free, and only its hold ran out (`longest`: after as long as
    a time is kept at all); and what is near it."""

    slot: Slot
    expired: bool
    longest: bool
    alternatives: list[tuple[Place, FreeTime]]


def name_lost_time(refusal: holds.SlotTaken | holds.HoldExpired) -> dict[str, str]:
    """Return what the screen's address says of a time that could not be had."""
    name = EXPIRED if isinstance(refusal, holds.HoldExpired) else TAKEN
    return {name: str(refusal.slot.pk)}


def without_lost_time(query: QueryDict) -> QueryDict:
    """Return an address's query without what it says of a lost time."""
    kept = query.copy()
    for name in (TAKEN, EXPIRED):
        kept.pop(name, None)
    return kept


def show_lost_time(
    query: QueryDict, case: Case, chosen: Referral | None, origin: Origin | None
) -> LostTime | None:
    """Return the time that the address says is lost, unless the patient has it by now."""
    slot = _read_slot(query.get(TAKEN) or query.get(EXPIRED) or "")
    if slot is None or chosen is None or _has(case, chosen, slot):
        return None
    still_free = slot.free_at is not None and slot.free_at <= case.now < slot.start
    return LostTime(
        slot,
        EXPIRED in query and still_free,
        holds.reached_limit(slot, chosen),
        places.nearest_alternatives(slot, origin, now=case.now, exam=chosen.exam, at_once=True),
    )


def _has(case: Case, chosen: Referral, slot: Slot) -> bool:
    """Return whether the referral holds the time now, or is booked for it."""
    booked = case.live.get(chosen.pk)
    holds_it = slot.held_by_id == chosen.pk and slot.free_at and slot.free_at > case.now
    return bool(holds_it or (booked and booked.slot_id == slot.pk))


def _read_slot(typed: str) -> Slot | None:
    return Slot.objects.select_related("site").filter(pk=whole_number(typed) or 0).first()
