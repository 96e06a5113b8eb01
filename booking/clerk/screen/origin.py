"""Where the caller travels from: as they said, else where the patient lives."""

from django.contrib.sessions.backends.base import SessionBase

from booking.models import Patient
from booking.search.origin import home_of, kept_origin
from sites.postcodes import Origin


def origin_of(session: SessionBase, patient: Patient) -> Origin | None:
    """Return where the caller travels from, None if neither is known."""
    return kept_origin(session, patient.pk) or home_of(patient)
