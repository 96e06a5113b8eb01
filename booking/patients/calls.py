"""A call about a patient: who calls, what was checked, how it ends; and calls that reach nobody.

What a caller gave us counts for two hours, for the member of staff who asked, and no longer than
the two records stay as they are: a join or a taking apart ends it. Nothing here refuses an act:
pages say what may be said, and a booking is asked once more. `now` is passed in, aware, UTC.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import F, QuerySet

from booking.appointments.warnings import TimeWarning, caller_warning
from booking.changes import audit
from booking.exams.needed import ADULT
from booking.exams.questions.asking import age_of
from booking.models import (
    Attempt,
    AuditAction,
    AuditEntry,
    Call,
    Contact,
    Patient,
    Referral,
    Staff,
    WorklistRow,
)
from booking.patients.candidates import By
from booking.patients.matching import Match
from booking.worklists import attempts, rows, subjects
from received.numbers import whole_number
from times.london import day_in_england
from times.together import Part, beside, count_of, rows_of

Caller, Check, Tried = Call.Caller, Call.Check, Call.Tried

ENOUGH = 2
"""How many of three things make sure who somebody is."""
LASTS = timedelta(hours=2)
"""How long what was checked counts: a call that is left open overnight is not this morning's."""
LONGEST_NAME = 200
NUMBERS = {By.CODE, By.NHS_NUMBER, By.PHONE}
UNANSWERED = (Attempt.What.NO_ANSWER, Attempt.What.LEFT_MESSAGE, Attempt.What.WRONG_NUMBER)


class CallChanged(Exception):
    """The call is not as the page showed it: nothing was done."""


class CallerInvalid(ValueError):
    """Who calls cannot be written down so. `field` is what to put right; the text says how."""

    def __init__(self, field: str, words: str) -> None:
        """Keep which field it is about."""
        super().__init__(words)
        self.field = field


class NothingToCallAbout(Exception):
    """No request of the patient is open, so that nobody is to be called back."""


@dataclass(frozen=True)
class WhoCalls:
    """Who was said to call: as what, which contact of the patient if one, and under what name."""

    caller: str
    contact: Contact | None = None
    name: str = ""


def given_by(match: Match) -> list[str]:
    """Return what a caller gave with the words that found this patient, as codes of Check.

    Of a record that was joined to the patient's own only what is anybody's of the two: a number.
    """
    is_own = not match.candidate.merged_into_id
    gave = {
        Check.BORN: is_own and match.is_same_day,
        Check.ADDRESS: is_own and match.is_same_postcode,
        Check.NUMBER: bool(NUMBERS & match.candidate.by),
    }
    return [str(check) for check, is_given in gave.items() if is_given]


def open_calls(patient: Patient, now: datetime) -> QuerySet[Call]:
    """Return the calls about a patient that go on now, whoever has them."""
    going_on = Call.objects.filter(patient=patient, ended_at=None, began_at__gt=now - LASTS)
    return going_on.select_related("staff__user", "contact").order_by("pk")


def call_of(calls: Iterable[Call], staff: Staff) -> Call | None:
    """Return this person's own among the calls that go on."""
    return next((one for one in calls if one.staff_id == staff.pk), None)


def version_of(call: Call | None) -> str:
    """Return what a form carries of a call as it was shown; "0" of none."""
    return f"{call.pk}.{call.version}" if call else "0"


def may_hear(call: Call) -> bool:
    """Return whether we may speak with this caller about the patient, as things stand now."""
    if call.caller == Caller.CONTACT:
        return bool(call.contact and call.contact.may_speak)
    return call.caller != Caller.OTHER


def is_checked(call: Call) -> bool:
    """Return whether it is sure who calls, or that they call about whom they say."""
    return len(set(call.checked)) >= ENOUGH


def is_child(patient: Patient, now: datetime) -> bool:
    """Return whether a parent speaks for this patient."""
    return age_of(patient.born, day_in_england(now)) < ADULT


def has_address(patient: Patient) -> bool:
    """Return whether there is a postcode or an address to compare with."""
    return bool(patient.postcode or patient.address)


def warnings_for(call: Call | None) -> list[TimeWarning]:
    """Return what is asked once more before a booking: that who calls may not speak for them."""
    return [] if call is None or may_hear(call) else [caller_warning(str(call.pk))]


def check(
    patient: Patient,
    staff: Staff,
    who: WhoCalls,
    checked: Collection[str],
    *,
    seen: str,
    now: datetime,
) -> Call:
    """Write down who calls and what they gave; begins the call if none goes on.

    The same once more changes nothing. Raises CallerInvalid, and CallChanged.
    """
    name = _name_of(who, patient, now)
    gave = [str(one) for one in Check if one in set(checked)]
    fields = {"caller": who.caller, "contact": who.contact, "caller_name": name, "checked": gave}
    with transaction.atomic():
        own = Call.objects.filter(patient=patient, staff=staff, ended_at=None)
        last = own.select_for_update().first()
        call = last if last and last.began_at > now - LASTS else None
        if call and all(getattr(call, field) == value for field, value in fields.items()):
            return call
        if version_of(call) != seen:
            raise CallChanged
        if last and not call:
            own.update(ended_at=last.began_at + LASTS, version=F("version") + 1)
        if call:
            own.filter(version=call.version).update(**fields, version=F("version") + 1)
            call.refresh_from_db()
        else:
            call, is_new = Call.objects.get_or_create(
                patient=patient, staff=staff, ended_at=None, defaults={"began_at": now, **fields}
            )
            if not is_new:
                raise CallChanged
        audit.write(
            AuditAction.CALL_CHECKED, now=now, actor=staff.actor, patient=patient,
            call=call.pk, caller=who.caller, checked=gave,
        )  # fmt: skip
    return call


