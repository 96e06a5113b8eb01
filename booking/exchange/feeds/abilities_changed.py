"""People who are booked at a scanner that can do less than when they booked: a person sees to each.

They keep their time and no text goes to them: whether a scan can go ahead otherwise is for staff to
say. `now` is passed in, aware, UTC.
"""

from collections import defaultdict
from collections.abc import Container, Iterator
from datetime import datetime

from booking.appointments.places_changed import ACTOR
from booking.exams.able import refusal
from booking.exams.needed import needed_of
from booking.models import Appointment
from booking.models.appointment import LIVE
from booking.worklists import rows, subjects
from sites.abilities import Abilities
from sites.changes import ScannerState, Snapshot

SiteModality = tuple[int | None, str]


class _Standing:
    """Which scanners a slot may be at, as places stood at one moment (as fit.scanners_of)."""

    def __init__(self, places: Snapshot) -> None:
        self.scanners = places.scanners
        self.fixed: dict[SiteModality, list[int]] = defaultdict(list)
        self.visiting: dict[SiteModality, list[int]] = defaultdict(list)
        for pk, scanner in places.scanners.items():
            self.fixed[scanner.site_id, scanner.modality].append(pk)
            for site_id in {site for _, _, site in scanner.stops}:
                self.visiting[site_id, scanner.modality].append(pk)

    def at(self, appointment: Appointment) -> dict[int, Abilities]:
        slot = appointment.slot
        here = (slot.site_id, slot.modality)
        named = slot.schedule.scanner_id
        keys = [named] if named else self.fixed.get(here) or self.visiting.get(here, [])
        return {pk: self.scanners[pk].abilities for pk in keys if pk in self.scanners}


def call_for_people(
    before: Snapshot, after: Snapshot, *, now: datetime, lost: Container[int]
) -> dict[tuple[str, str], int]:
    """Open a row for each who was fit for where they are booked and no longer is; return how many,
    by the scanner that can do less.

    `lost` are slots on which nobody stays booked. Belongs in the transaction of the change.
    """
    was, stands = _Standing(before), _Standing(after)
    called: dict[tuple[str, str], int] = defaultdict(int)
    changed = {pk for pk in after.scanners if can_less(before.scanners.get(pk), after.scanners[pk])}
    for appointment in _booked_at([after.scanners[pk] for pk in changed], now):
        there = stands.at(appointment)
        if appointment.slot_id in lost or not changed & set(there):
            continue
        exam, needed = appointment.referral.exam, needed_of(appointment.referral, now=now)
        reason = refusal(exam, needed, there.values())
        if reason and reason != refusal(exam, needed, was.at(appointment).values()):
            code = after.scanners[min(changed & set(there))].code
            called["scanner", code] += 1
            rows.open_row(
                rows.Kind.NEEDS_PERSON,
                subjects.of_appointment(appointment, subjects.Topic.UNFIT),
                f"What the scanner can do has changed: {reason.label}. The time is kept, and the "
                "patient does not know. Find out, or find another time with the patient.",
                now=now,
                actor=ACTOR,
            )
    return called


def can_less(was: ScannerState | None, scanner: ScannerState) -> bool:
    """Whether a scanner that is new, moved or changed may refuse whom it did not refuse before."""
    if was is None or (was.site_id, was.modality) != (scanner.site_id, scanner.modality):
        return True
    pairs = zip(was.abilities, scanner.abilities, strict=True)
    return any(new != old and new is not True for old, new in pairs)


def _booked_at(scanners: list[ScannerState], now: datetime) -> Iterator[Appointment]:
    sites = {site for one in scanners for site in (one.site_id, *(at for _, _, at in one.stops))}
    booked = Appointment.objects.filter(
        site__in=sites - {None}, status__in=LIVE, start__gt=now,
        slot__modality__in={one.modality for one in scanners},
    )  # fmt: skip
    related = ("slot__schedule", "referral__exam", "referral__patient")
    yield from booked.select_related(*related).order_by("pk").iterator(chunk_size=500)
