"""Whether a scan can be done in a slot: the one answer for search, hold, book and every other door.

`why_not` says it of one slot, with the reason; `fitting` is the same rule as a filter of a query,
and a test holds the two to one answer. Neither ever says that a scan is safe: what nobody wrote
down about a scanner is no reason to refuse it.
"""

import math
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db.models import Exists, Func, IntegerField, OuterRef, Q, QuerySet, TextChoices
from django.db.models.lookups import GreaterThanOrEqual

from booking.models import Exam, Slot
from sites.models import Scanner

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

    `earliest` is when a slot may start at the soonest (`earliest_start`); None asks for no notice.
    """
    if slot.modality != exam.modality:
        return Misfit.MODALITY
    if exam.contrast and refuses_contrast(scanners_of(slot)):
        return Misfit.CONTRAST
    if _second(slot.end) - _second(slot.start) < exam.minutes * 60:
        return Misfit.TOO_SHORT
    if earliest is not None and slot.start < earliest:
        return Misfit.TOO_SOON
    return None


def fitting(
    slots: QuerySet[Slot, Any], exam: Exam, *, earliest: datetime | None = None
) -> QuerySet[Slot, Any]:
    """Return those of the slots that `why_not` has nothing against."""
    lasts = _Second("end") - _Second("start")
    slots = slots.filter(GreaterThanOrEqual(lasts, exam.minutes * 60), modality=exam.modality)
    if exam.contrast:
        slots = slots.exclude(_no_contrast())
    return slots if earliest is None else slots.filter(start__gte=earliest)


def earliest_start(exam: Exam | None, *, now: datetime, travel: float | None = None) -> datetime:
    """Return when a slot may start at the soonest for a patient who chooses it now.

    Never sooner than the setting NOTICE_MINUTES; nor than the journey (`travel`, in minutes; None
    where it is not known), arriving ARRIVAL_MINUTES before, and the exam's preparation.
    """
    journey = math.ceil((travel or 0) / JOURNEY_STEP) * JOURNEY_STEP
    needed = journey + settings.ARRIVAL_MINUTES + (exam.prepare_minutes if exam else 0)
    return now + timedelta(minutes=max(settings.NOTICE_MINUTES, needed))


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


def _no_contrast() -> Q:
    """Return `refuses_contrast(scanners_of(slot))` as a condition."""
    alike = Scanner.objects.filter(modality=OuterRef("modality"))
    named = Scanner.objects.filter(schedule=OuterRef("schedule"))
    stands = alike.filter(site=OuterRef("site"))
    comes = alike.filter(stops__site=OuterRef("site"))
    nobody_stands = ~Exists(stands) & Exists(comes.filter(contrast=False))
    unnamed = ~Exists(named) & (Exists(stands.filter(contrast=False)) | nobody_stands)
    return Exists(named.filter(contrast=False)) | unnamed


def _second(moment: datetime) -> int:
    return math.floor(moment.timestamp())


class _Second(Func):
    """A moment in whole seconds since 1970, which both databases count alike."""

    output_field = IntegerField()

    def as_sqlite(self, compiler: Any, connection: Any, **options: Any) -> Any:
        """Write it as SQLite's strftime: its %s must survive two formattings."""
        template = "CAST(strftime('%%%%s', %(expressions)s) AS INTEGER)"
        return self.as_sql(compiler, connection, template=template, **options)

    def as_postgresql(self, compiler: Any, connection: Any, **options: Any) -> Any:
        """Write it as PostgreSQL's extract."""
        template = "CAST(floor(extract(epoch FROM %(expressions)s)) AS BIGINT)"
        return self.as_sql(compiler, connection, template=template, **options)
