"""Where the caller travels from: as they said, else where the patient lives."""

from django.contrib.sessions.backends.base import SessionBase

from booking.models import Patient
from booking.search.origin import kept_origin
from sites import postcodes
from sites.postcodes import Origin


def origin_of(session: SessionBase, patient: Patient) -> Origin | None:
    """Return where the caller travels from, None if neither is known."""
    kept = kept_origin(session, patient.pk)
    if kept:
        return kept
    try:
        return postcodes.find(patient.postcode) if patient.postcode else None
    except postcodes.PostcodeError:
        return None
