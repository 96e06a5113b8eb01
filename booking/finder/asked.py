"""Where somebody who looks for a place travels from: read from a form, kept in the session."""

from collections.abc import Mapping
from dataclasses import astuple

from django.http import HttpRequest

from sites import origins
from sites.postcodes import Origin


def read_origin(given: Mapping[str, str]) -> Origin:
    """Return where from: latitude and longitude if the device said them, else what was typed.
    Raises OriginError."""
    if given.get("lat") and given.get("lon"):
        try:
            lat, lon = (float(given[name][:20]) for name in ("lat", "lon"))
        except ValueError:
            raise origins.NotKnown from None
        return origins.at(lat, lon)
    return origins.find(given.get("postcode", ""))


def keep_origin(request: HttpRequest, origin: Origin) -> None:
    """Remember where from, for the next page."""
    request.session["finder"] = list(astuple(origin))


def origin(request: HttpRequest) -> Origin | None:
    """Return where from, None before it was said."""
    kept = request.session.get("finder")
    return Origin(*kept) if kept else None
