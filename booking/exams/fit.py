"""Whether a scan can be done in a slot: the one answer for search, hold, book and every other door.

`why_not` says it of one slot, with the reason; `fitting` is the same rule as a filter of a query,
and a test holds the two to one answer. Neither ever says that a scan is safe: what nobody wrote
down about a scanner is no reason to refuse it.
"""

import math
from collections.abc import Iterable
from datetime import datetime, time, timedelta
from typing import Any

from django.conf import settings
from django.db.models import BooleanField, Func, QuerySet, TextChoices

from booking.exams import runs
from booking.models import Exam, Slot
from sites.models import Scanner
from times.london import LONDON, day_in_england

JOURNEY_STEP = 5
"""Minutes: a journey counts as the next full step. Nobody knows it better, and places that are
about as far away then share one condition of a query."""


class Misfit(TextChoices):
    """Why a scan cannot be done in a slot, in words for patients and staff alike."""

    MODALITY = "modality", "That time is not for this kind of scan"
    CONTRAST = "contrast", "This scan needs a dye (contrast), and the scanner there cannot give it"
    TOO_SHORT = "too_short", "This scan takes longer than that time"
    TOO_SOON = "too_soon", "That time is too soon to prepare for the scan and to travel there"


def why_not(exam: Exam, slot: Slot, *, earliest: datetime | None = None) -> Misfit | None:
    """Return why an exam cannot be done in a slot; None if nothing we know speaks against it.

    A slot that is too short alone may be joined with those that adjoin (booking/exams/runs.py).
    `earliest` is when a slot may start at the soonest (`earliest_start`); None asks for no notice.
    """
    if slot.modality != exam.modality:
        return Misfit.MODALITY
    if exam.contrast and refuses_contrast(scanners_of(slot)):
        return Misfit.CONTRAST
    if not runs.can_be_first(exam, slot):
        return Misfit.TOO_SHORT
    if earliest is not None and slot.start < earliest:
        return Misfit.TOO_SOON
    return None


def fitting(
    slots: QuerySet[Slot, Any],
    exam: Exam,
    *,
    earliest: datetime | None = None,
    now: datetime | None = None,
) -> QuerySet[Slot, Any]:
    """Return those of the slots that `why_not` has nothing against.

    With `now`, without those that are too short alone and adjoin none that can be had then.
    """
    slots = runs.long_enough(able(slots, exam), exam, now=now)
    return slots if earliest is None else slots.filter(start__gte=earliest)


def able(slots: QuerySet[Slot, Any], exam: Exam) -> QuerySet[Slot, Any]:
    """Return those of the slots whose scanners can do an exam, however long they are."""
    slots = slots.filter(modality=exam.modality)
    return slots.filter(_GivesContrast("schedule", "site", "modality")) if exam.contrast else slots


def earliest_start(exam: Exam | None, *, now: datetime, travel: float | None = None) -> datetime:
    """Return when a slot may start at the soonest for a patient who chooses it now.

    Never sooner than the setting NOTICE_MINUTES; nor than the journey (`travel`, in minutes; None
    where it is not known), arriving before, and the exam's preparation; nor before as many whole
    days have passed as the exam needs, because something for it is ordered ahead.
    """
    journey = math.ceil((travel or 0) / JOURNEY_STEP) * JOURNEY_STEP
    arriving = exam.arrive_minutes if exam else settings.ARRIVAL_MINUTES
    needed = journey + arriving + (exam.prepare_minutes if exam else 0)
    soonest = now + timedelta(minutes=max(settings.NOTICE_MINUTES, needed))
    if exam is None or not exam.notice_days:
        return soonest
    first_day = day_in_england(now) + timedelta(days=exam.notice_days + 1)
    return max(soonest, datetime.combine(first_day, time(), LONDON))


def scanners_of(slot: Slot) -> list[Scanner]:
    """Return the scanners that a slot may be at.

    The one that its schedule names. Where it names none, those of its modality that always stand
    at its site; where none does, those that come there.
    """
    alike = Scanner.objects.filter(modality=slot.modality)
    for found in (
        Scanner.objects.filter(schedule=slot.schedule_id),
        alike.filter(site=slot.site_id),
        alike.filter(stops__site=slot.site_id),
    ):
        if scanners := list(found):
            return scanners
    return []


def refuses_contrast(scanners: Iterable[Scanner]) -> bool:
    """Return whether one of the scanners says of itself that it does no contrast.

    Of several that a slot may be at, the trust chooses: one that cannot is enough to refuse.
    """
    return any(scanner.contrast is False for scanner in scanners)


class _GivesContrast(Func):
    """That not `refuses_contrast(scanners_of(slot))`, from a slot's schedule, site and modality.

    As SQL, because the ORM builds it anew for each search, in more time than the whole
    search takes without it.
    """

    output_field = BooleanField()
    sql = """NOT (
        EXISTS (SELECT 1 FROM booking_schedule b JOIN sites_scanner s ON s.id = b.scanner_id
                WHERE b.id = {schedule} AND NOT s.contrast)
        OR NOT EXISTS (SELECT 1 FROM booking_schedule b
                       WHERE b.id = {schedule} AND b.scanner_id IS NOT NULL)
        AND (
            EXISTS (SELECT 1 FROM sites_scanner s
                    WHERE s.site_id = {site} AND s.modality = {modality} AND NOT s.contrast)
            OR NOT EXISTS (SELECT 1 FROM sites_scanner s
                           WHERE s.site_id = {site} AND s.modality = {modality})
            AND EXISTS (SELECT 1 FROM sites_stop p JOIN sites_scanner s ON s.id = p.scanner_id
                        WHERE p.site_id = {site} AND s.modality = {modality} AND NOT s.contrast)
        ))"""

    def as_sql(self, compiler: Any, connection: Any, *args: Any, **options: Any) -> Any:  # noqa: ARG002
        """Write it with the names that the query gives to the slot's columns."""
        columns = [compiler.compile(one)[0] for one in self.get_source_expressions()]
        schedule, site, modality = columns
        return self.sql.format(schedule=schedule, site=site, modality=modality), []
