"""What is counted in a month of the invented network: who was scanned, who waits, and the rest."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date

from insights.demo import names, story
from insights.demo.line import Cells, cut
from insights.models.figures import Hours
from sites.models import Scanner, Site, Stop

Where = tuple[int, int]
"""Place (0 is none) and hours of the week."""
NOWHERE: Where = (0, Hours.ORDINARY)
LOOKS = 720
"""At a feed in a month: one an hour."""
URGENCIES = (("suspected_cancer", 0.08), ("urgent", 0.20), ("routine", 0.72))
WEIGHTS = {Site.Kind.HOSPITAL: 1.0, Site.Kind.CDC: 0.45, Site.Kind.MOBILE: 0.05}
"""What a scanner does at each kind of place, and a mobile one at each of its stops."""


@dataclass
class Count:
    """One counter's group of a trust, scan and month: by urgency who is where.

    `totals` is what they have together, by urgency. `has_people`: deciles and needs are invented,
    too; of times, texts and alerts they are not known.
    """

    counter: str
    group: str
    trust: str
    modality: str
    places: dict[str, Cells[Where]]
    totals: dict[str, int] = field(default_factory=dict)
    has_people: bool = True


@dataclass(frozen=True)
class Stand:
    """A place with a kind of scan: its key, kind, slug, and how much it does."""

    site: int
    kind: str
    slug: str
    weight: float


def stands() -> dict[tuple[str, str], list[Stand]]:
    """Return where each trust does each kind of scan, as the places are now."""
    found: dict[tuple[str, str], dict[int, Stand]] = {}
    fixed = Scanner.objects.filter(site__isnull=False).order_by("site_id", "pk")
    rows = [(one.site, one.modality) for one in fixed.select_related("site") if one.site]
    stops = Stop.objects.order_by("site_id", "scanner_id").select_related("site", "scanner")
    rows += [(one.site, one.scanner.modality) for one in stops]
    for site, modality in rows:
        here = found.setdefault((site.trust_id, modality), {})
        before = here[site.pk].weight if site.pk in here else 0.0
        added = WEIGHTS[Site.Kind(site.kind)]
        if site.kind == Site.Kind.MOBILE and before:
            added = 0.0  # a stop that comes back is one place
        here[site.pk] = Stand(site.pk, site.kind, site.slug, before + added)
    return {key: list(some.values()) for key, some in sorted(found.items())}


def counts(
    trust: str, modality: str, places: list[Stand], month: int, first: date, holidays: int
) -> Iterator[Count]:
    """Yield all that is counted of a trust's scans of one kind in a month that `first` begins."""
    usual = story.usual(modality, trust, first.month)
    scans = round(usual * story.level(modality, trust, month))
    where = _where(places, modality, trust, month, holidays)
    done = {urgency: cut(n, where) for urgency, n in cut(scans, URGENCIES)}
    waits = {urgency: _waited(done[urgency], urgency, month) for urgency in done}
    yield Count(names.SCANS, "", trust, modality, done, waits)
    yield from _minutes(trust, modality, done)
    yield from _times(trust, modality, _by_place(done), month)
    stock = round(usual * story.waiting(modality, month))
    yield from _waiting(trust, modality, stock, month)
    yield from _changes(trust, modality, scans, where, month)
    yield from _messages(trust, modality, scans)


def _where(
    places: list[Stand], modality: str, trust: str, month: int, holidays: int
) -> list[tuple[Where, float]]:
    shares = []
    for stand in places:
        weight = stand.weight
        if stand.slug == story.NEW_CENTRE:
            weight *= min(1.0, max(0, month - story.OPENS + 1) / 4)
        if stand.slug == story.BROKEN_AT and story.is_away(modality, trust, month):
            weight /= 2
        hours = story.hours(stand.kind, month, holidays)
        shares += [((stand.site, when), weight * share) for when, share in hours]
    return shares


def _waited(cells: Cells[Where], urgency: str, month: int) -> int:
    return round(sum(n for _, n in cells) * story.mean_wait(urgency, month))


def _by_place(done: dict[str, Cells[Where]]) -> Cells[Where]:
    """Return how many were scanned where, of any urgency."""
    sums: dict[Where, int] = {}
    for cells in done.values():
        for where, n in cells:
            sums[where] = sums.get(where, 0) + n
    return sorted(sums.items())


def _times(trust: str, modality: str, scanned: Cells[Where], month: int) -> Iterator[Count]:
    """Yield who was booked and who did not come; and times: taken by them, unused, and lost."""
    away = story.is_away(modality, trust, month)
    missed = [(where, round(n * story.missed(month))) for where, n in scanned]
    for name, more in ((names.MISSED, 0), (names.BOOKED, 1)):
        cells = [
            (where, no + more * n)
            for (where, n), (_, no) in zip(scanned, missed, strict=True)
            if no + more * n
        ]
        yield Count(name, "", trust, modality, {"routine": cells})
    for is_out in (False, True):
        mark = names.OUT_OF_HOURS if is_out else ""
        here = [
            (where, n, no)
            for (where, n), (_, no) in zip(scanned, missed, strict=True)
            if (where[1] != Hours.ORDINARY) == is_out
        ]
        rows = {
            names.TAKEN: [(where, n + no) for where, n, no in here],
            names.UNUSED: [(where, round(n * (0.13 if is_out else 0.05))) for where, n, _ in here],
            names.LOST: [(where, round(n * (0.30 if away else 0.008))) for where, n, _ in here],
        }
        for group, some in rows.items():
            cells = [cell for cell in some if cell[1]]
            if cells:
                yield Count(names.SLOTS, group + mark, trust, modality, {"": cells}, {}, False)


