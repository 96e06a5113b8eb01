"""Whether a scan can be done in a slot: the one answer for search, hold, book and every other door.

`why_not` says it of one slot, with the reason; `fitting` is the same rule as a filter of a query,
and a test holds the two to one answer. Neither ever says that a scan is safe. What nobody wrote
down about a scanner is "ask", never "fits" (booking/exams/able.py): with contrast too.
"""

import json
import math
from collections.abc import Iterable
from datetime import datetime, time, timedelta
from typing import Any

from django.conf import settings
from django.db.models import (
    BigIntegerField,
    BooleanField,
    CharField,
    Exists,
    Func,
    OuterRef,
    Q,
    QuerySet,
)

from booking.exams import runs
from booking.exams.able import keys_that_can, refusal
from booking.exams.misfit import Misfit
from booking.exams.needed import NOTHING, Needed
from booking.models import Exam, Schedule, Slot
from sites.models import Scanner
from times.london import LONDON, day_in_england
from times.together import Part, read, rows_of
from times.written import Written

__all__ = ["Misfit", "earliest_start", "fitting", "scanners_of", "why_not", "why_not_able"]

JOURNEY_STEP = 5
"""Minutes: a journey counts as the next full step. Nobody knows it better, and places that are
about as far away then share one condition of a query."""


def why_not(
    exam: Exam,
    slot: Slot,
    *,
    needed: Needed = NOTHING,
    earliest: datetime | None = None,
    scanners: list[Scanner] | None = None,
) -> Misfit | None:
    """Return why an exam cannot be done in a slot; None if nothing we know speaks against it.

    A slot that is too short alone may be joined with those that adjoin (booking/exams/runs.py).
    `needed` is what the patient needs of the scanner (`needed_of` their referral). `earliest` is
    when a slot may start at the soonest (`earliest_start`); None asks for no notice.
    `scanners` are those of `scanners_of`, if they are read already.
    """
    if slot.modality != exam.modality:
        return Misfit.MODALITY
    if reason := why_not_able(exam, slot, needed, scanners):
        return reason
    if not runs.can_be_first(exam, slot):
        return Misfit.TOO_SHORT
    if earliest is not None and slot.start < earliest:
        return Misfit.TOO_SOON
    return None


def fitting(
    slots: QuerySet[Slot, Any],
    exam: Exam,
    *,
    needed: Needed = NOTHING,
    earliest: datetime | None = None,
    now: datetime | None = None,
) -> QuerySet[Slot, Any]:
    """Return those of the slots that `why_not` has nothing against.

    With `now`, without those that are too short alone and adjoin none that can be had then.
    """
    slots = runs.long_enough(
        able(slots, exam, needed=needed), exam, now=now, presses=needed.presses
    )
    return slots if earliest is None else slots.filter(start__gte=earliest)


def why_not_able(
    exam: Exam, slot: Slot, needed: Needed, scanners: list[Scanner] | None = None
) -> Misfit | None:
    """Return why the scanners that a slot may be at cannot do this, however long it is; or None."""
    scanners = scanners_of(slot) if scanners is None else scanners
    return refusal(exam, needed, (scanner.abilities for scanner in scanners))


def able(
    slots: QuerySet[Slot, Any], exam: Exam, *, needed: Needed = NOTHING
) -> QuerySet[Slot, Any]:
    """Return those of the slots whose scanners can do this, however long they are."""
    slots = slots.filter(modality=exam.modality)
    keys = keys_that_can(exam, needed)
    return slots if keys is None else slots.filter(_AtOneOf("schedule", "site", keys=keys))


def written_keys(keys: Iterable[int]) -> str:
    """Return keys of `keys_that_can` as the condition of `able` takes them: one value."""
    return json.dumps(list(keys))


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
    return read(scanners_at(slot))


def scanners_at(slot: Slot) -> Part[list[Scanner]]:
    """Read what scanners_of returns."""
    where = {"site": slot.site_id, "modality": slot.modality}
    here: list[Any] = list((yield from rows_of(_HERE(schedule=slot.schedule_id, **where))))
    if here:
        return [one for one in here if one.is_named] or here
    return (yield from rows_of(_COMING(**where)))


def _here(schedule: Any, site: Any, modality: Any) -> QuerySet[Scanner]:
    its_own = Schedule.objects.filter(pk=schedule, scanner=OuterRef("pk"))
    found = Scanner.objects.annotate(is_named=Exists(its_own))
    return found.filter(Q(is_named=True) | Q(modality=modality, site_id=site))


_HERE = Written(_here, schedule=BigIntegerField(), site=BigIntegerField(), modality=CharField())
_COMING = Written(
    lambda site, modality: Scanner.objects.filter(modality=modality, stops__site_id=site),
    site=BigIntegerField(), modality=CharField(),
)  # fmt: skip
"""Those that stand at a site on some days."""


class _AtOneOf(Func):
    """That a slot, from its schedule and site, is where the scan can be done.

    `keys` are the numbers of scanners that can, and, less than zero, of sites whose scanners all
    can: these count where the schedule names no scanner. One expression that no index answers: an
    IN on the site itself makes SQLite leave the index that a search lives by.
    """

    output_field = BooleanField()
    sql = (
        "COALESCE((SELECT b.scanner_id FROM booking_schedule b WHERE b.id = {schedule}), -{site})"
        " {keys}"
    )
    keys = {
        "sqlite": "IN (SELECT value FROM json_each(%s))",
        "postgresql": "= ANY (ARRAY(SELECT value::bigint FROM json_array_elements_text(%s::json)))",
    }

    def as_sql(self, compiler: Any, connection: Any, *args: Any, **options: Any) -> Any:
        """Write it with the names that the query gives to the slot's columns."""
        schedule, site = (compiler.compile(one)[0] for one in self.get_source_expressions())
        sql = self.sql.format(schedule=schedule, site=site, keys=self.keys[connection.vendor])
        return sql, [written_keys(self.extra["keys"])]
