"""Where the caller travels from: as they said, else where the patient lives."""

from django.contrib.sessions.backends.base import SessionBase

from booking.models import Patient
from booking.search.origin import home, kept_origin
from sites.postcodes import Origin
from times.together import Part, read


def origin_of(session: SessionBase, patient: Patient) -> Origin | None:
    """Return where the caller travels from, None if neither is known."""
    return read(origin_from(session, patient))


def origin_from(session: SessionBase, patient: Patient) -> Part[Origin | None]:
    """Read what origin_of returns."""
    if kept := kept_origin(session, patient.pk):
        return kept
    return (yield from home(patient))
