"""The time that is held for the caller, and what booking it would change."""

from collections.abc import Sequence
from dataclasses import dataclass

from booking.appointments import holds, trust_answers
from booking.appointments.choices import visits_of
from booking.appointments.choosing import earliest_for
from booking.appointments.warnings import TimeWarning, are_known, tokens, warnings_of
from booking.clerk import caller
from booking.clerk.forms.booking import BookForm
from booking.clerk.forms.draft import FormDraft
from booking.clerk.screen.case import Case
from booking.clerk.screen.times import Asked
from booking.exams.preparation import Instructions, instructions
from booking.models import Appointment, Referral, Slot, Staff
from booking.models.appointment import Visit
from booking.search.origin import way_of
from booking.search.places import journey_to
from sites.travel import Journey


@dataclass(frozen=True)
class HeldTime:
    """A held time, and the form that books it. `visits` are from when to when the patient would be
    there, `how` what they are to do for it. `journey` is the way there, None if nobody knows
    from where; `to_change` the appointment that it would replace; `passed` one whose time has come;
    `warnings` what is to be said before it is booked; `is_longest`: it cannot be kept any longer
    than it is now; `trust_confirms` that it is only kept until its trust says yes.
    """

    slot: Slot
    visits: list[Visit]
    how: Instructions
    holder: str
    journey: Journey | None
    to_change: Appointment | None
    passed: Appointment | None
    warnings: list[TimeWarning]
    is_longest: bool
    is_asked_again: bool
    trust_confirms: bool
    form: BookForm


def show_held(
    case: Case,
    staff: Staff,
    chosen: Referral | None,
    draft: FormDraft,
    asked: Asked,
    others: Sequence[TimeWarning] = (),
) -> HeldTime | None:
    """Return the time that is held for a referral, if one is, with `others` among its warnings.

    What the address says is `known` was said before, and is asked again.
    """
    held = case.held.get(chosen.pk) if chosen else None
    if chosen is None or held is None:
        return None
    visits = visits_of(chosen, held.slot, now=case.now)
    to_change = case.appointment_to_come(chosen)
    earliest = earliest_for(chosen, held.slot.pk, asked.origin, now=case.now)
    way = way_of(asked.origin)
    of_time = warnings_of(chosen, held.slot, now=case.now, earliest=earliest, way=way)
    warnings = [*of_time, *others]
    is_asked_again = bool(warnings) and are_known(warnings, asked.known)
    form = BookForm(
        initial={"slot": held.slot.pk, "known": tokens(warnings) if is_asked_again else ""},
        is_change=to_change is not None,
    )
    return HeldTime(
        held.slot,
        visits,
        instructions(chosen.exam, visits),
        _say_holder(held, staff),
        journey_to(held.slot.site_id, asked.origin),
        to_change,
        case.appointment_passed(chosen),
        warnings,
        holds.reached_limit(held.slot, chosen),
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
