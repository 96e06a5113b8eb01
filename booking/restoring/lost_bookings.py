"""Bookings made since the backup, found from the trusts' side: each is a row on the worklist.

A trust has read its bookings, so it has those that a restore lost. Whatever it has otherwise than
we do, a person phones about: nothing is booked or cancelled here by itself.
"""

from collections import Counter
from collections.abc import Iterable
from datetime import datetime

from django.db import transaction

from booking.identifiers.actors import Actor
from booking.models import Appointment, Referral, Slot, WorklistRow
from booking.restoring.trusts_list import LineUnfit, Theirs
from booking.worklists import rows, subjects
from times.london import say_day, say_time

LOST = "The hospital has a booking of {when} that we lost when a backup was put back. {do}"
BOOK_IT = "Phone the patient and book it again."
ASK = "Ask the hospital who it is: we do not know the request either."
CANCELLED = (
    "The hospital has this booking as over, and we as booked: it was changed after the backup that"
    " was put back. Ask the hospital, then cancel it."
)
BOOKED = (
    "The hospital has this booking, and we have it as over: it was changed after the backup that"
    " was put back. Ask the hospital, then book it again."
)
MOVED = (
    "The hospital has this booking at {when}, and we at another time: it was moved after the backup"
    " that was put back. Ask the hospital, then move it."
)
LONGEST = 200


class Found(Counter[str]):
    """How many lines were of each sort."""

    SAME, LISTED, BEFORE, NOT_THEIRS, REFUSED = (
        "as we have them", "put on the list", "on the list before", "of other trusts", "refused",
    )  # fmt: skip


def list_lost(
    trust: str,
    lines: Iterable[tuple[int, Theirs | LineUnfit]],
    *,
    now: datetime,
    actor: Actor,
) -> tuple[Found, list[str]]:
    """Put on the list whatever a trust has otherwise than we do; return counts, and refusals.

    Safe to run again: what was listed before, and seen to or not, is not listed again.
    """
    found, refusals = Found(), []
    for number, theirs in lines:
        if isinstance(theirs, LineUnfit):
            found[Found.REFUSED] += 1
            refusals.append(f"line {number}: {theirs}")
            continue
        with transaction.atomic():
            found[_look(trust, theirs, now, actor)] += 1
    return found, refusals


def _look(trust: str, theirs: Theirs, now: datetime, actor: Actor) -> str:
    """Compare one with ours; open its row if they differ. Return its sort."""
    read = Appointment.objects.select_related("slot", "referral__patient", "site")
    ours = read.filter(reference=theirs.reference).first()
    if ours is None and not theirs.is_live:
        return Found.SAME
    if ours and trust not in (ours.slot.trust_id, ours.referral.trust_id):
        return Found.NOT_THEIRS
    reason = _difference(ours, theirs) if ours else ""
    referral = ours.referral if ours else _referral(trust, theirs)
    if ours is None:
        do = BOOK_IT if referral else ASK
        reason = LOST.format(when=_when(trust, theirs), do=do)
    if not reason:
        return Found.SAME
    subject = subjects.of_lost_booking(trust, theirs.reference, referral, ours)
    if WorklistRow.objects.filter(about=subject.about).exists():
        return Found.BEFORE
    rows.open_row(rows.Kind.NEEDS_PERSON, subject, reason[:LONGEST], now=now, actor=actor)
    return Found.LISTED


def _difference(ours: Appointment, theirs: Theirs) -> str:
    """Return what to see to, empty if both have the same."""
    marked = (Appointment.Status.ATTENDED, Appointment.Status.DID_NOT_ATTEND)
    if ours.status in marked:
        return ""
    if theirs.is_live != ours.is_live:
        return BOOKED if theirs.is_live else CANCELLED
    if theirs.is_live and theirs.start and theirs.start != ours.start:
        return MOVED.format(when=_say(theirs.start))
    return ""


def _referral(trust: str, theirs: Theirs) -> Referral | None:
    """Return the request that a lost booking was of, as far as the patient's number says."""
    if not theirs.nhs_number:
        return None
    open_ones = Referral.objects.filter(patient__nhs_number=theirs.nhs_number, ended_at=None)
    without = open_ones.exclude(appointments__status__in=("pending", "booked"))
    slot = _slot(trust, theirs)
    if slot is not None:
        fitting = without.filter(exam__modality=slot.modality)
        without = fitting if fitting.exists() else without
    return without.order_by("-created_at").first()


def _slot(trust: str, theirs: Theirs) -> Slot | None:
    if not theirs.slot:
        return None
    found = Slot.objects.select_related("site").filter(trust_id=trust, external_id=theirs.slot)
    return found.order_by("seat").first()


def _when(trust: str, theirs: Theirs) -> str:
    slot = _slot(trust, theirs)
    start = theirs.start or (slot.start if slot else None)
    when = _say(start) if start else "a time that it does not say"
    return f"{when}, {slot.site.name[:40]}" if slot else when


def _say(moment: datetime) -> str:
    return f"{say_time(moment)} on {say_day(moment)}"
