"""Forgets a patient as far as the law has it: docs/privacy.md says what stays, and why.

A record of care is kept for years (NHS Records Management Code of Practice); until they are over
only what is no part of it goes: ways to reach them, people around them, the words of texts. Then
the rest goes that says who it was. Rows stay, so that what was done is still counted; so does the
audit, which names nobody. `now` is passed in, aware, UTC.
"""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db import transaction
from django.db.models import Max

from booking.changes import audit
from booking.changes.patient_lock import lock_patient
from booking.identifiers.actors import Actor
from booking.identifiers.codes import new_reference
from booking.models import (
    Answer,
    Appointment,
    AuditAction,
    Call,
    NameWord,
    Patient,
    Referral,
    SoonerWish,
    WorklistRow,
)
from booking.models.appointment import LIVE
from booking.patients import legal_holds, personal_data
from notifications.retention import STILL_NEEDED
from times.london import day_in_england

YEARS_KEPT = 8
"""After the last thing that happened, for somebody who was grown up then, or has died."""

CHILD_UNTIL = 25
"""A child’s record is kept until this birthday at least."""

GONE = "erased"
NO_BIRTHDAY = (1, 1)


class CareGoesOn(Exception):
    """The patient still waits, or has a time to come: nothing can be erased; the text says what."""


class OnHoldError(CareGoesOn):
    """A legal hold keeps the record."""


@dataclass(frozen=True)
class Plan:
    """What would go: how many rows of what. `kept_until` is when the record itself may go too."""

    is_whole: bool
    kept_until: date
    counts: dict[str, int]


def plan(patient: Patient, *, now: datetime) -> Plan:
    """Return what erasing would do now; it does nothing. Raises CareGoesOn."""
    records = patient.records
    if why := why_not(records, now):
        raise CareGoesOn(why)
    if legal_holds.standing(now).filter(patient__in=records).exists():
        raise OnHoldError("A legal hold keeps it: lift it first")
    until = kept_until(records)
    is_whole = day_in_england(now) >= until
    counts = {what: rows.count() for what, rows in _beside(records).items()}
    if is_whole:
        counts |= {what: rows.count() for what, (rows, _) in _record(records).items()}
        counts["records"] = len(records)
    return Plan(is_whole, until, {what: number for what, number in counts.items() if number})


def erase(patient: Patient, *, reason: str, now: datetime, actor: Actor) -> Plan:
    """Do what `plan` says, all or nothing, and write it down. Raises CareGoesOn."""
    with transaction.atomic():
        lock_patient(patient.pk)
        patient = Patient.objects.get(pk=patient.pk)
        done, records = plan(patient, now=now), patient.records
        _erase_beside(records)
        if done.is_whole:
            _erase_record(records)
        audit.write(
            AuditAction.ERASED, now=now, actor=actor, patient=patient, reason=reason,
            whole=done.is_whole,
        )  # fmt: skip
    return done


def kept_until(records: list[Patient]) -> date:
    """Return the day until which the record of a patient must be kept: then it may go."""
    birthdays = [years_on(one.born, CHILD_UNTIL) for one in records]
    return max([years_on(last_thing(records), YEARS_KEPT), *birthdays])


def last_thing(records: list[Patient]) -> date:
    """Return the day of the last thing that happened to a patient."""
    appointments = Appointment.objects.filter(referral__patient__in=records)
    referrals = Referral.objects.filter(patient__in=records)
    moments = [
        *appointments.aggregate(a=Max("end"), b=Max("changed_at")).values(),
        *referrals.aggregate(a=Max("ended_at"), b=Max("created_at")).values(),
        *(one.died_at for one in records),
        *(one.created_at for one in records),
    ]
    return day_in_england(max(one for one in moments if one))


def years_on(day: date, years: int) -> date:
    """Return the same day of another year; of 29 February the day after, where there is none."""
    try:
        return day.replace(year=day.year + years)
    except ValueError:  # 29 February
        return date(day.year + years, 3, 1)


