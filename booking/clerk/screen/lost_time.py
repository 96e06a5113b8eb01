"""A time that the caller wanted and could not have, and the nearest others.

Which one it was stands in the screen's address, as the number of the slot: nothing personal, and
the page stays what it is when it is loaded again.
"""

from dataclasses import dataclass

from django.http import QueryDict

from booking.appointments import holds
from booking.appointments.time_state import TimeState, state_of
from booking.clerk.screen.case import Case
from booking.exams.needed import needed_of
from booking.models import Referral, Slot
from booking.search import places
from booking.search.found import FreeTime
from received.numbers import whole_number
from sites.places import Place
from sites.postcodes import Origin
from sites.travel import Journey

TAKEN, EXPIRED = "taken", "expired"


@dataclass(frozen=True)
class LostTime:
    """The time, how it stands now, and whether only its hold ran out (`longest`: after as long as
    a time is kept at all); what is near it, and the ways to these places by their numbers."""

    slot: Slot
    state: TimeState
    expired: bool
    longest: bool
    alternatives: list[tuple[Place, FreeTime]]
    journeys: dict[int, Journey]


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
    if slot is None or chosen is None:
        return None
    state = state_of(slot, chosen, now=case.now)
    if state in (TimeState.YOURS, TimeState.KEPT):
        return None
    alternatives = places.nearest_alternatives(
        slot,
        origin,
        now=case.now,
        exam=chosen.exam,
        needed=needed_of(chosen, now=case.now),
        at_once=True,
    )
    return LostTime(
        slot,
        state,
        EXPIRED in query and state == TimeState.FREE,
        holds.reached_limit(slot, chosen),
        alternatives,
        places.journeys_to(alternatives, origin),
    )


def _read_slot(typed: str) -> Slot | None:
    key = whole_number(typed)
    return Slot.objects.select_related("site").filter(pk=key).first() if key else None
