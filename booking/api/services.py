"""A place as a service of BaRS: known by its ODS site code, else by our own name for it."""

from sites import places
from sites.places import Place


def service_id(place: Place) -> str:
    """Return what a place is called as a service."""
    return place.ods_code or place.slug


def find(service: str) -> Place | None:
    """Return the place that a service id names, None if there is none."""
    wanted = service.strip().casefold()
    return next(
        (one for one in places.table().places if service_id(one).casefold() == wanted), None
    )
