"""Two records side by side: what differs, what a merge would move, and where they clash."""

import hashlib
import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from booking.messages import texts
from booking.models import Appointment, Patient, Referral, Slot
from booking.models.appointment import LIVE
from booking.patients import reach
from notifications import opt_outs
from times.london import day_in_england

FIELDS = ("given_name", "family_name", "born", "nhs_number", "mobile", "email", "address",
          "postcode")  # fmt: skip
"""What a person has one of: of what differs, a lead says whose to keep."""


@dataclass(frozen=True)
class Side:
    """One of the two, with what hangs on it."""

    patient: Patient
    referrals: list[Referral]
    appointments: list[Appointment]
    held: list[Slot]
    waiting_texts: int
    notes: int
    has_opted_out: bool


@dataclass(frozen=True)
class Comparison:
    """Both, and what becomes of them. `version` tells this state from every other.

    Pairs are a referral that would move and one that is there: for the same exam, both open; or
    with times, booked or held, on one day.
    """

    kept: Side
    lost: Side
    differing: list[str]
    same_exam: list[tuple[Referral, Referral]]
    clashes: list[tuple[Referral, Referral]]
    version: str


def compare(kept: Patient, lost: Patient, *, now: datetime) -> Comparison:
    """Return the two side by side, as the database has them now."""
    ours, theirs = _side(kept, now), _side(lost, now)
    return Comparison(
        ours,
        theirs,
        differing(kept, lost),
        [
            (one, other)
            for one in theirs.referrals
            for other in ours.referrals
            if one.exam_id == other.exam_id and not one.ended_at and not other.ended_at
        ],
        _clashes(theirs, ours),
        _version(ours, theirs),
    )


def differing(kept: Patient, lost: Patient) -> list[str]:
    """Return the fields of which both have a value, and not the same."""
    return [
        name
        for name in FIELDS
        if getattr(kept, name)
        and getattr(lost, name)
        and getattr(kept, name) != getattr(lost, name)
    ]


def _side(patient: Patient, now: datetime) -> Side:
    referrals = list(patient.referrals.select_related("exam", "trust", "patient").order_by("pk"))
    live = Appointment.objects.filter(referral__in=referrals, status__in=LIVE)
    held = Slot.objects.filter(held_by__in=referrals, free_at__gt=now)
    return Side(
        patient,
        referrals,
        list(live.select_related("site", "referral__exam").order_by("start", "pk")),
        list(held.select_related("site").order_by("start", "pk")),
        texts.waiting_for(referrals),
        patient.notes.count(),
        opt_outs.has_opted_out(opt_outs.hash_of(patient.mobile)),
    )


def _clashes(theirs: Side, ours: Side) -> list[tuple[Referral, Referral]]:
    """Return pairs of referrals that have times on one day."""
    found = {}
    for referral, start in _times(theirs):
        for other, other_start in _times(ours):
            if day_in_england(start) == day_in_england(other_start):
                found[referral.pk, other.pk] = (referral, other)
    return list(found.values())


def _times(side: Side) -> list[tuple[Referral, datetime]]:
    by_key = {one.pk: one for one in side.referrals}
    booked = [(by_key[one.referral_id], one.start) for one in side.appointments]
    return booked + [(by_key[one.held_by_id], one.start) for one in side.held if one.held_by_id]


def _version(*sides: Side) -> str:
    """Return what changes whenever either of the two does; nothing of them can be read there."""
    state: list[Any] = []
    for side in sides:
        patient = side.patient
        state += [
            patient.pk, patient.merged_into_id, patient.needs, patient.died_at,
            [getattr(patient, name) for name in FIELDS],
            reach.version_of(patient),
            [(one.pk, one.urgency, one.ended_at) for one in side.referrals],
            [(one.pk, one.version) for one in side.appointments],
            [one.pk for one in side.held],
            side.notes,
        ]  # fmt: skip
    return hashlib.sha256(json.dumps(state, default=str).encode()).hexdigest()[:32]
