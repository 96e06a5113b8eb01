"""One change of places that somebody makes by hand: all of its rows, or none.

It is checked, and followed, as the rows of a file are.
"""

from dataclasses import dataclass
from hashlib import blake2b
from typing import Any

from django.db import transaction

from sites import changes, places
from sites.imports import apply, cells, export
from sites.imports.cells import RowRefused
from sites.imports.table import Row
from sites.models import Scanner, Site, Stop

_ROWS: dict[str, tuple[type[Any], Any]] = {
    "site": (Site, export.site_row),
    "scanner": (Scanner, export.scanner_row),
    "stop": (Stop, export.stop_row),
}


class PlaceChanged(Exception):
    """What is to be changed is not as whoever changes it has seen it."""


class NotAgreed(Exception):
    """It touches people or times, and whoever changes it has not seen whom, or saw others."""

    def __init__(self, effects: changes.Effects, done: list[str]) -> None:
        """Keep whom it touches, and what would change."""
        super().__init__(effects.digest)
        self.effects, self.done = effects, done


@dataclass(frozen=True)
class Seen:
    """A site, scanner or stop as a page showed it; key and version 0 of one that is to be new."""

    what: str
    key: int = 0
    version: int = 0


def seen_of(one: Site | Scanner | Stop) -> Seen:
    """Return what a page is about that shows this site, scanner or stop as it was read."""
    what = next(name for name, (model, _) in _ROWS.items() if isinstance(one, model))
    return Seen(what, one.pk, _version(one))


def row_of(one: Site | Scanner | Stop) -> Row:
    """Return a site, scanner or stop as its row in a file."""
    row: Row = next(read(one) for model, read in _ROWS.values() if isinstance(one, model))
    return row


def change(rows: list[Row], seen: Seen, *, agreed: str | None) -> list[str]:
    """Put the rows in, in this order; return what changed, in words, of each that did.

    `agreed` is the digest of the effects that whoever changes it was shown, None if none was
    shown yet. What takes something away is always shown first. Raises PlaceChanged, RowRefused,
    and NotAgreed with whom it touches: then nothing is written.
    """
    try:
        with transaction.atomic():
            with changes.followed() as effects:
                _must_be_as(seen, rows)
                put = [apply.put(row) for row in rows]
            done = [": ".join(part for part in one if part) for one in put if one[0] != "unchanged"]
            is_shown = agreed is not None or rows[-1].get("remove") != "yes"
            if not is_shown or effects.digest != (agreed or ""):
                raise NotAgreed(effects, done)
    finally:
        places.clear()
    return done


def _must_be_as(seen: Seen, rows: list[Row]) -> None:
    """Refuse what was changed meanwhile, and a new one whose name another one has."""
    model, _ = _ROWS[seen.what]
    row, one = rows[-1], model.objects.filter(pk=seen.key).first()
    if seen.key and (one is None or _version(one) != seen.version):
        raise PlaceChanged
    others = model.objects.exclude(pk=seen.key)
    if seen.what == "site" and others.filter(slug=row["id"]).exists():
        raise RowRefused("there is a place of this name already", "name")
    if seen.what == "scanner":
        if others.filter(code=row["id"] or None).exists():
            raise RowRefused("another scanner has this code", "id")
        # One that has no code yet is known by its key, whatever its new name is.
        if row["id"]:
            model.objects.filter(pk=seen.key, code=None).update(code=row["id"])
    if seen.what == "stop" and not row.get("remove"):
        same = others.filter(scanner__code=row["scanner"], first_day=cells.day(row, "from"))
        if other := same.select_related("site").first():
            raise RowRefused(f"it is at {other.site.name} on that day already", "from")


def _version(one: Any) -> int:
    """Return a number that is another one once anything of a row is."""
    row = row_of(one)
    if isinstance(one, Site):
        row = {**row, "closed": str(one.closed)}
    said = "\n".join(f"{name}={row[name]}" for name in sorted(row))
    return int.from_bytes(blake2b(said.encode(), digest_size=6).digest(), "big")
