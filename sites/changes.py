"""What must happen elsewhere when places change: other rooms register here, for we may not import
them (booking knows of appointments; sites does not).

Whoever writes trusts' sites, scanners or stops does it inside `followed`: the others then follow
what changed, in the same transaction, whichever way it came in.
"""

from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date
from hashlib import blake2b
from typing import NamedTuple

from django.db import transaction

from sites import places
from sites.abilities import Abilities
from sites.models import Scanner, Site, Stop


class SiteState(NamedTuple):
    """What people who are to come to a site know of it, and whether it is still there."""

    slug: str
    name: str
    address: str
    postcode: str
    lat: float
    lon: float
    closed: bool
    trust_id: str


class ScannerState(NamedTuple):
    """What decides who can be scanned on a scanner, and where. `site_id` is None of a mobile one;
    its `stops` are then (first day, last day, site)."""

    code: str
    site_id: int | None
    modality: str
    abilities: Abilities
    stops: frozenset[tuple[date, date, int]]


class Snapshot(NamedTuple):
    """All sites and scanners as they stood at one moment, by their keys."""

    sites: dict[int, SiteState]
    scanners: dict[int, ScannerState]


@dataclass
class Effects:
    """What became of people and times, as a few words each, by a site's slug or scanner's code.

    `days` are the days on which people are touched who are booked, in England.
    """

    sites: dict[str, str] = field(default_factory=dict)
    scanners: dict[str, str] = field(default_factory=dict)
    days: set[date] = field(default_factory=set)

    @property
    def digest(self) -> str:
        """The same in one word, empty if nothing became of anybody: who saw it sends it back."""
        said = [*self.sites.items(), *self.scanners.items(), *sorted(self.days)]
        if not any(words for words in [*self.sites.values(), *self.scanners.values()]):
            return ""
        return blake2b(repr(said).encode(), digest_size=12).hexdigest()


reasons_to_keep: list[Callable[[int], str]] = []
"""Each takes the number of a site and returns why it may not be closed, empty if it may."""
followers: list[Callable[[Snapshot, Snapshot, Effects], None]] = []
"""Each takes all places as they were and as they are, once a transaction, at its end, and adds
what it did about that."""

files_loaded: list[Callable[[dict[str, int]], None]] = []
"""Each takes, of a file of places that somebody loaded by a command, how many rows became what."""

exam_codes: list[Callable[[], Collection[str]]] = []
"""Each returns the codes of the exams that it knows: sites does not know of exams."""


def unknown_exams(codes: Collection[str]) -> set[str]:
    """Return which of the codes are of no exam; none, as long as no exam is loaded."""
    known = {code for ask in exam_codes for code in ask()}
    return set(codes) - known if known else set()


def why_keep(site_id: int) -> str:
    """Return why a site may not be closed, empty if it may."""
    return next((reason for ask in reasons_to_keep if (reason := ask(site_id))), "")


def say_loaded(became: dict[str, int]) -> None:
    """Say that a file was loaded, and how many of its rows became what; belongs into its own
    transaction.
    """
    for follow in files_loaded:
        follow(became)


@contextmanager
def followed() -> Iterator[Effects]:
    """Let the others follow whatever the block writes of places, in its own transaction.

    Two such transactions run one after the other, so that each sees what it changed itself. The
    effects are there once the block has ended.
    """
    effects = Effects()
    with transaction.atomic():
        list(Site.objects.select_for_update(no_key=True).order_by("pk").values_list("pk"))
        before = _read()
        yield effects
        places.clear()
        after = _read()
        if before != after:
            for follow in followers:
                follow(before, after, effects)


def _read() -> Snapshot:
    rows = Site.objects.values_list("pk", *SiteState._fields)
    sites = {pk: SiteState(*values) for pk, *values in rows}
    stops: dict[int, set[tuple[date, date, int]]] = {}
    for stop in Stop.objects.all():
        days = (stop.first_day, stop.last_day, stop.site_id)
        stops.setdefault(stop.scanner_id, set()).add(days)
    scanners = {
        one.pk: ScannerState(
            one.code or "",
            one.site_id,
            one.modality,
            one.abilities,
            frozenset(stops.get(one.pk, ())),
        )
        for one in Scanner.objects.all()
    }
    return Snapshot(sites, scanners)
