"""Where the caller travels from: kept in the session, never in an address."""

from django.http import HttpRequest

from booking.models import Patient
from sites import origins, places, postcodes
from sites.postcodes import Origin


def origin_of(request: HttpRequest, patient: Patient) -> Origin | None:
    """Return where the caller travels from: as they said, else where the patient lives."""
    kept = request.session.get("origins", {}).get(str(patient.pk))
    if kept:
        return Origin(*kept)
    try:
        return postcodes.find(patient.postcode) if patient.postcode else None
    except postcodes.PostcodeError:
        return None


def keep_origin(request: HttpRequest, patient: Patient, origin: Origin) -> None:
    """Remember for this session where the caller travels from."""
    kept = request.session.get("origins", {})
    kept[str(patient.pk)] = [origin.postcode, origin.lat, origin.lon, origin.approximate]
    request.session["origins"] = kept


def read_place(typed: str) -> Origin:
    """Return where a postcode, a town, or a place of ours that is named is. Raises OriginError."""
    try:
        return origins.find(typed)
    except origins.OriginError:
        words = typed.casefold().strip()
        for place in places.table().places:
            if len(words) > 3 and words in f"{place.name} {place.address}".casefold():
                return Origin(place.name, place.lat, place.lon, approximate=True)
        raise
