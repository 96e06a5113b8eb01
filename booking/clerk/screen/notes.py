"""What earlier clerks wrote down about the patient."""

from booking.models import Note, Patient

SHOWN = 10


def show_notes(patient: Patient) -> list[Note]:
    """Return the last notes, the newest first."""
    return list(patient.notes.select_related("user").order_by("-pk")[:SHOWN])
