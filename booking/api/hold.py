"""`Slot/<id>/$hold` and `$release`: a time kept for a referral while somebody decides."""

import msgspec
from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from booking.api.appointment_body import MAX_BODY, Malformed, Reference, request_named
from booking.api.authentication import trust_of
from booking.api.capacity import ID, OK, REFUSED
from booking.api.fhir_view import (
    FHIR_JSON,
    FhirView,
    check_media_type,
    fhir_response,
    is_gzipped,
    read_whole,
    stream_of,
)
from booking.api.outcomes import refused_status
from booking.api.refusals import FhirError, choosing, not_found, required
from booking.appointments import choices
from booking.exchange.fhir_resources import Resource, instant
from booking.exchange.writeback import partners
from booking.models import Referral
from received.json_body import JsonRefused, read_json
from received.numbers import whole_number

BODY = {FHIR_JSON: OpenApiTypes.OBJECT}
WHAT = (
    "The body is a Parameters resource with one parameter, basedOn: a valueReference as in "
    "Appointment.basedOn, to a referral of your own. "
)


class _Parameter(msgspec.Struct, rename="camel"):
    name: str = ""
    value_reference: Reference | None = None


class _Parameters(msgspec.Struct, tag_field="resourceType", tag="Parameters"):
    parameter: list[_Parameter] = []


_decoder = msgspec.json.Decoder(_Parameters)


class HoldView(FhirView):
    """Keeps a time."""

    needs = {"post": [("Slot", "u")]}

    @extend_schema(
        operation_id="hold_slot",
        parameters=[ID],
        request=BODY,
        responses=OK | REFUSED,
        description=WHAT
        + (
            "Keeps a free Slot for it, as a patient's choice is kept: for 15 minutes; the same "
            "call again renews it, to 60 minutes in all. It lets go of another Slot that the same "
            "referral has on hold. Answers Parameters: slot, until, and limit, the last moment to "
            "which it can be renewed. Of a scan that takes several Slots the first is named, and "
            "slot comes once for each. Booking the Slot ends the hold. 409, 410 and 422 are as for "
            "booking."
        ),
    )
    def post(self, request: Request, id: str) -> Response:
        """Hold it; say until when."""
        now, slot_id = timezone.now(), _number(id)
        with choosing(slot_id, now):
            referral = _referral(request)
            held = partners.hold(referral, slot_id, now=now)
        choice = choices.kept_for(referral, held, now=now)
        slots = choice.slot_ids() if choice else [held.pk]
        return _parameters(
            *({"name": "slot", "valueReference": {"reference": f"Slot/{pk}"}} for pk in slots),
            {"name": "until", "valueInstant": instant(held.free_at or now)},
            {"name": "limit", "valueInstant": instant(held.hold_limit or now)},
        )


class ReleaseView(FhirView):
    """Lets go of a time."""

    needs = {"post": [("Slot", "u")]}

    @extend_schema(
        operation_id="release_slot",
        parameters=[ID],
        request=BODY,
        responses=OK | REFUSED,
        description=WHAT
        + (
            "Frees the Slot, if it is on hold for that referral; if it is not, nothing changes. "
            "Either is 200 with Parameters: released, true or false."
        ),
    )
    def post(self, request: Request, id: str) -> Response:
        """Let go; say whether there was a hold."""
        now, slot_id = timezone.now(), _number(id)
        with choosing(slot_id, now):
            is_freed = partners.release(_referral(request), slot_id, now=now)
        return _parameters({"name": "released", "valueBoolean": is_freed})


def _parameters(*said: Resource) -> Response:
    return fhir_response({"resourceType": "Parameters", "parameter": list(said)})


def _number(id: str) -> int:
    number = whole_number(id)
    if number is None:
        raise not_found(f"Slot/{id[:64]}")
    return number


def _referral(request: Request) -> Referral:
    """Return the referral that the body names. Raises FhirError and NotKnown."""
    check_media_type(request, (FHIR_JSON, "application/json"))
    raw = read_whole(stream_of(request, MAX_BODY), gzipped=is_gzipped(request), limit=MAX_BODY)
    try:
        sent = read_json(raw, _decoder)
        named = [one.value_reference for one in sent.parameter if one.name == "basedOn"]
        wanted = request_named([one for one in named if one])
    except JsonRefused as error:
        raise FhirError(refused_status(error.code), error.code, str(error)) from None
    except Malformed as error:
        raise required(str(error)) from None
    return partners.find_referral(trust_of(request), **wanted._asdict())