def end(patient: Patient, staff: Staff, *, seen: str, now: datetime) -> Call:
    """End a call. One that its own press has ended stays as it is. Raises CallChanged."""
    key, _, version = seen.partition(".")
    mine = Call.objects.filter(patient=patient, staff=staff, pk=whole_number(key) or 0)
    with transaction.atomic():
        call = mine.select_for_update().first()
        if call is None:
            raise CallChanged
        if call.ended_at is None:
            if version != str(call.version):
                raise CallChanged
            call.ended_at = min(now, call.began_at + LASTS)
            call.version += 1
            call.save(update_fields=["ended_at", "version"])
            audit.write(
                AuditAction.CALL_ENDED, now=now, actor=staff.actor, patient=patient, call=call.pk
            )
    return call


def end_all(patients: Collection[Patient], *, now: datetime) -> None:
    """End every call about these: what was checked was checked against another record."""
    going_on = Call.objects.filter(patient__in=patients, ended_at=None)
    going_on.filter(began_at__gt=now - LASTS).update(ended_at=now, version=F("version") + 1)


def acts_in(call: Call) -> list[AuditEntry]:
    """Return what the member of staff did for the patient while a call went on, in order."""
    until = call.ended_at or call.began_at + LASTS
    done = AuditEntry.objects.filter(
        actor=call.staff.actor, patient=call.patient, at__gte=call.began_at, at__lte=until
    )
    return list(done.order_by("pk"))


def unanswered(patient: Patient, *, since: datetime) -> Part[int]:
    """Read how many calls of ours reached nobody since then, whichever row each was about.

    One call counts once, also if it was written down on several rows.
    """
    tried = Attempt.objects.filter(
        row__referral__patient=patient, what__in=UNANSWERED, at__gte=since
    ).values_list("at", flat=True)
    calls = Call.objects.filter(patient=patient, began_at__gte=since).exclude(tried="")
    moments, noted = yield from beside(rows_of(tried.order_by("at").distinct()), count_of(calls))
    return len(moments) + int(noted)


def phoned_rows(patient: Patient, trusts: Collection[str], now: datetime) -> list[WorklistRow]:
    """Return the open rows of these trusts that ask somebody to phone this patient."""
    theirs = rows.open_rows(trusts, now=now).filter(referral__patient=patient)
    return [row for row in theirs if attempts.is_phoned(row)]


def version_of_rows(found: Iterable[WorklistRow]) -> str:
    """Return what a form carries of the rows that a call would be about, as they were shown."""
    return ",".join(f"{row.pk}.{row.version}" for row in sorted(found, key=lambda row: row.pk))


def note_unanswered(
    patient: Patient, staff: Staff, tried: str, *, seen: str, now: datetime
) -> None:
    """Write down a call of ours that reached nobody: on each row that asks for one, else by itself.

    Raises CallChanged if the rows are not those that the page showed.
    """
    with transaction.atomic():
        found = phoned_rows(patient, staff.trust_codes, now)
        if version_of_rows(found) != seen:
            raise CallChanged
        if not found:
            Call.objects.create(
                patient=patient, staff=staff, began_at=now, ended_at=now, tried=Tried(tried)
            )
            audit.write(
                AuditAction.CALL_ENDED, now=now, actor=staff.actor, patient=patient, tried=tried
            )
        _record(found, tried, None, staff, now)


def call_back(
    patient: Patient,
    referral: Referral | None,
    staff: Staff,
    call_at: datetime,
    *,
    seen: str,
    now: datetime,
) -> None:
    """Let every row that asks for a call wait until then; without one, open one for that moment.

    Raises CallChanged as note_unanswered does, attempts.CallTooLate, and NothingToCallAbout.
    """
    with transaction.atomic():
        found = phoned_rows(patient, staff.trust_codes, now)
        if version_of_rows(found) != seen:
            raise CallChanged
        if not found:
            if referral is None or referral.ended_at or patient.died_at:
                raise NothingToCallAbout
            subject = subjects.of_referral(referral, subjects.Topic.CALL)
            reason = "They asked us to phone at a time that was agreed."
            kind = rows.Kind.NEEDS_PERSON
            found = [rows.open_row(kind, subject, reason, now=now, actor=staff.actor)]
        _record(found, Attempt.What.CALL_BACK, call_at, staff, now)


def _record(
    found: Iterable[WorklistRow], what: str, call_at: datetime | None, staff: Staff, now: datetime
) -> None:
    for row in found:
        try:
            attempts.record(row, what, call_at=call_at, now=now, actor=staff.actor)
        except attempts.RowChanged:
            raise CallChanged from None


def _name_of(who: WhoCalls, patient: Patient, now: datetime) -> str:
    """Return the name to keep of who calls. Raises CallerInvalid."""
    name = who.name.strip()
    if who.caller == Caller.CONTACT:
        if who.contact is None or who.contact.patient_id != patient.pk:
            raise CallerInvalid("caller", "This person is not known any more. Choose again")
        return who.contact.name
    if who.caller == Caller.PATIENT:
        return ""
    if len(name) > LONGEST_NAME:
        raise CallerInvalid("caller_name", f"Type at most {LONGEST_NAME} letters")
    if who.caller == Caller.PARENT:
        if not is_child(patient, now):
            words = f"The patient is {ADULT} or older: a parent speaks only if the patient agreed"
            raise CallerInvalid("caller", words)
        if not name:
            raise CallerInvalid("caller_name", "Type the name of the parent or guardian")
    return name
