"""`/$process-message` and `/MessageDefinition`: BaRS's way to book and to cancel, by a message.

The message is a Bundle: a MessageHeader, whose `eventCoding` is booking-request and whose `reason`
is new or update, and one Appointment. What it does is what the Appointment's own addresses do.
"""

import re
from typing import Any

import msgspec
from django.conf import settings
from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from booking.api import parameters, services
from booking.api.appointment_body import Answer, Booking
from booking.api.appointments import AppointmentView, book
from booking.api.authentication import trust_of
from booking.api.capacity import OK, REFUSED
from booking.api.fhir_view import (
    FHIR_JSON,
    FhirView,
    check_media_type,
    fhir_response,
    is_gzipped,
    read_whole,
    stream_of,
)
from booking.api.idempotency import only_once
from booking.api.outcomes import refused_status
from booking.api.refusals import FhirError, invalid, not_found, required
from booking.exchange import fhir_resources
from received.json_body import JsonRefused, read_json

EVENTS = "https://fhir.nhs.uk/CodeSystem/message-events-bars"
EVENT = "booking-request"
GUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE | re.ASCII)
MAX_MESSAGE = 256 * 1024
DEFINITION = "booking-request"
"""The id of the one MessageDefinition that we have."""


class _Entry(msgspec.Struct, rename="camel"):
    resource: msgspec.Raw


class _Message(msgspec.Struct, tag_field="resourceType", tag="Bundle"):
    type: str
    entry: list[_Entry] = []


class _Coding(msgspec.Struct):
    system: str = ""
    code: str = ""


class _Concept(msgspec.Struct):
    coding: list[_Coding] = []


class _Resource(msgspec.Struct, rename="camel"):
    """What is read of any resource of a message."""

    resource_type: str = ""
    id: str = ""
    status: str = ""
    event_coding: _Coding | None = None
    reason: _Concept | None = None


class MessageView(FhirView):
    """Takes a booking, or a cancellation."""

    needs = {"post": [("Appointment", "cu")]}

    @extend_schema(
        operation_id="process_message",
        parameters=[
            OpenApiParameter(
                name, str, OpenApiParameter.HEADER, required=True, description="A GUID"
            )
            for name in ("X-Request-Id", "X-Correlation-Id")
        ],
        request={FHIR_JSON: OpenApiTypes.OBJECT},
        responses=OK | REFUSED,
        description=(
            "A BaRS message: a Bundle of type message with a MessageHeader (eventCoding "
            "booking-request) and one Appointment. Reason new with status booked books, as POST "
            "Appointment does. Reason update with status cancelled or entered-in-error cancels the "
            "Appointment of that id, as PUT does; If-Match may say its version. Other combinations "
            "are 400 invariant. Answers the message with the Appointment as it now is. Sent again "
            "it is 409 duplicate, and nothing is done twice."
        ),
    )
    def post(self, request: Request) -> Response:
        """Do what the message says."""
        for name in ("X-Request-Id", "X-Correlation-Id"):
            if not GUID.fullmatch(request.headers.get(name, "")):
                raise FhirError(400, "invalid", f"{name} must be a GUID.")
        check_media_type(request, (FHIR_JSON, "application/json"))
        stream, gzipped = stream_of(request, MAX_MESSAGE), is_gzipped(request)
        raw = read_whole(stream, gzipped=gzipped, limit=MAX_MESSAGE)
        message = _read(raw, _Message)
        resources = [(_read(bytes(one.resource), _Resource), one.resource) for one in message.entry]
        headers = [one for one, _ in resources if one.resource_type == "MessageHeader"]
        made = [(one, body) for one, body in resources if one.resource_type == "Appointment"]
        if message.type != "message" or len(headers) != 1 or len(made) != 1:
            raise required("A Bundle of type message with one MessageHeader and one Appointment.")

        def act() -> Response:
            resource = self._act(request, headers[0], *made[0])
            said = msgspec.json.decode(raw)
            for entry in said["entry"]:
                if entry["resource"].get("resourceType") == "Appointment":
                    entry["resource"] = resource
            return fhir_response(said, headers={"Cache-Control": "no-store"})

        return only_once(request, f"message {request.headers['X-Request-Id'].lower()}", act)

    def _act(
        self, request: Request, header: _Resource, sent: _Resource, body: msgspec.Raw
    ) -> dict[str, Any]:
        event = header.event_coding.code if header.event_coding else ""
        reasons = [one.code for one in header.reason.coding] if header.reason else []
        if event == EVENT and reasons == ["new"] and sent.status == "booked":
            return self._book(request, _read(bytes(body), Booking))
        gone = sent.status in ("cancelled", "entered-in-error")
        if event == EVENT and reasons == ["update"] and gone:
            return self._cancel(request, sent, _read(bytes(body), Answer))
        raise FhirError(
            400,
            "invariant",
            f"eventCoding {EVENT} with reason new and status booked books; with reason update and"
            " status cancelled it cancels. Nothing else is done by a message.",
        )

    def _book(self, request: Request, wanted: Booking) -> dict[str, Any]:
        made = book(request, wanted, timezone.now())
        found: dict[str, Any] = fhir_resources.appointment(
            made, reader=trust_of(request), slot=made.slot
        )
        return found

    def _cancel(self, request: Request, sent: _Resource, said: Answer) -> dict[str, Any]:
        # Its time and slot are as they were: a message always carries them.
        said.status, said.slot, said.start, said.end = "cancelled", [], None, None
        found: dict[str, Any] = AppointmentView().say_by_message(request, sent.id, said)
        return found


