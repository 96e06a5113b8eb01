"""All places at one moment, read from the database: what sites/places.py keeps in memory."""

from collections import defaultdict
from datetime import date
from functools import cached_property
from typing import Any, NamedTuple

from django.utils import timezone

from sites.models import OpenHours, PlacesVersion, Scanner, Site, Stop
from sites.place import Hours, Machine, Place, Visit

Stops = dict[int, list[Visit]]


class Mark(NamedTuple):
    """What tables of the same content have in common: the version of the rows, and the day in
    England, since visits that have ended are left out. None: no version was ever written."""

    version: int | None
    day: date


class Table:
    """All places, as they were when it was read."""

    def __init__(
        self, mark: Mark, places: list[Place], scanners: list[Scanner], stops: Stops
    ) -> None:
        """Keep the places, what each scanner can do, and every stop by the number of its scanner,
        in order."""
        self.mark = mark
        self.places = places
        self.scanners = {one.pk: one.abilities for one in scanners}
        self.stops = stops
        self._with: dict[str, list[Place]] = {}
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
    def open(self) -> list[Place]:
        """Places that have not closed."""
        return [place for place in self.places if not place.closed]

    def open_with(self, modality: str) -> list[Place]:
        """Return the open places that scan with a modality. Nobody may change the list."""
        if modality not in self._with:
            self._with[modality] = [one for one in self.open if modality in one.modalities]
        return self._with[modality]

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


def read_mark() -> Mark:
    """Return the mark of what the database holds now: one row."""
    version = PlacesVersion.objects.values_list("value", flat=True).first()
    return Mark(version, timezone.localdate())


def read_table(mark: Mark) -> Table:
    """Return all places. `mark` was read before: what is read is as new as it says, or newer."""
    machines: dict[int | None, list[Machine]] = defaultdict(list)
    hours = defaultdict(list)
    scanners = list(Scanner.objects.order_by("pk"))
    for scanner in scanners:
        machines[scanner.site_id].append(
            Machine(scanner.modality, scanner.name, scanner.abilities, scanner.pk)
        )
    for day in OpenHours.objects.order_by("weekday"):
        hours[day.site_id].append(Hours(day.weekday, day.opens, day.closes))
    stops = _stops()
    visits: dict[int, list[Visit]] = defaultdict(list)
    for visit in sorted((v for of in stops.values() for v in of), key=lambda v: v.first_day):
        if visit.last_day >= mark.day:
            visits[visit.site_id].append(visit)
    sites = Site.objects.select_related("trust").order_by("pk")
    return Table(
        mark,
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
