"""Every site in memory: what a search ranks, without a query."""

from collections.abc import Callable, Collection, Iterable
from datetime import date
from typing import Any

from django.db.models.signals import post_delete, post_save

from sites.keeper import Keeper
from sites.models import OpenHours, Scanner, Site, Stop, Trust
from sites.place import Hours, Machine, Place, Visit
from sites.place_table import Table, read_mark, read_table

__all__ = ["Hours", "Machine", "Place", "Table", "Visit", "table"]

before_use: list[Callable[[Table, Table | None], None]] = []
"""Each takes a table that was just read, before anybody else has it, and the one before it, if
there is one: what was worked out of that and is so still need not be worked out again."""


def _read(before: Table | None) -> Table:
    found = read_table(read_mark())
    for prepare in before_use:
        prepare(found, before)
    return found


_keeper = Keeper(read_mark, _read)


def table() -> Table:
    """Return all places. What was changed here is seen at once, what elsewhere in sites.keeper.SEEN
    seconds; nobody but the one who reads them anew waits for that."""
    return _keeper.get()


def at_hand() -> Table | None:
    """Return the table that this process has, None if it has not read one; the database is not
    asked."""
    return _keeper.at_hand()


def look() -> None:
    """See whether something has changed, and then read the places anew before anybody asks."""
    _keeper.look()


def clear(**_: Any) -> None:
    """Say that places were changed here: who did it sees it at once, the others when it is
    committed."""
    _keeper.change()


def forget() -> None:
    """Have no table, as a new process: for tests."""
    _keeper.forget()


def get(site_id: int) -> Place:
    """Return the place of this number. Raises Site.DoesNotExist."""
    place = table().by_id.get(site_id)
    if place is None:  # another process may have added it
        place = _keeper.look().by_id.get(site_id)
    if place is None:
        raise Site.DoesNotExist(site_id)
    return place


def find(slug: str) -> Place | None:
    """Return the place of this name, None if there is none or it has closed."""
    place = table().by_slug.get(slug)
    return place if place and not place.closed else None


def open_places() -> list[Place]:
    """Return every place that has not closed."""
    return list(table().open)


def places_of(trusts: Collection[str]) -> list[Place]:
    """Return the places of these trusts by name, those that have closed last."""
    own = [place for place in table().places if place.trust in trusts]
    return sorted(own, key=lambda place: (place.closed, place.name))


def addresses_of(site_ids: Iterable[int]) -> list[int]:
    """Return, for each site, what places at one address share: the number of the first of them."""
    first = table().addresses
    return [first.get(site_id, site_id) for site_id in site_ids]


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
    scan = table().open_with(modality) if modality else table().open
    if not (kinds or needs or opening):
        return list(scan)
    return [
        place
        for place in scan
        if (not kinds or place.kind in kinds)
        and place.facilities.issuperset(needs)
        and ("evenings" not in opening or place.evenings)
        and ("weekends" not in opening or place.weekends)
    ]


for _model in (Trust, Site, Scanner, Stop, OpenHours):
    post_save.connect(clear, sender=_model, dispatch_uid=f"places-{_model.__name__}-saved")
    post_delete.connect(clear, sender=_model, dispatch_uid=f"places-{_model.__name__}-deleted")
