"""The patient's appointments, to come and past, and the rows that somebody is to see to."""

from dataclasses import dataclass
from typing import Any

from booking.appointments.why_off import Off
from booking.clerk.forms.booking import CancelForm
from booking.clerk.forms.draft import FormDraft
from booking.clerk.permissions import Action, may
from booking.clerk.screen.calls import Calls, show_calls
from booking.clerk.screen.case import Case
from booking.clerk.script import say_outcome
from booking.exams.preparation import Instructions, instructions
from booking.models import Appointment, Staff, StopQuestion, WorklistRow

Status = Appointment.Status
MARKED_BY_HAND = {Status.PENDING, Status.BOOKED, Status.ATTENDED, Status.DID_NOT_ATTEND}


@dataclass(frozen=True)
class PastAppointment:
    """An appointment that is over: what became of it, and what may still be said of it."""

    appointment: Appointment
    outcome: str
    may_say_attended: bool
    may_say_missed: bool

    @property
    def is_unmarked(self) -> bool:
        """Whether its time has come, and nobody has said whether the patient did."""
        return self.may_say_attended and self.may_say_missed


@dataclass(frozen=True)
class ComingAppointment:
    """An appointment to come, what the patient is to do for it, and the form that cancels it.

    `stop` is the question whether the place suits where its mobile scanner stands now.
    """

    appointment: Appointment
    how: Instructions
    form: CancelForm
    stop: StopQuestion | None

    @property
    def part(self) -> str:
        """The id of the part of the screen where it stands."""
        return part_of(self.appointment)

    @property
    def reasons(self) -> list[dict[str, Any]]:
        """The reasons to cancel it, without ids: each appointment of the page has ids of its own,
        and the error leads to the first reason."""
        items = self.form["cancel_reason"].items  # type: ignore[attr-defined]
        return [{name: said for name, said in one.items() if name != "id"} for one in items]


@dataclass(frozen=True)
class Appointments:
    """The appointments to come, the next first; the others, the latest first; the open rows
    with the calls about each.

    Of the others, nobody has said yet whether the patient came to those that are `unmarked`.
    `may_open_rows`: this person works the lists.
    """

    coming: list[ComingAppointment]
    unmarked: list[PastAppointment]
    past: list[PastAppointment]
    rows: list[tuple[WorklistRow, Calls | None]]
    may_open_rows: bool


def part_of(appointment: Appointment) -> str:
    """Return the id of the part of the patient's screen where an appointment to come stands."""
    return f"appointment-{appointment.pk}"


def show_appointments(case: Case, staff: Staff, draft: FormDraft) -> Appointments:
    """Return the appointments of the patient, and the rows of this person's trusts about them."""
    coming = [one for one in case.appointments if one.is_live and one.start > case.now]
    over = [one for one in case.appointments if one not in coming]
    shown_over = [_past(one, case.off.get(one.pk), case) for one in over]
    with_calls = [(row, show_calls(row, case.now)) for row in case.rows]
    shown = [_coming(one, case, draft) for one in reversed(coming)]
    return Appointments(
        shown,
        [one for one in shown_over if one.is_unmarked],
        [one for one in shown_over if not one.is_unmarked],
        with_calls,
        may(staff, Action.LISTS),
    )


def _coming(appointment: Appointment, case: Case, draft: FormDraft) -> ComingAppointment:
    how = instructions(appointment.referral.exam, appointment.visits())
    form = _cancel_form(appointment, draft)
    return ComingAppointment(appointment, how, form, case.stop(appointment))


def _cancel_form(appointment: Appointment, draft: FormDraft) -> CancelForm:
    """Return the form; what was chosen comes back into that of the same appointment alone."""
    return draft.fill(CancelForm()) if draft.is_about(appointment) else CancelForm()


def _past(appointment: Appointment, off: Off | None, case: Case) -> PastAppointment:
    status = Status(appointment.status)
    may_mark = appointment.start <= case.now and status in MARKED_BY_HAND
    return PastAppointment(
        appointment,
        say_outcome(appointment, off),
        may_say_attended=may_mark and status != Status.ATTENDED,
        may_say_missed=may_mark and status != Status.DID_NOT_ATTEND,
    )
