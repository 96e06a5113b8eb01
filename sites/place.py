"""A place as pages, JSON and travel need it: values that never change."""

from dataclasses import dataclass
from datetime import date, time
from functools import cached_property
from math import cos, hypot, radians

from sites.abilities import NOT_SAID, Abilities
from sites.models import EVENING

SAME_ADDRESS_KM = 0.5
"""Places of one postcode that are nearer than this are at one address, such as a hospital and the
CDC in its grounds. A postcode of the country may hold places further apart."""
KM_PER_DEGREE = 111.2
"""Of latitude."""


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

    @cached_property
    def point(self) -> tuple[float, float]:
        """Where it is: latitude and longitude."""
        return self.lat, self.lon

    @property
    def evenings(self) -> bool:
        """Whether it is open after 6pm on some day."""
        return any(day.closes > EVENING for day in self.hours)

    @property
    def weekends(self) -> bool:
        """Whether it is open on Saturday or Sunday."""
        return any(day.weekday >= 5 for day in self.hours)
