"""Place names by a geocoder that the network runs itself (GEOCODER, GEOCODER_URL): none by default.

A public geocoder is never asked: what patients type stays with us.
"""

import logging
from functools import cache
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from geopy.exc import GeopyError
from geopy.geocoders import Nominatim, Pelias, Photon

from sites.travel.breaker import Breaker

TIMEOUT = 1
"""Seconds."""
log = logging.getLogger(__name__)


def is_set() -> bool:
    """Whether the network runs a geocoder."""
    return str(settings.GEOCODER) != "none"


def look_up(name: str) -> tuple[float, float] | None:
    """Return latitude and longitude of a place; None if it is not known, or nobody answers."""
    if not is_set():
        return None
    breaker = _breaker(settings.GEOCODER_URL)
    if not breaker.may_ask():
        return None
    try:
        found = _geocoder(settings.GEOCODER, settings.GEOCODER_URL).geocode(name)
        spot = found and (float(found.latitude), float(found.longitude))
    except (GeopyError, ValueError, LookupError, TypeError, AttributeError) as fault:
        breaker.failed()
        log.warning("%s did not answer: %s", settings.GEOCODER, type(fault).__name__)
        return None
    breaker.answered()
    return spot or None


@cache
def _geocoder(kind: str, url: str) -> Any:
    parts = urlsplit(url)
    where = {"domain": parts.netloc + parts.path, "scheme": parts.scheme, "timeout": TIMEOUT}
    where["proxies"] = {}
    if kind == "nominatim":
        return Nominatim(user_agent="scan-finder", **where)
    return Pelias(**where) if kind == "pelias" else Photon(**where)


@cache
def _breaker(_url: str) -> Breaker:
    return Breaker()
