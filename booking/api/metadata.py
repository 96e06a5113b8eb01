"""`GET /fhir/R4/metadata`: what this server can do, as a CapabilityStatement."""

from typing import Any

from django.conf import settings
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from booking.api.capacity import OK
from booking.api.fhir_view import OpenFhirView, fhir_response

PARAMETERS = {
    "Location": [("near", "special"), ("service-type", "token")],
    "Schedule": [],
    "Slot": [
        ("status", "token"),
        ("start", "date"),
        ("service-type", "token"),
        ("schedule.actor", "reference"),
    ],
    "ServiceRequest": [("identifier", "token")],
    "Appointment": [("_lastUpdated", "date"), ("patient:identifier", "token")],
    "MessageDefinition": [("context", "token")],
    "Questionnaire": [],
    "QuestionnaireResponse": [],
}
INTERACTIONS = {
    "Location": ["read", "search-type"],
    "Schedule": ["read"],
    "Slot": ["read", "update", "search-type"],
    "Appointment": ["read", "create", "update", "patch", "search-type"],
    "ServiceRequest": ["read", "create", "update", "search-type"],
    "MessageDefinition": ["search-type"],
    "Questionnaire": ["read"],
    "QuestionnaireResponse": ["read"],
}
VERSIONED = ("Appointment", "ServiceRequest")
"""What is changed with If-Match alone."""
OPERATIONS = {
    "import": "Upsert Locations, Schedules and Slots, one a line.",
    "process-message": "Book, move, cancel, or say who came, by a BaRS message.",
    "hold": "Keep a Slot for a referral of your own, 15 minutes, renewed to 60: Slot/<id>/$hold.",
    "release": "Let go of a Slot that is on hold: Slot/<id>/$release.",
    "bulk-publish": "All Locations, Schedules and Slots as files, open to all.",
}


class MetadataView(OpenFhirView):
    """The CapabilityStatement."""

    @extend_schema(
        operation_id="capability_statement",
        responses=OK,
        description="The CapabilityStatement: resources, interactions, parameters, operations.",
    )
    def get(self, request: Request) -> Response:
        """Answer it."""
        return fhir_response(_statement(), headers={"Cache-Control": "max-age=3600"})


def _statement() -> dict[str, Any]:
    base = f"{settings.PUBLIC_BASE_URL}/fhir/R4"
    return {
        "resourceType": "CapabilityStatement",
        "status": "active",
        "date": "2026-11-26",
        "publisher": settings.ORGANISATION_NAME,
        "kind": "instance",
        "implementation": {"description": "Scan booking and location finder", "url": base},
        "fhirVersion": "4.0.1",
        "format": ["application/fhir+json", "application/fhir+ndjson"],
        "patchFormat": ["application/json-patch+json"],
        "rest": [
            {
                "mode": "server",
                "security": {
                    "service": [
                        {
                            "coding": [
                                {
                                    "system": "http://terminology.hl7.org/CodeSystem/"
                                    "restful-security-service",
                                    "code": "SMART-on-FHIR",
                                }
                            ]
                        }
                    ],
                    "description": "A trust's key as a bearer token; metadata and "
                    "$bulk-publish are open.",
                },
                "resource": [_resource(name) for name in PARAMETERS],
                "interaction": [{"code": "batch"}, {"code": "transaction"}],
                "operation": [
                    {
                        "name": name,
                        "definition": f"{base}/OperationDefinition/{name}",
                        "documentation": what,
                    }
                    for name, what in OPERATIONS.items()
                ],
            }
        ],
    }


def _resource(name: str) -> dict[str, Any]:
    found: dict[str, Any] = {
        "type": name,
        "interaction": [{"code": code} for code in INTERACTIONS[name]],
        "versioning": "versioned-update" if name in VERSIONED else "no-version",
        "searchParam": [{"name": param, "type": kind} for param, kind in PARAMETERS[name]],
    }
    if name == "Slot":
        found["searchInclude"] = ["Slot:schedule", "Schedule:actor"]
    return {key: value for key, value in found.items() if value}
