"""`/$process-message` and `/MessageDefinition`: BaRS's way to book, move and cancel, by a message.

The message is a Bundle: a MessageHeader, whose `eventCoding` is booking-request or, from who scans,
booking-response, and whose `reason` is new or update; one Appointment; and whatever else its sender
puts beside it. What it does is what the Appointment's own addresses do.
"""

from dataclasses import dataclass
from typing import Any, TypeVar

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
    NUMBERS_OF_CALL,
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
from received.numbers import whole_number

USE_CASES = "https://fhir.nhs.uk/CodeSystem/usecases-categories-bars"
EVENTS = "https://fhir.nhs.uk/CodeSystem/message-events-bars"
EVENT, RESPONSE = "booking-request", "booking-response"
"""Asked for by who refers; answered by who scans."""
OFF = ("cancelled", "entered-in-error")
WHAT_IS_DONE = (
    f"eventCoding {EVENT} with reason new and status booked books; {EVENT} or {RESPONSE} with"
    " reason update changes the Appointment of that id: another slot moves it, status cancelled or"
    " entered-in-error cancels, and from the trust that scans booked, fulfilled and noshow say what"
    " became of it. Nothing else is done by a message."
)
MAX_MESSAGE = 256 * 1024
DEFINITION = "booking-request"
"""The id of the one MessageDefinition that we have."""
T = TypeVar("T", Booking, Answer)


class _Entry(msgspec.Struct, rename="camel"):
    resource: msgspec.Raw
    full_url: str = ""


class _Message(msgspec.Struct, tag_field="resourceType", tag="Bundle"):
    type: str
    entry: list[_Entry] = []


class _Coding(msgspec.Struct):
    system: str = ""
    code: str = ""


class _Concept(msgspec.Struct):
    coding: list[_Coding] = []


class _Meta(msgspec.Struct, rename="camel"):
    version_id: str = ""


class _Resource(msgspec.Struct, rename="camel"):
    """What is read of any resource of a message."""

    resource_type: str = ""
    id: str = ""
    status: str = ""
    meta: _Meta | None = None
    event_coding: _Coding | None = None
    reason: _Concept | None = None


@dataclass(frozen=True)
class _About:
    """The Appointment of a message, and what its references mean: their full URLs, resolved."""

    sent: _Resource
    body: bytes
    urls: dict[str, str]

    def read(self, kind: type[T]) -> T:
        """Return it as Booking or Answer. Raises FhirError."""
        found: Any = _read(self.body, kind)
        for reference in [*found.slot, *getattr(found, "based_on", [])]:
            reference.reference = self.urls.get(reference.reference, reference.reference)
        read: T = found
        return read

    @property
    def version(self) -> int | None:
        """The version that its sender read, None if it names none."""
        return whole_number(self.sent.meta.version_id, least=1) if self.sent.meta else None


