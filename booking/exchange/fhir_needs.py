"""What a patient needs, as FHIR Flags: the resource of the NHS's reasonable adjustments."""

from typing import Any

from booking.exchange.fhir_systems import NEED
from booking.models import Patient


def flags(patient: Patient) -> list[dict[str, Any]]:
    """Return a Flag a need, to be contained beside the Patient `#patient`.

    The code is ours; the text is the Accessible Information Standard's own term where it has one.
    """
    return [
        {
            "resourceType": "Flag",
            "id": f"need-{need.code.replace('_', '-')}",
            "status": "active",
            "category": [{"text": str(need.set)}],
            "code": {
                "coding": [{"system": NEED, "code": need.code, "display": need.staff}],
                "text": need.term or need.staff,
            },
            "subject": {"reference": "#patient"},
        }
        for need in patient.all_needs
    ]
