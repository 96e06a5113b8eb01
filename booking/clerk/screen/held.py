"""The time that is held for the caller, and what booking it would change."""

from dataclasses import dataclass
from datetime import date

from booking.appointments import trust_answers
from booking.clerk import caller
from booking.clerk.forms.booking import BookForm
from booking.clerk.forms.draft import FormDraft
from booking.clerk.screen.case import Case
from booking.models import Appointment, Referral, Slot, Staff
from booking.waits.targets import later_than_target


@dataclass(frozen=True)
class HeldTime:
    """A held time, and the form that books it. `to_change` is the appointment that it would
    replace; `passed` one whose time has come; `late` the target day that the time is later than;
    `trust_confirms` that it is only kept until its trust says yes.
    """

    slot: Slot
    holder: str
    to_change: Appointment | None
    passed: Appointment | None
    late: date | None
    is_asked_again: bool
    trust_confirms: bool
    form: BookForm


def show_held(
    case: Case, staff: Staff, chosen: Referral | None, draft: FormDraft, asked_late: str
) -> HeldTime | None:
    """Return the time that is held for a referral, if one is."""
    held = caller.held_for(chosen, case.now) if chosen else None
    if chosen is None or held is None:
        return None
    to_change = case.appointment_to_come(chosen)
    late = later_than_target(chosen, held.slot.start)
    is_asked_again = late is not None and asked_late == late.isoformat()
    form = BookForm(
        initial={"slot": held.slot.pk, "late": late if is_asked_again else ""},
        is_change=to_change is not None,
    )
    return HeldTime(
        held.slot,
        _say_holder(held, staff),
        to_change,
        case.appointment_passed(chosen),
        late,
        is_asked_again,
        trust_answers.confirms(held.slot.trust_id),
        draft.fill(form),
    )


def _say_holder(held: caller.HeldTime, staff: Staff) -> str:
    if held.clerk is None:
        return "the patient online"
    if held.clerk == staff.user:
        return "you"
    return held.clerk.get_full_name() or held.clerk.username