class MessageView(FhirView):
    """Takes a booking, or what becomes of one."""

    needs = {"post": [("Appointment", "cu")]}
    is_of_bars = True

    @extend_schema(
        operation_id="process_message",
        parameters=NUMBERS_OF_CALL,
        request={FHIR_JSON: OpenApiTypes.OBJECT},
        responses=OK | REFUSED,
        description=(
            "A BaRS message: a Bundle of type message with a MessageHeader and one Appointment. "
            "eventCoding booking-request with reason new and status booked books, as POST "
            "Appointment does. booking-request or booking-response with reason update changes the "
            "Appointment of that id, as PUT does: another slot moves it, status cancelled or "
            "entered-in-error cancels, and booked, fulfilled or noshow say from the trust that "
            "scans what became of it. If-Match, or else meta.versionId, says which version was "
            "read. References may be full URLs of entries of the message. Other combinations are "
            "400 invariant. Answers the message with the Appointment as it now is. Sent again it "
            "is 409 duplicate, and nothing is done twice."
        ),
    )
    def post(self, request: Request) -> Response:
        """Do what the message says."""
        check_media_type(request, (FHIR_JSON, "application/json"))
        stream, gzipped = stream_of(request, MAX_MESSAGE), is_gzipped(request)
        raw = read_whole(stream, gzipped=gzipped, limit=MAX_MESSAGE)
        header, about = _parts(_read(raw, _Message))

        def act() -> Response:
            resource = self._act(request, header, about)
            said = msgspec.json.decode(raw)
            for entry in said["entry"]:
                if entry["resource"].get("resourceType") == "Appointment":
                    entry["resource"] = resource
            return fhir_response(said, headers={"Cache-Control": "no-store"})

        return only_once(request, f"message {request.headers['X-Request-Id'].lower()}", act)

    def _act(self, request: Request, header: _Resource, about: _About) -> dict[str, Any]:
        event = header.event_coding.code if header.event_coding else ""
        reasons = [one.code for one in header.reason.coding] if header.reason else []
        if event == EVENT and reasons == ["new"] and about.sent.status == "booked":
            return self._book(request, about.read(Booking))
        if event in (EVENT, RESPONSE) and reasons == ["update"]:
            return self._change(request, about)
        raise FhirError(400, "invariant", WHAT_IS_DONE)

    def _book(self, request: Request, wanted: Booking) -> dict[str, Any]:
        made = book(request, wanted, timezone.now())
        found: dict[str, Any] = fhir_resources.appointment(
            made, reader=trust_of(request), slot=made.slot
        )
        return found

    def _change(self, request: Request, about: _About) -> dict[str, Any]:
        if not about.sent.id:
            raise required("Appointment.id is needed for an update: the id that we answered.")
        said = about.read(Answer)
        if said.status in OFF:
            # Its time and slot are as they were: a message always carries them.
            said.status, said.slot, said.start, said.end = "cancelled", [], None, None
        found: dict[str, Any] = AppointmentView().say_by_message(
            request, about.sent.id, said, about.version
        )
        return found


def _parts(message: _Message) -> tuple[_Resource, _About]:
    """Return the header of a message, and its Appointment. Raises FhirError."""
    read = [(one, _read(bytes(one.resource), _Resource)) for one in message.entry]
    headers = [said for _, said in read if said.resource_type == "MessageHeader"]
    made = [pair for pair in read if pair[1].resource_type == "Appointment"]
    if message.type != "message" or len(headers) != 1 or len(made) != 1:
        raise required("A Bundle of type message with one MessageHeader and one Appointment.")
    urls = {
        one.full_url: f"{said.resource_type}/{said.id}"
        for one, said in read
        if one.full_url and said.id
    }
    return headers[0], _About(made[0][1], bytes(made[0][0].resource), urls)


class MessageDefinitionView(FhirView):
    """What a message to a service must hold."""

    needs = {"get": [("MessageDefinition", "s")]}
    takes = {"get": parameters.known(many=["context"])}
    is_of_bars = True

    @extend_schema(
        operation_id="search_message_definitions",
        parameters=[
            *NUMBERS_OF_CALL,
            OpenApiParameter(
                "context",
                str,
                required=True,
                description="A service: a Location’s identifier. May come again with the use case, "
                f"{USE_CASES}|<code>: what must be sent is the same for each",
            ),
        ],
        responses=OK | REFUSED,
        description="The MessageDefinition of a booking at a service; 404 for one not known.",
    )
    def get(self, request: Request) -> Response:
        """Answer a searchset of it."""
        contexts = request.query_params.getlist("context")
        wanted = [one for one in contexts if not one.startswith(f"{USE_CASES}|")]
        if len(wanted) != 1 or not wanted[0]:
            raise required("context is needed once: the service, as RXL01.")
        service = wanted[0].rpartition("|")[2]
        if not service:
            raise invalid("context", "<system>|<service>, or the service alone.")
        place = services.find(service)
        if place is None:
            raise not_found(f"HealthcareService {service[:64]}")
        links = {
            "self": parameters.address("MessageDefinition", [("context", one) for one in contexts])
        }
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
