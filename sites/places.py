"""Every site in memory: what a search ranks, without a query."""

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, time
from functools import cached_property
from math import cos, hypot, radians
from time import monotonic
from typing import Any

from django.db.models.signals import post_delete, post_save
from django.utils import timezone

from sites.abilities import NOT_SAID, Abilities
from sites.models import EVENING, OpenHours, Scanner, Site, Stop

SAME_ADDRESS_KM = 0.5
"""Places of one postcode that are nearer than this are at one address, such as a hospital and the
CDC in its grounds. A postcode of the country may hold places further apart."""
KM_PER_DEGREE = 111.2
"""Of latitude."""
KEPT = 60.0
"""Seconds until another process's change of a site is seen; our own is seen at once."""


@dataclass(frozen=True)
class Machine:
    """A scanner that is always there, and what it can do."""

    modality: str
    name: str
    abilities: Abilities = NOT_SAID
    id: int = 0


@dataclass(frozen=True)
class Visit:
    """A stop of a mobile scanner: which, where, days (both included), hours on each of them."""

    scanner_id: int
    scanner: str
    name: str
    modality: str
    site_id: int
    first_day: date
    last_day: date
    opens: time
    closes: time
    abilities: Abilities = NOT_SAID

    def is_on(self, day: date) -> bool:
        """Whether the scanner stands there on this day."""
        return self.first_day <= day <= self.last_day


@dataclass(frozen=True)
class Hours:
    """Opening hours on one weekday (0 is Monday)."""

    weekday: int
    opens: time
    closes: time


@dataclass(frozen=True)
class Place:
    """A site as pages, JSON and travel need it. `trust` is the ODS code; degrees WGS 84.

    `modalities` are those of its own machines and of visits that have not ended; `visits` holds
    these, the first one first.
    """

    id: int
    slug: str
    name: str
    kind: str
    trust: str
    trust_name: str
    address: str
    postcode: str
    lat: float
    lon: float
    entrance: str
    modalities: frozenset[str]
    building: str = ""
    parking: str = ""
    blue_badge: str = ""
    bus: str = ""
    rail: str = ""
    facilities: frozenset[str] = frozenset()
    hours: tuple[Hours, ...] = ()
    machines: tuple[Machine, ...] = ()
    visits: tuple[Visit, ...] = ()
    closed: bool = False
    ods_code: str = ""

    def scanners_of(self, modality: str) -> frozenset[int]:
        """Return the numbers of the scanners of a modality that stand there, or come there."""
        fixed = {one.id for one in self.machines if one.modality == modality}
        return frozenset(fixed | {v.scanner_id for v in self.visits if v.modality == modality})

    def is_beside(self, other: "Place") -> bool:
        """Whether a place of the same postcode is at the same address."""
        north = (self.lat - other.lat) * KM_PER_DEGREE
        east = (self.lon - other.lon) * KM_PER_DEGREE * cos(radians(self.lat))
        return bool(self.postcode) and hypot(north, east) < SAME_ADDRESS_KM

    @property
    def evenings(self) -> bool:
        """Whether it is open after 6pm on some day."""
        return any(day.closes > EVENING for day in self.hours)

    @property
    def weekends(self) -> bool:
        """Whether it is open on Saturday or Sunday."""
        return any(day.weekday >= 5 for day in self.hours)


class Table:
    """All places, as they were when it was read."""

    def __init__(self, places: list[Place], scanners: list[Scanner], stops: "Stops") -> None:
        """Keep the places, what each scanner can do, and every stop by the number of its scanner,
        in order."""
        self.places = places
        self.scanners = {one.pk: one.abilities for one in scanners}
        self.stops = stops
        self.read_at = monotonic()
        self.answers: dict[Any, Any] = {}
        """What others worked out of the table: it goes with it."""

    def scanners_at(self, modality: str) -> dict[int, list[int]]:
        """Return the numbers of the scanners of a modality at each site that has any: those that
        always stand there; where none does, those that come there."""
        found: dict[int, list[int]] = {}
        for visit in (visit for visits in self.stops.values() for visit in visits):
            if visit.modality == modality:
                found.setdefault(visit.site_id, []).append(visit.scanner_id)
        for place in self.places:
            if fixed := [one.id for one in place.machines if one.modality == modality]:
                found[place.id] = fixed
        return found

    @cached_property
    def by_id(self) -> dict[int, Place]:
        """Places by their number."""
        return {place.id: place for place in self.places}

    @cached_property
    def by_slug(self) -> dict[str, Place]:
        """Places by their name in addresses."""
        return {place.slug: place for place in self.places}

    @cached_property
    def addresses(self) -> dict[int, int]:
        """The number of the first place at the same address, by a place's number."""
        firsts: dict[str, list[Place]] = {}
        found = {}
        for place in self.places:
            of_postcode = firsts.setdefault("".join(place.postcode.upper().split()), [])
            first = next((one for one in of_postcode if one.is_beside(place)), place)
            if first is place:
                of_postcode.append(place)
            found[place.id] = first.id
        return found


