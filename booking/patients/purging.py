"""Erases by itself what need not be kept any more: docs/privacy.md says what, and when.

Two rules, each for a patient as a whole, with the records joined to theirs. Nobody is touched while
care goes on, or a legal hold stands. What is done is what `patient_erase` does
(booking/patients/erasing.py); this only finds whose time has come. `now` is aware, UTC.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from django.db import transaction
from django.db.models import Exists, OuterRef

from booking.changes.patient_lock import lock_patient
from booking.identifiers.actors import Actor
from booking.models import AuditAction, AuditEntry, Patient, Referral
from booking.patients import erasing, legal_holds
from times.london import day_in_england

BATCH = 500
"""Patients that are looked at for each query."""

BESIDE_YEARS = 1
"""After the last thing that happened: until then somebody may ask about their scan."""


class Rule(StrEnum):
    """Why something goes, as the audit has it."""

    RECORD = "purge: the years of the record are over"
    BESIDE = "purge: a year since care was over"


@dataclass
class Found:
    """What goes, or went: people by rule, rows by rule and table; and whom a hold keeps."""

    people: Counter[Rule] = field(default_factory=Counter)
    rows: Counter[tuple[Rule, str]] = field(default_factory=Counter)
    held: int = 0

    def add(self, rule: Rule, plan: erasing.Plan) -> None:
        """Count one more patient."""
        self.people[rule] += 1
        for table, number in plan.counts.items():
            self.rows[rule, table] += number


def look(*, now: datetime) -> Found:
    """Return what `purge` would do now; it does nothing."""
    found = Found()
    for patient in _candidates(now):
        rule = rule_for(patient, now=now)
        if rule and legal_holds.standing(now).filter(patient__in=patient.records).exists():
            found.held += 1
        elif rule:
            found.add(rule, erasing.plan(patient, now=now))
    return found


def purge(*, now: datetime, actor: Actor) -> Found:
    """Erase what need not be kept; return what.

    Each patient is a transaction of their own: stopped half-way, the next run does the rest.
    """
    found = Found()
    for patient in _candidates(now):
        try:
            _purge_one(patient.pk, found, now, actor)
        except erasing.OnHoldError:
            found.held += 1
    return found


def rule_for(patient: Patient, *, now: datetime) -> Rule | None:
    """Return why something of a patient goes now; None while care goes on or it was done."""
    records, today = patient.records, day_in_england(now)
    if erasing.why_not(records, now):
        return None
    erased = AuditEntry.objects.filter(patient__in=records, action=AuditAction.ERASED)
    last = erasing.last_thing(records)
    if today >= erasing.kept_until(records):
        return None if any(one.detail.get("whole") for one in erased) else Rule.RECORD
    if today < erasing.years_on(last, BESIDE_YEARS):
        return None
    is_done = any(day_in_england(one.at) >= last for one in erased)
    return None if is_done else Rule.BESIDE


def _purge_one(key: int, found: Found, now: datetime, actor: Actor) -> None:
    with transaction.atomic():
        lock_patient(key)
        patient = Patient.objects.get(pk=key)
        # Looked at again under the lock: another run may have been here, or a new request.
        if rule := rule_for(patient, now=now):
            found.add(rule, erasing.erase(patient, reason=rule, now=now, actor=actor))


def _candidates(now: datetime) -> Iterator[Patient]:
    """Yield who may be due, each once, by their keys; most of those who are not are left out."""
    old = now - timedelta(days=364 * BESIDE_YEARS)  # rule_for looks at the day itself
    of_patient = Referral.objects.filter(patient=OuterRef("pk"))
    erased = AuditEntry.objects.filter(patient=OuterRef("pk"), action=AuditAction.ERASED)
    waiting = Patient.objects.filter(merged_into=None, created_at__lte=old).exclude(
        Exists(of_patient.filter(ended_at=None))
        | Exists(of_patient.filter(created_at__gt=old))
        | Exists(erased.filter(detail__whole=True))
    )
    last = 0
    while batch := list(waiting.filter(pk__gt=last).order_by("pk")[:BATCH]):
        yield from batch
        last = batch[-1].pk
