"""The time that is held for the caller, and what booking it would change."""

from collections.abc import Mapping
from dataclasses import dataclass

from booking.clerk import caller
from booking.clerk.screen.case import Case
from booking.models import Appointment, Referral, Slot, Staff


@dataclass(frozen=True)
class HeldTime:
    """A held time. `to_change` is the appointment that it would replace, `seen` its version."""

    slot: Slot
    holder: str
    to_change: Appointment | None
    seen: str
    passed: Appointment | None
    reasons: Mapping[str, str]


def show_held(case: Case, staff: Staff, chosen: Referral | None) -> HeldTime | None:
    """Return the time that is held for a referral, if one is."""
    held = caller.held_for(chosen, case.now) if chosen else None
    if chosen is None or held is None:
        return None
    to_change = case.appointment_to_come(chosen)
    return HeldTime(
        held.slot,
        _say_holder(held, staff),
        to_change,
        caller.as_seen(to_change),
        case.appointment_passed(chosen),
        caller.CHANGE_REASONS if to_change else caller.BOOK_REASONS,
    )


def _say_holder(held: caller.Held, staff: Staff) -> str:
    if held.clerk is None:
        return "the patient online"
    if held.clerk == staff.user:
        return "you"
    return held.clerk.get_full_name() or held.clerk.username
