"""People who are booked at a scanner that can do less than when they booked: a person sees to each.

They keep their time and no text goes to them: whether a scan can go ahead otherwise is for staff to
say. `now` is passed in, aware, UTC.
"""

from collections import defaultdict
from collections.abc import Container, Iterator
from contextlib import contextmanager
from datetime import datetime

from booking.appointments.choices import on_slots
from booking.appointments.places_changed import ACTOR
from booking.exams import fit
from booking.exams.able import refusal
from booking.exams.misfit import ORDER, Misfit
from booking.exams.needed import needed_of
from booking.models import Appointment, Slot
from booking.models.appointment import LIVE
from booking.worklists import rows, subjects
from sites.abilities import Abilities
from sites.changes import ScannerState, Snapshot

_RELATED = ("slot__schedule", "referral__exam", "referral__patient")
_FURTHER = "parts__slot__schedule"
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
        keys = {pk for slot in _slots_of(appointment) for pk in self._keys(slot)}
        return {pk: self.scanners[pk].abilities for pk in sorted(keys) if pk in self.scanners}

    def _keys(self, slot: Slot) -> list[int]:
        here = (slot.site_id, slot.modality)
        named = slot.schedule.scanner_id
        return [named] if named else self.fixed.get(here) or self.visiting.get(here, [])


def call_for_people(
    before: Snapshot, after: Snapshot, *, now: datetime, lost: Container[int]
) -> dict[tuple[str, str], list[datetime]]:
    """Open a row for each who was fit for where they are booked and no longer is; return when they
    are to come, by the scanner that can do less.

    `lost` are slots on which nobody stays booked. Belongs in the transaction of the change.
    """
    was, stands = _Standing(before), _Standing(after)
    called: dict[tuple[str, str], list[datetime]] = defaultdict(list)
    changed = {pk for pk in after.scanners if can_less(before.scanners.get(pk), after.scanners[pk])}
    for appointment in _booked_at([after.scanners[pk] for pk in changed], now):
        there = stands.at(appointment)
        is_lost = any(pk in lost for pk in appointment.slot_ids())
        if is_lost or not changed & set(there):
            continue
        exam, needed = appointment.referral.exam, needed_of(appointment.referral, now=now)
        reason = refusal(exam, needed, there.values())
        if reason and reason != refusal(exam, needed, was.at(appointment).values()):
            code = after.scanners[min(changed & set(there))].code
            called["scanner", code].append(appointment.start)
            _call(appointment, reason, now)
    return called


@contextmanager
def watched(schedule_id: int | None, *, now: datetime) -> Iterator[None]:
    """Open a row for each who is booked on this schedule, was fit for its scanner before the block,
    and is not after it. None watches nothing.
    """
    on_it = on_slots(Slot.objects.filter(schedule=schedule_id).values("pk"))
    booked = (
        Appointment.objects.filter(on_it, status__in=LIVE, start__gt=now)
        .select_related(*_RELATED)
        .prefetch_related(_FURTHER)
    )
    before = {one.pk: _reason(one, now) for one in booked} if schedule_id else {}
    yield
    for appointment in booked.filter(pk__in=before) if before else ():
        reason = _reason(appointment, now)
        if reason and reason != before[appointment.pk]:
            _call(appointment, reason, now)


def _reason(appointment: Appointment, now: datetime) -> Misfit | None:
    exam, needed = appointment.referral.exam, needed_of(appointment.referral, now=now)
    reasons = [
        refusal(exam, needed, (one.abilities for one in fit.scanners_of(slot)))
        for slot in _slots_of(appointment)
    ]
    return min((one for one in reasons if one), key=ORDER.__getitem__, default=None)


def _slots_of(appointment: Appointment) -> list[Slot]:
    """Return all slots of an appointment: its second visit may be at another scanner."""
    return [appointment.slot, *(part.slot for part in appointment.further())]


def _call(appointment: Appointment, reason: Misfit, now: datetime) -> None:
    rows.open_row(
        rows.Kind.NEEDS_PERSON,
        subjects.of_appointment(appointment, subjects.Topic.UNFIT),
        f"{reason.plainly}. This is new since they booked. They keep the time, and do not know. "
        "Find out, or offer another.",
        now=now,
        actor=ACTOR,
    )


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
    listed = booked.select_related(*_RELATED).prefetch_related(_FURTHER).order_by("pk")
    yield from listed.iterator(chunk_size=500)
