"""Every site in memory: what a search ranks, without a query."""

from collections.abc import Collection
from dataclasses import dataclass
from functools import cached_property
from time import monotonic
from typing import Any

from django.db.models.signals import post_delete, post_save

from sites.models import Scanner, Site

KEPT = 60.0
"""Seconds until another process's change of a site is seen; our own is seen at once."""


@dataclass(frozen=True)
class Place:
    """A site as pages, JSON and travel need it. `trust` is the ODS code; degrees WGS 84."""

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
    ods_code: str = ""


class Table:
    """All places, as they were when it was read."""

    def __init__(self, places: list[Place]) -> None:
        """Keep the places; what is worked out from them is kept with them."""
        self.places = places
        self.read_at = monotonic()

    @cached_property
    def by_id(self) -> dict[int, Place]:
        """Places by their number."""
        return {place.id: place for place in self.places}

    @cached_property
    def by_slug(self) -> dict[str, Place]:
        """Places by their name in addresses."""
        return {place.slug: place for place in self.places}


_kept: Table | None = None


def table() -> Table:
    """Return all places, read again when a minute old or when one was changed here."""
    global _kept
    if _kept is None or monotonic() - _kept.read_at > KEPT:
        _kept = _read()
    return _kept


def clear(**_: Any) -> None:
    """Forget the table: the next look reads it again."""
    global _kept
    _kept = None


def get(site_id: int) -> Place:
    """Return the place of this number. Raises Site.DoesNotExist."""
    for _ in range(2):
        if site_id in table().by_id:
            return table().by_id[site_id]
        clear()  # another process may have added it
    raise Site.DoesNotExist(site_id)


def find(slug: str) -> Place | None:
    """Return the place of this name, None if there is none."""
    return table().by_slug.get(slug)


def places_with(modality: str, kinds: Collection[str] = ()) -> list[Place]:
    """Return the places that have a scanner of this modality; of these kinds, if any are given."""
    return [
        place
        for place in table().places
        if modality in place.modalities and (not kinds or place.kind in kinds)
    ]


def _read() -> Table:
    scanners: dict[int, set[str]] = {}
    for site_id, modality in Scanner.objects.values_list("site_id", "modality"):
        scanners.setdefault(site_id, set()).add(modality)
    return Table(
        [
            Place(
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
                modalities=frozenset(scanners.get(site.pk, ())),
                ods_code=site.ods_code or "",
            )
            for site in Site.objects.select_related("trust").order_by("pk")
        ]
    )


for _model in (Site, Scanner):
    post_save.connect(clear, sender=_model, dispatch_uid=f"places-{_model.__name__}-saved")
    post_delete.connect(clear, sender=_model, dispatch_uid=f"places-{_model.__name__}-deleted")