Stops = dict[int, list[Visit]]
_kept: dict[str, Table] = {}
"""The table that this process has, under one key; empty when it must be read."""


def table() -> Table:
    """Return all places, read again when a minute old or when one was changed here."""
    kept = _kept.get("table")
    if kept is None or monotonic() - kept.read_at > KEPT:
        kept = _kept["table"] = _read()
    return kept


def clear(**_: Any) -> None:
    """Forget the table: the next look reads it again."""
    _kept.clear()


def get(site_id: int) -> Place:
    """Return the place of this number. Raises Site.DoesNotExist."""
    for _ in range(2):
        if site_id in table().by_id:
            return table().by_id[site_id]
        clear()  # another process may have added it
    raise Site.DoesNotExist(site_id)


def find(slug: str) -> Place | None:
    """Return the place of this name, None if there is none or it has closed."""
    place = table().by_slug.get(slug)
    return place if place and not place.closed else None


def open_places() -> list[Place]:
    """Return every place that has not closed."""
    return [place for place in table().places if not place.closed]


def places_of(trusts: Collection[str]) -> list[Place]:
    """Return the places of these trusts by name, those that have closed last."""
    own = [place for place in table().places if place.trust in trusts]
    return sorted(own, key=lambda place: (place.closed, place.name))


def address_of(site_id: int) -> int:
    """Return what places at one address share: the number of the first of them."""
    return table().addresses.get(site_id, site_id)


def visit_on(scanner_id: int, day: date) -> Visit | None:
    """Return where a mobile scanner stands on a day, None if nowhere."""
    stops = table().stops.get(scanner_id, [])
    return next((visit for visit in stops if visit.is_on(day)), None)


def visits_of(scanner: str) -> list[Visit]:
    """Return all stops of the mobile scanner of this code, in order."""
    of_all = table().stops.values()
    return [visit for stops in of_all for visit in stops if visit.scanner == scanner]


def places_with(
    modality: str,
    kinds: Collection[str] = (),
    needs: Collection[str] = (),
    opening: Collection[str] = (),
) -> list[Place]:
    """Return the places that scan with this modality (empty: any scan), of these kinds if any are
    given, that meet all of these needs, and are open in all of `opening` (evenings, weekends)."""
    return [
        place
        for place in open_places()
        if (modality in place.modalities or not modality)
        and (not kinds or place.kind in kinds)
        and place.facilities.issuperset(needs)
        and ("evenings" not in opening or place.evenings)
        and ("weekends" not in opening or place.weekends)
    ]


def _read() -> Table:
    machines, hours = defaultdict(list), defaultdict(list)
    scanners = list(Scanner.objects.order_by("pk"))
    for scanner in scanners:
        machines[scanner.site_id].append(
            Machine(scanner.modality, scanner.name, scanner.abilities, scanner.pk)
        )
    for day in OpenHours.objects.order_by("weekday"):
        hours[day.site_id].append(Hours(day.weekday, day.opens, day.closes))
    stops = _stops()
    today, visits = timezone.localdate(), defaultdict(list)
    for visit in sorted((v for of in stops.values() for v in of), key=lambda v: v.first_day):
        if visit.last_day >= today:
            visits[visit.site_id].append(visit)
    sites = Site.objects.select_related("trust").order_by("pk")
    return Table(
        [_place(site, machines[site.pk], hours[site.pk], visits[site.pk]) for site in sites],
        scanners,
        stops,
    )


def _stops() -> Stops:
    stops: Stops = {}
    for stop in Stop.objects.select_related("scanner").order_by("first_day"):
        stops.setdefault(stop.scanner_id, []).append(
            Visit(
                scanner_id=stop.scanner_id,
                scanner=stop.scanner.code or "",
                name=stop.scanner.name,
                modality=stop.scanner.modality,
                site_id=stop.site_id,
                first_day=stop.first_day,
                last_day=stop.last_day,
                opens=stop.opens,
                closes=stop.closes,
                abilities=stop.scanner.abilities,
            )
        )
    return stops


def _place(site: Site, machines: list[Machine], hours: list[Hours], visits: list[Visit]) -> Place:
    return Place(
        id=site.pk,
        slug=site.slug,
        name=site.name,
        kind=site.kind,
        trust=site.trust_id,
        trust_name=site.trust.name,
        address=site.address,
        postcode=site.postcode,
        lat=site.lat,
        lon=site.lon,
        entrance=site.entrance,
        modalities=frozenset(m.modality for m in machines) | {v.modality for v in visits},
        building=site.building,
        parking=site.parking,
        blue_badge=site.blue_badge,
        bus=site.bus,
        rail=site.rail,
        facilities=frozenset(site.facilities),
        hours=tuple(hours),
        machines=tuple(machines),
        visits=tuple(visits),
        closed=site.closed,
        ods_code=site.ods_code or "",
    )


for _model in (Site, Scanner, Stop, OpenHours):
    post_save.connect(clear, sender=_model, dispatch_uid=f"places-{_model.__name__}-saved")
    post_delete.connect(clear, sender=_model, dispatch_uid=f"places-{_model.__name__}-deleted")