class MessageDefinitionView(FhirView):
    """What a message to a service must hold."""

    needs = {"get": [("MessageDefinition", "s")]}
    takes = {"get": parameters.known("context")}

    @extend_schema(
        operation_id="search_message_definitions",
        parameters=[
            OpenApiParameter(
                "context", str, required=True, description="A service: a Location’s identifier"
            )
        ],
        responses=OK | REFUSED,
        description="The MessageDefinition of a booking at a service; 404 for one not known.",
    )
    def get(self, request: Request) -> Response:
        """Answer a searchset of it."""
        context = request.query_params.get("context", "")
        if not context:
            raise required("context is needed: the service, as RXL01.")
        service = context.rpartition("|")[2]
        if not service:
            raise invalid("context", "<system>|<service>, or the service alone.")
        place = services.find(service)
        if place is None:
            raise not_found(f"HealthcareService {service[:64]}")
        links = {"self": parameters.address("MessageDefinition", [("context", context)])}
        found = [_definition(services.service_id(place))]
        return fhir_response(fhir_resources.bundle(found, [], total=1, links=links))


def _definition(service: str) -> dict[str, Any]:
    return {
        "resourceType": "MessageDefinition",
        "id": DEFINITION,
        "url": f"{settings.PUBLIC_BASE_URL}/fhir/R4/MessageDefinition/{DEFINITION}",
        "status": "active",
        "date": "2026-11-26",
        "useContext": [
            {
                "code": {"system": "https://fhir.nhs.uk/Id/dos-service-id", "code": "dos-id"},
                "valueCodeableConcept": {"coding": [{"code": service}]},
            }
        ],
        "eventCoding": {"system": EVENTS, "code": EVENT},
        "category": "consequence",
        "focus": [
            {"code": "MessageHeader", "min": 1, "max": "1"},
            {"code": "Appointment", "min": 1, "max": "1"},
        ],
        "responseRequired": "always",
    }


def _read(raw: bytes, kind: type[Any]) -> Any:
    """Return what a part says. Raises FhirError."""
    try:
        return read_json(raw, msgspec.json.Decoder(kind))
    except JsonRefused as error:
        raise FhirError(refused_status(error.code), error.code, str(error)) from None