def _waiting(trust: str, modality: str, stock: int, month: int) -> Iterator[Count]:
    """Yield who waits at the end of the month: by both of the clocks."""
    share_over = story.over_six_weeks(modality, trust, month)
    for name, worse in ((names.WAITING, 1.0), (names.FROM_REFERRAL, 1.15)):
        over = round(stock * share_over * worse)
        bands = story.bands(share_over, month)
        inside = [one for one in bands if one[0] < "06"]
        beyond = [one for one in bands if one[0] >= "06"]
        for band, n in [*cut(stock - over, inside), *cut(over, beyond)]:
            shares = URGENCIES if band < "02" else URGENCIES[1:] if band < "04" else URGENCIES[2:]
            places = {urgency: [(NOWHERE, some)] for urgency, some in cut(n, shares)}
            days = {urgency: (int(band) * 7 + 3) * cells[0][1] for urgency, cells in places.items()}
            known = name == names.WAITING
            yield Count(name, band, trust, modality, places, days, has_people=known)


def _changes(
    trust: str, modality: str, scans: int, where: list[tuple[Where, float]], month: int
) -> Iterator[Count]:
    """Yield what was cancelled, displaced, and offered sooner."""
    away = story.is_away(modality, trust, month)
    usual = [((site, when), share) for (site, when), share in where if when == Hours.ORDINARY]
    whose = (
        (names.BY_PATIENT, 0.055), (names.BY_US, 0.09 if away else 0.012), (names.BY_TRUST, 0.006),
    )  # fmt: skip
    for who, share in whose:
        for notice, n in cut(round(scans * share), list(names.NOTICES.items())):
            cells = {"routine": cut(n, usual)}
            yield Count(
                names.CANCELLED, f"{who} {notice}", trust, modality, cells, has_people=False
            )
    displaced = round(scans * (0.22 if away else 0.004))
    for how, n in cut(displaced, list(names.ENDS.items())):
        cells = {"routine": cut(n, usual)}
        yield Count(names.DISPLACED, how, trust, modality, cells, has_people=False)
    made = round(scans * 0.03)
    took = 0.38 + 0.004 * month
    for group, n in cut(made, [("taken", took), ("not taken", 1 - took)]):
        days = {"routine": n * 11} if group == "taken" else {}
        yield Count(names.OFFERS, group, trust, modality, {"routine": [(NOWHERE, n)]}, days)


def _messages(trust: str, modality: str, scans: int) -> Iterator[Count]:
    """Yield the alerts of suspected cancer by how each step did, and the texts."""
    alerts = round(scans * 0.08)
    for step, in_time in names.ALERTS.items():
        for group, n in cut(alerts, [("in time", in_time), ("late", 1 - in_time)]):
            cells = {"suspected_cancer": [(NOWHERE, n)]}
            yield Count(step, group, trust, modality, cells, {}, has_people=False)
    shares = [("delivered", 0.96), ("not delivered", 0.03), ("not known", 0.01)]
    for group, n in cut(round(scans * 2.6), shares):
        cells, parts = {"": [(NOWHERE, n)]}, {"": round(n * 1.4)}
        yield Count(names.TEXTS, group, trust, modality, cells, parts, has_people=False)


def of_the_network(scans: int) -> Iterator[Count]:
    """Yield what is no trust's: the texts that came in."""
    for group, n in cut(round(scans * 0.5), [("read", 0.9), ("not read", 0.1)]):
        yield Count(names.REPLIES, group, "", "", {"": [(NOWHERE, n)]}, {}, has_people=False)


def of_a_trust(trust: str, month: int) -> Iterator[Count]:
    """Yield how its feed did."""
    refused = 0.02 + 0.04 * (month == story.AWAY)
    for group, n in cut(2_800, [("taken", 1 - refused), ("refused", refused)]):
        yield Count(names.FEED_CALLS, group, trust, "", {"": [(NOWHERE, n)]}, {}, has_people=False)
    for group, n in cut(LOOKS, [("on time", 1 - refused), ("late", refused)]):
        minutes = n * (9 if group == "on time" else 95)
        where = {"": [(NOWHERE, n)]}
        yield Count(names.FEED_LOOKS, group, trust, "", where, {"": minutes}, has_people=False)


def _minutes(trust: str, modality: str, done: dict[str, Cells[Where]]) -> Iterator[Count]:
    """Yield the minutes of the way there, and how many more than to the nearest place."""
    for counter, each in ((names.JOURNEYS, 24), (names.FURTHER, 7)):
        minutes = {urgency: each * sum(n for _, n in some) for urgency, some in done.items()}
        yield Count(counter, "", trust, modality, done, minutes)
