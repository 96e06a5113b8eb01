"""The call: who is on the phone, whether that is sure, what may be said to them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from booking.clerk.call_words import NOT_BEFORE, SAY_NOTHING, say_caller, say_checked
from booking.clerk.forms.call import CallForm, UnansweredForm, of_contact
from booking.clerk.forms.draft import FormDraft
from booking.clerk.screen.appointments import Appointments
from booking.clerk.screen.case import Case
from booking.models import Call, Contact, Patient, Staff
from booking.patients import calls
from booking.worklists import attempts
from times.together import Part, beside, rows_of

GIVEN = "given"
"""Where a session keeps what callers gave when they were found: codes, by the patient's key."""
GIVEN_FOR = timedelta(minutes=30)
COUNTED_FOR = timedelta(days=90)
"""How far back calls that reached nobody are counted."""


@dataclass(frozen=True)
class CallLoaded:
    """The calls that go on about a patient, whoever has them, and how many reached nobody."""

    going_on: list[Call]
    unanswered: int


@dataclass(frozen=True)
class CallBox:
    """The box. `call` is this person's own, None before anything was asked; `given` is what the
    caller gave when they were found; `refused` are whom we must not speak with.
    """

    call: Call | None
    is_sure: bool
    may_hear: bool
    who: str
    gave: str
    given: list[str]
    say: str
    also: list[str]
    refused: list[Contact]
    unanswered: int
    is_phoned: bool
    form: CallForm
    unanswered_form: UnansweredForm
    version: str
    warnings: list[Any] = field(default_factory=list)

    @property
    def is_open(self) -> bool:
        """Whether the form stands open: something typed into it was refused."""
        return bool(self.form.errors or self.unanswered_form.errors)


def read_call(patient: Patient, now: datetime) -> Part[CallLoaded]:
    """Read what the box shows of calls."""
    going_on, unanswered = yield from beside(
        rows_of(calls.open_calls(patient, now)),
        calls.unanswered(patient, since=now - COUNTED_FOR),
    )
    return CallLoaded(going_on, unanswered)


def keep_given(session: Any, given: Mapping[int, list[str]], now: datetime) -> None:
    """Remember what was given of each patient who was found; what was before is forgotten."""
    by_patient = {str(patient): checks for patient, checks in given.items()}
    session[GIVEN] = {"at": now.isoformat(), "by": by_patient}


def forget_given(session: Any) -> None:
    """Forget it: the call is over."""
    session.pop(GIVEN, None)


def given_of(session: Any, patient: Patient, now: datetime) -> list[str]:
    """Return what the caller gave when this patient was found, as codes of Call.Check."""
    kept = session.get(GIVEN)
    if not kept or now - datetime.fromisoformat(kept["at"]) > GIVEN_FOR:
        return []
    given: list[str] = kept["by"].get(str(patient.pk), [])
    return given


def show_call(
    session: Any, staff: Staff, case: Case, loaded: CallLoaded, draft: FormDraft
) -> CallBox:
    """Return how the call about a patient stands for this member of staff. No query."""
    patient, now = case.patient, case.now
    contacts = list(patient.contacts.all())
    call = calls.call_of(loaded.going_on, staff)
    given = [] if call else given_of(session, patient, now)
    form = CallForm(
        patient=patient, contacts=contacts, now=now,
        initial={
            "caller": _chosen(call), "caller_name": call.caller_name if call else "",
            "checked": call.checked if call else given, "call_seen": calls.version_of(call),
        },
    )  # fmt: skip
    hears = call is None or calls.may_hear(call)
    sure = call is not None and calls.is_checked(call)
    return CallBox(
        call=call,
        is_sure=sure,
        may_hear=hears,
        who=say_caller(call) if call else "",
        gave=say_checked(call) if call else "",
        given=[str(Call.Check(one).label) for one in given],
        say="" if sure and hears else NOT_BEFORE if hears else SAY_NOTHING,
        also=[one.staff.name for one in loaded.going_on if one.staff_id != staff.pk],
        refused=[one for one in contacts if one.may_speak is False],
        unanswered=loaded.unanswered,
        is_phoned=patient.died_at is None,
        form=draft.fill(form),
        unanswered_form=draft.fill(UnansweredForm()),
        version=calls.version_of(call),
        warnings=calls.warnings_for(call),
    )


def rows_seen(shown: Appointments) -> str:
    """Return what the form of a call that reached nobody carries of the rows on this screen."""
    theirs = [row for row, _ in shown.rows if attempts.is_phoned(row)]
    return calls.version_of_rows(theirs)


def _chosen(call: Call | None) -> str:
    if call is None:
        return str(Call.Caller.PATIENT)
    if call.caller == Call.Caller.CONTACT and call.contact:
        return of_contact(call.contact)
    if call.caller == Call.Caller.CONTACT:
        return str(Call.Caller.OTHER)  # the contact was taken away since
    return str(call.caller)