def why_not(records: list[Patient], now: datetime) -> str:
    """Return why nothing of a patient may be erased while care goes on; empty if it is over."""
    if records[0].merged_into_id:
        return "This record was joined to another: erase that one"
    if Referral.objects.filter(patient__in=records, ended_at=None).exists():
        return "A referral is open: end it first"
    live = Appointment.objects.filter(referral__patient__in=records, status__in=LIVE)
    if live.filter(end__gt=now).exists():
        return "There is an appointment to come: cancel it first"
    if WorklistRow.objects.filter(referral__patient__in=records, closed_at=None).exists():
        return "Something about them is on a list: see to it first"
    return ""


def _beside(records: list[Patient]) -> dict[str, Any]:
    """Return what is no part of the record of care, by what it is."""
    texts = personal_data.texts_of(records).exclude(state__in=STILL_NEEDED)
    return {
        "texts": texts.exclude(body="", to="", to_hash=""),
        "replies": personal_data.replies_of(records),
        "other phones": _all("booking.OtherPhone", records),
        "contacts": _all("booking.Contact", records),
        "journeys": SoonerWish.objects.filter(referral__patient__in=records).exclude(origin=[]),
    }


def _all(label: str, records: list[Patient]) -> Any:
    paths = {model._meta.label: (model, paths) for model, paths in personal_data.holdings().items()}
    return personal_data.rows_of(*paths[label], records)


def _erase_beside(records: list[Patient]) -> None:
    beside = _beside(records)
    texts = list(beside["texts"].values_list("pk", flat=True))
    beside["replies"].update(body="", number="", number_hash="", code="")
    beside["texts"].model.objects.filter(pk__in=texts).update(body="", to="", to_hash="")
    beside["journeys"].update(origin=[])
    for what in ("other phones", "contacts"):
        keys = list(beside[what].values_list("pk", flat=True))
        beside[what].model.objects.filter(pk__in=keys).delete()
    for one in records:
        one.mobile = one.email = ""
        one.save(update_fields=["mobile", "email"])
    for merge in _all("booking.Merge", records):
        for side in (*merge.before.values(), *merge.after.values()):
            side.update({name: "" for name in ("mobile", "email") if name in side})
        merge.save(update_fields=["before", "after"])
    for referral in Referral.objects.filter(patient__in=records):
        referral.sent = {}  # what it was sent with says it all again
        referral.save(update_fields=["sent"])


def _record(records: list[Patient]) -> dict[str, tuple[Any, dict[str, Any]]]:
    """Return what of the record says who it was, by what it is, and what takes its place."""
    answers = Answer.objects.filter(referral__patient__in=records)
    on_lists = WorklistRow.objects.filter(referral__patient__in=records)
    return {
        "referrals": (Referral.objects.filter(patient__in=records), {"identifier": ""}),
        "notes": (_all("booking.Note", records), {"text": GONE}),
        "calls": (Call.objects.filter(patient__in=records), {"caller_name": ""}),
        "answers": (answers, {"carer_name": "", "carer_relation": ""}),
        "overrides": (answers.exclude(override=""), {"override_reason": GONE}),
        "rows of lists": (on_lists, {"reason": GONE}),
        "alerts": (_all("booking.Alert", records), {"close_words": ""}),
        "joins": (
            _all("booking.Merge", records),
            {"before": {}, "after": {}, "reason": GONE, "undone_reason": ""},
        ),
    }


def _erase_record(records: list[Patient]) -> None:
    for rows, values in _record(records).values():
        keys = list(rows.values_list("pk", flat=True))
        rows.model.objects.filter(pk__in=keys).update(**values)
    for referral in Referral.objects.filter(patient__in=records):
        referral.code = new_reference()  # the old one opens nothing
        referral.save(update_fields=["code"])
    for one in records:
        one.given_name, one.family_name, one.former_names = "", GONE, ""
        one.born = date(one.born.year, *NO_BIRTHDAY)
        one.nhs_number, one.postcode, one.address = None, "", ""
        one.needs, one.needs_declined = [], []
        one.save()
    NameWord.objects.filter(patient__in=records).delete()
