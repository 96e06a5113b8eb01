"""The three figures that everybody may see, by kind of place: in rounded numbers alone.

Waits, scans against the year before the pandemic, and times outside working hours. Each cell is
rounded by itself (insights/small_numbers.py), also the network's: nothing can be taken off.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, NamedTuple

from django.db.models import Case, Q, Sum, Value, When

from insights import replica
from insights.against_baseline import Baseline
from insights.dm01.catalogue import OURS_ONLY
from insights.dm01.providers import successors, trust_now
from insights.measures.slots import OUT_OF_HOURS
from insights.measures.waiting import OVER_SIX_WEEKS
from insights.models import PlaceMonth, TrustMonth
from insights.small_numbers import HIDDEN, mean, rounded_sum
from sites.models import Site
from times.london import LONDON

WAITING, SCANS, OFFERED = "waiting", "scans", "slots"
MONTHS = 24
ALL, NO_PLACE = "all", ""
SETTINGS = {
    "hospital": "Hospitals",
    "cdc": "Community diagnostic centres",
    "mobile": "Mobile scanners",
    NO_PLACE: "No place yet",
    ALL: "All together",
}
Part = tuple[str, str]
"""A trust and a kind of scan: what rounded sums are made of."""
Sums = dict[tuple[str, date], Counter[Part]]
"""By kind of place and month, then by its parts."""


@dataclass(frozen=True)
class Share:
    """A part of a whole, both rounded: None where a number is too small to be said."""

    part: int | None
    whole: int | None

    @property
    def value(self) -> float | None:
        """The share in percent; None where it cannot be said."""
        if self.part is None or not self.whole:
            return None
        return 100 * self.part / self.whole

    @property
    def words(self) -> str:
        """The share as a page says it."""
        if self.whole == 0:
            return "none"
        return HIDDEN if self.value is None else f"{self.value:.{0 if self.value >= 10 else 1}f}%"


@dataclass(frozen=True)
class Headline:
    """One of the three: month by month for all together, and by kind of place for two months."""

    months: dict[date, Share]
    settings: dict[str, tuple[Share, Share | None]]
    """By the words of the kind of place: the last month, and the same a year before."""

    @property
    def last(self) -> Share:
        """The last month of all together."""
        return self.months[max(self.months)]


@dataclass(frozen=True)
class Performance:
    """What the page shows; a headline is None where nothing was counted, or cannot be compared."""

    month: date
    before: date
    waits: Headline | None
    days: dict[str, tuple[str, str]]
    """Mean days of who was scanned, by the words of the kind of place, as in a headline."""
    activity: Headline | None
    extended: Headline | None
    has_baseline: bool


def performance(modality: str, *, now: datetime) -> Performance | None:
    """Return the figures of one kind of scan, or of all ("") up to the last whole month.

    None if nothing was counted yet.
    """
    month = _last_month(now)
    if month is None:
        return None
    before = month.replace(year=month.year - 1)
    found = _read(modality, month, before)
    baseline = Baseline()
    counted = [one for one in found.months if found.scans[ALL, one] or found.offered[ALL, one]]
    then = {one: baseline.of(one, None, modality or None) for one in counted}
    return Performance(
        month=month,
        before=before,
        waits=_headline(found.over, _sum_of(found.waiting), found, skip=(NO_PLACE,)),
        days={
            SETTINGS[kind]: (_days(found, kind, month), _days(found, kind, before))
            for kind in SETTINGS
            if kind != NO_PLACE and found.scans[kind, month]
        },
        activity=_headline(found.scans, lambda _, one: then.get(one), found, skip=(NO_PLACE,)),
        extended=_headline(found.extended, _sum_of(found.offered), found, skip=(NO_PLACE,)),
        has_baseline=modality not in OURS_ONLY,
    )


@dataclass
class _Found:
    """What was counted, by kind of place and month; `days` is what who was scanned had waited."""

    months: list[date]
    over: Sums
    waiting: Sums
    scans: Sums
    days: Sums
    extended: Sums
    offered: Sums


def _last_month(now: datetime) -> date | None:
    """Return the last whole month of which scans were counted."""
    this = now.astimezone(LONDON).date().replace(day=1)
    counted = TrustMonth.objects.filter(counter=SCANS, month__lt=this)
    last = counted.order_by("-month").values_list("month", flat=True)
    return next(iter(replica.rows(last[:1])), None)


def _read(modality: str, last: date, before: date) -> _Found:
    """Read all months of all places together, and two of them by kind of place."""
    index = last.year * 12 + last.month - 1
    months = [date(at // 12, at % 12 + 1, 1) for at in range(index - MONTHS + 1, index + 1)]
    sums: list[Any] = [defaultdict(Counter) for _ in range(6)]
    found = _Found(months, *sums)
    asked = {"modality": modality} if modality else {}
    columns = ("counter", COUNTS_TWICE, "trust", "modality", "month")
    old = successors()
    together = TrustMonth.objects.filter(
        counter__in=(WAITING, SCANS, OFFERED), month__in=months, **asked
    ).values_list(*columns)
    for row in replica.rows(together.annotate(Sum("n"), Sum("total")).order_by()):
        _add(found, ALL, _row(row, old), modality)
    kinds = dict(Site.objects.values_list("pk", "kind"))
    by_place = PlaceMonth.objects.filter(
        counter__in=(SCANS, OFFERED), month__in=(last, before), **asked
    ).values_list("site", *columns)
    for site, *row in replica.rows(by_place.annotate(Sum("n"), Sum("total")).order_by()):
        _add(found, kinds.get(site, NO_PLACE), _row(row, old), modality)
    return found


COUNTS_TWICE = Case(
    When(
        Q(counter=WAITING, group__in=OVER_SIX_WEEKS)
        | Q(counter=OFFERED, group__endswith=OUT_OF_HOURS),
        then=Value(1),
    ),
    default=Value(0),
)
"""Whether a figure is of the part that a headline is about, beside being of its whole."""


class _Row(NamedTuple):
    """What was counted."""

    counter: str
    counts_twice: int
    trust: str
    modality: str
    month: date
    n: int
    total: int


def _row(row: Sequence[Any], old: dict[str, str]) -> _Row:
    """Return what was counted, of the trust that it is of now: a merged one is one part."""
    read = _Row(*row)
    return read._replace(trust=trust_now(read.trust, old))


def _add(found: _Found, kind: str, row: _Row, modality: str) -> None:
    """Add a row to what it is a part of: of all scans together, X-rays and such only to times."""
    key, part = (kind, row.month), (row.trust, row.modality)
    if row.counter == OFFERED:
        found.offered[key][part] += row.n
        if row.counts_twice:
            found.extended[key][part] += row.n
    elif not modality and row.modality in OURS_ONLY:
        return
    elif row.counter == SCANS:
        found.scans[key][part] += row.n
        found.days[key][part] += row.total
    else:
        found.waiting[key][part] += row.n
        if row.counts_twice:
            found.over[key][part] += row.n


def _days(found: _Found, kind: str, month: date) -> str:
    """Return the mean days that who was scanned had waited, in whole days."""
    days, scans = found.days[kind, month].total(), found.scans[kind, month].total()
    return mean(days, scans, exact=False) or "none"


Whole = Callable[[str, date], int | None]
"""What a share is of, by kind of place and month; None where that cannot be said."""


def _headline(
    parts: Sums, whole: Whole, found: _Found, skip: Iterable[str] = ()
) -> Headline | None:
    def share(kind: str, month: date) -> Share:
        return Share(_sum_of(parts)(kind, month), whole(kind, month))

    months = {one: share(ALL, one) for one in found.months if whole(ALL, one)}
    month = found.months[-1]
    before = month.replace(year=month.year - 1)
    if month not in months:
        return None
    kinds = [kind for kind in SETTINGS if kind not in skip and parts[kind, month]]
    return Headline(
        months,
        {
            SETTINGS[kind]: (share(kind, month), share(kind, before) if before in months else None)
            for kind in kinds
        },
    )


def _sum_of(sums: Mapping[tuple[str, date], Counter[Part]]) -> Whole:
    return lambda kind, month: rounded_sum(sums[kind, month].values())


__all__ = ["Headline", "Performance", "Share", "performance"]
