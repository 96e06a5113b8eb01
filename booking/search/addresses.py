"""Places at one address are one entry of a list: a hospital and the CDC in its grounds."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from operator import attrgetter

from booking.search.found import SiteAvailability
from sites import places as site_places
from sites.places import Place
from sites.travel import Journey


@dataclass(frozen=True)
class Address:
    """Places at one address, the nearest first: each a door with times of its own."""

    doors: tuple[SiteAvailability, ...]

    @property
    def journey(self) -> Journey:
        """The way there."""
        return self.doors[0].journey

    @property
    def places(self) -> list[Place]:
        """The places there."""
        return [door.place for door in self.doors]

    @property
    def first_start(self) -> datetime | None:
        """When the first free time of any of its doors starts, None if none has any."""
        return min((door.times[0].start for door in self.doors if door.times), default=None)


def by_address(journeys: Iterable[Journey]) -> list[list[Journey]]:
    """Return journeys by the address that they lead to, in the order of the first of each."""
    every = list(journeys)
    found: dict[int, list[Journey]] = {}
    where = site_places.addresses_of(journey.site_id for journey in every)
    for journey, address in zip(every, where, strict=True):
        found.setdefault(address, []).append(journey)
    return list(found.values())


def how_many(site_ids: Iterable[int]) -> int:
    """Return how many addresses these places have."""
    return len(set(site_places.addresses_of(site_ids)))


def choose(addresses: Sequence[Address], sort: str, limit: int) -> list[Address]:
    """Return up to `limit` of them in the order asked for; those with free times fill it first.

    Those that no journey was found to come last.
    """
    with_times = [one for one in addresses if one.first_start]
    if sort == "soonest":
        with_times.sort(key=attrgetter("first_start"))
        with_times.sort(key=lambda one: one.journey.known_minutes is None)
    chosen = with_times[:limit]
    without = [one for one in addresses if not one.first_start][: limit - len(chosen)]
    if sort == "soonest":
        return chosen + without
    return sorted(chosen + without, key=lambda one: one.journey.minutes)
