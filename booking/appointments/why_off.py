"""Who took an appointment off, and why: the one place that says so, for pages, staff and trusts."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from django.db.models import QuerySet

from booking.identifiers.actors import ActorKind
from booking.models import Appointment, AuditAction, AuditEntry, FeedKey, Referral
from times.together import Part, read, rows_of

Status = Appointment.Status
OFF = [Status.CANCELLED, Status.DISPLACED]
TAKEN_OFF = [
    AuditAction.CANCELLED, AuditAction.DISPLACED, AuditAction.REFUSED, AuditAction.UNDONE,
]  # fmt: skip
BY_MISTAKE = "by_mistake"
"""A booking that a clerk took back with Undo."""
REFUSED = "refused"
"""The trust did not confirm a time that it was asked for."""
SCANNER_MOVED = "scanner_moved"
PLACE_MOVED = "place_moved"
PLACE_CLOSED = "place_closed"
SCANNER_CHANGED = "scanner_changed"
"""The scanner there was changed or taken away, and what is left cannot do the scan."""
EXAM_CHANGED = "exam_changed"
"""The trust that referred changed what is to be scanned, and the time does not suit it."""
FOR_THE_PATIENT = "pat"
"""The trust says that the patient told it: how HL7's codes for that begin."""
DECEASED = "pat-dec"
"""A trust says so of a time that had passed when it told us that the patient has died."""


class By(StrEnum):
    """Who took it off."""

    PATIENT = "patient"
    STAFF = "staff"
    HOSPITAL = "hospital"
    """The trust whose place it was at."""
    REFERRER = "referrer"
    """The trust that asked for the scan, where the place is another trust's or it said so."""
    SERVICE = "service"
    """Nobody is known by the audit: an appointment from before it told."""


@dataclass(frozen=True)
class Off:
    """That an appointment is off. `why` is a code: a clerk's reason, an end's, or one of above."""

    by: By
    why: str
    at: datetime


def why_off(appointments: Iterable[Appointment]) -> dict[int, Off]:
    """Return of each appointment that is cancelled or displaced who did it and why, by its key.

    It is the last act on it that took it off, whoever did it. Two queries, however many there are.
    """
    off = {one.pk: one for one in appointments if one.status in OFF}
    if not off:
        return {}
    taken_off = read(rows_of(entries().filter(appointment__in=list(off))))
    return read(reasons(off.values(), taken_off))


def entries() -> QuerySet[AuditEntry]:
    """Return what took appointments off, the last last."""
    return AuditEntry.objects.filter(action__in=TAKEN_OFF).order_by("pk")


def reasons(
    appointments: Iterable[Appointment], taken_off: Iterable[AuditEntry]
) -> Part[dict[int, Off]]:
    """Read what why_off says, of the `entries` that are known to be about these appointments."""
    off = {one.pk: one for one in appointments if one.status in OFF}
    last = {entry.appointment_id or 0: entry for entry in taken_off if entry.appointment_id in off}
    trusts = yield from _trusts_of_keys(last.values())
    return {
        pk: _read(one, last[pk], trusts) if pk in last else Off(By.SERVICE, "", one.changed_at)
        for pk, one in off.items()
    }


def _read(appointment: Appointment, entry: AuditEntry, trusts: dict[str, str]) -> Off:
    kind, _, key = entry.actor.partition(" ")
    reason = str(entry.detail.get("reason", ""))
    match AuditAction(entry.action):
        case AuditAction.UNDONE:
            return Off(By.STAFF, BY_MISTAKE, entry.at)
        case AuditAction.REFUSED:
            return Off(By.HOSPITAL, REFUSED, entry.at)
        case AuditAction.DISPLACED:
            why = SCANNER_MOVED if kind == ActorKind.STOPS else reason
            return Off(By.HOSPITAL, why, entry.at)
    if kind == ActorKind.PATIENT:
        return Off(By.PATIENT, "", entry.at)
    if kind == ActorKind.STAFF:
        by = By.REFERRER if reason == Referral.End.WITHDRAWN else By.STAFF
        return Off(by, reason, entry.at)
    if kind == ActorKind.KEY:
        at_its_place = trusts.get(key, appointment.site.trust_id) == appointment.site.trust_id
        return Off(By.HOSPITAL if at_its_place else By.REFERRER, _tidied(reason), entry.at)
    if kind in (ActorKind.FEED, ActorKind.IMPORT):
        return Off(By.REFERRER, reason, entry.at)
    return Off(By.SERVICE, reason, entry.at)


def _tidied(reason: str) -> str:
    """Return a trust's reason as one of ours: whatever the patient told it is one."""
    if reason == DECEASED:
        return Referral.End.DIED
    return FOR_THE_PATIENT if reason.startswith(FOR_THE_PATIENT) else reason


def _trusts_of_keys(entries: Collection[AuditEntry]) -> Part[dict[str, str]]:
    """Return the ODS code of the trust of each key that these entries name."""
    acted = [entry.actor.partition(" ") for entry in entries]
    prefixes = {key for kind, _, key in acted if kind == ActorKind.KEY}
    if not prefixes:
        return {}
    keys = FeedKey.objects.filter(prefix__in=prefixes)
    return dict((yield from rows_of(keys.values_list("prefix", "trust_id"))))
