"""`/fhir/R4/Appointment`: partners book and cancel; trusts read what is theirs, and answer."""

import re
from datetime import datetime
from functools import partial
from typing import Any, TypeVar

import msgspec
from django.conf import settings
from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from booking.api import appointment_status, parameters
from booking.api.appointment_body import MAX_BODY, Answer, Booking, Malformed, patched
from booking.api.appointment_words import add_warnings, number_since, page_address
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
from booking.api.idempotency import once
from booking.api.outcomes import refused_status
from booking.api.refusals import FhirError, choosing, invalid, not_found, over, required, stale
from booking.appointments import booking, trust_answers
from booking.appointments.why_off import why_off
from booking.changes import audit, commit_numbers
from booking.exchange import fhir_resources
from booking.exchange.feeds.body_stream import Readable
from booking.exchange.fhir_resources import Resource
from booking.exchange.fhir_systems import NHS_NUMBER
from booking.exchange.writeback import partners
from booking.exchange.writeback.cursor import changes_after, count_after
from booking.identifiers import people
from booking.identifiers.actors import Actor, ActorKind
from booking.models import Appointment, Slot
from received.json_body import JsonRefused, read_json

JSON = (FHIR_JSON, "application/json")
JSON_PATCH = "application/json-patch+json"
BODY = {FHIR_JSON: OpenApiTypes.OBJECT}
IF_MATCH = OpenApiParameter(
    "If-Match", str, OpenApiParameter.HEADER, required=True, description='The ETag, as W/"1"'
)
PATIENT = "patient:identifier"
"""The parameter of BaRS by which one patient's appointments are asked for."""
CHANGE = [("Appointment", "u")]
T = TypeVar("T")
_VERSION = re.compile(r'(?:W/)?"(?P<version>\d{1,9})"', re.ASCII)


class AppointmentsView(FhirView):
    """A trust's own appointments; and where a partner books."""

    needs = {"get": [("Appointment", "s")], "post": [("Appointment", "c")]}
    takes = {"get": parameters.known("_lastUpdated", "_sort", "_count", PATIENT)}

    @extend_schema(
        operation_id="changed_appointments",
        parameters=[
            OpenApiParameter(
                "_lastUpdated", str, description="gt<meta.lastUpdated of the last one you have>"
            ),
            OpenApiParameter("_sort", str, enum=["_lastUpdated"]),
            OpenApiParameter("_count", int, description="1 to 500; 100 unless said"),
            OpenApiParameter(
                PATIENT,
                str,
                description=f"{NHS_NUMBER}|9990000018: this patient’s alone, the newest first. "
                "It goes with none of the others",
            ),
        ],
        responses=OK | REFUSED,
        description=(
            "Appointments at your own sites, in the order in which they were changed; each once, "
            "as it is now. Go on from the last meta.lastUpdated: no change is ever skipped, even "
            "if several are made in the same microsecond. One that has moved to another trust "
            "comes as cancelled. Bundle.total counts what is after _lastUpdated, on all pages. "
            "410: the service was put back from a backup that lacks the change that you read "
            "last; the answer says where to read on from, and what to do with what you have."
        ),
    )
    def get(self, request: Request) -> Response:
        """Answer one page of changes, or a patient's appointments."""
        if PATIENT in request.query_params:
            return self._of_patient(request, request.query_params[PATIENT])
        trust, count = trust_of(request), parameters.count(request)
        if request.query_params.get("_sort", "_lastUpdated") != "_lastUpdated":
            raise invalid("_sort", "_lastUpdated.")
        since = request.query_params.get("_lastUpdated", "")
        number = number_since(trust, since)
        changes, more = changes_after(trust, number, count)
        total = count_after(trust, number)
        off = why_off(change.appointment for change in changes)
        found = [
            fhir_resources.appointment(
                change.appointment,
                reader=trust,
                slot=change.slot if change.is_over else change.appointment.slot,
                off=off.get(change.appointment_id),
                changed_at=commit_numbers.moment_of(change.number),
            )
            for change in changes
        ]
        seen = (change.appointment for change in changes)
        audit.write_read(seen, now=timezone.now(), actor=_actor(request))
        links = {"self": page_address(since, count)}
        if more:
            links["next"] = page_address(f"gt{found[-1]['meta']['lastUpdated']}", count)
        return fhir_response(fhir_resources.bundle(found, [], total=total, links=links))

    def _of_patient(self, request: Request, typed: str) -> Response:
        """Answer the appointments that the trust may see of the patient with an NHS number."""
        trust, (system, _, value) = trust_of(request), typed.partition("|")
        try:
            number = people.read_nhs_number(value) if system == NHS_NUMBER else None
        except people.WrongCheckDigit:
            number = None
        if not number:
            raise invalid(PATIENT, f"{NHS_NUMBER}|<a valid NHS number>.")
        if len(request.query_params) > 1 + ("_format" in request.query_params):
            raise invalid(PATIENT, "goes with no other parameter.")
        seen = partners.of_patient(trust, number)
        off = why_off(made for made, _ in seen)
        found = [
            fhir_resources.appointment(made, reader=trust, slot=slot, off=off.get(made.pk))
            for made, slot in seen
        ]
        audit.write_read((made for made, _ in seen), now=timezone.now(), actor=_actor(request))
        links = {"self": parameters.address("Appointment", [(PATIENT, typed)])}
        response = fhir_response(fhir_resources.bundle(found, [], total=len(found), links=links))
        response["Cache-Control"] = "no-store"
        return response

    @extend_schema(
        operation_id="book_appointment",
        request=BODY,
        responses={(201, FHIR_JSON): OpenApiTypes.OBJECT} | REFUSED,
        parameters=[OpenApiParameter("Idempotency-Key", str, OpenApiParameter.HEADER)],
        description=(
            "Book a free Slot for a referral of your own: slot[0].reference is Slot/<id>, "
            "basedOn[0] is ServiceRequest/<id>, or an identifier: system urn:scan-finder:referral: "
            "and your ODS code with your own number, or urn:scan-finder:referral with the code. "
            "409 conflict names the three free Slots nearest to one that is taken; 409 duplicate "
            "says that the referral has an appointment already; 422 business-rule, that it has "
            "ended, or why the scan cannot be done in that Slot: contrast, length, or too soon to "
            "prepare and travel. 409 conflict without free Slots says that the patient has another "
            "appointment then. A time after the target day is booked, and the answer says so in "
            "the extension urn:scan-finder:later-than-target, with that day; so is one too near "
            "another time of the patient: urn:scan-finder:too-near-another-time."
        ),
    )
    def post(self, request: Request) -> Response:
        """Book; answer the Appointment with its address and ETag."""
        return once(request, stream_of(request, MAX_BODY), partial(self._book, request))

    def _book(self, request: Request, stream: Readable) -> Response:
        trust, now = trust_of(request), timezone.now()
        wanted = _body(request, stream, Booking, JSON)
        made = book(request, wanted, now)
        response = _answer(made, trust, made.slot, status=201)
        add_warnings(response, made, now)
        response["Location"] = f"{settings.PUBLIC_BASE_URL}/fhir/R4/Appointment/{made.reference}"
        return response


class AppointmentView(FhirView):
    """One appointment: read, cancelled, confirmed, refused, attended, missed."""

    needs = {"get": [("Appointment", "r")], "put": CHANGE, "patch": CHANGE}

    @extend_schema(
        operation_id="read_appointment",
        parameters=[ID],
        responses=OK | REFUSED,
        description="An Appointment at your site or of your referral, with its ETag.",
    )
    def get(self, request: Request, id: str) -> Response:
        """Answer it with its ETag."""
        trust = trust_of(request)
        made, slot = _find(trust, id)
        audit.write_read([made], now=timezone.now(), actor=_actor(request))
        return _answer(made, trust, slot)

    @extend_schema(
        operation_id="answer_appointment",
        parameters=[ID, IF_MATCH],
        request=BODY,
        responses=OK | REFUSED,
        description=(
            "Say what becomes of an Appointment: status cancelled; and from the trust that "
            "scans, booked (confirms a pending one), fulfilled or noshow; another status is 422. "
            "cancelationReason pat says that the patient told you; without it a cancellation is "
            "your own doing: of the trust that scans, the patient is offered another time. "
            "From the trust that referred, slot[0].reference Slot/<id> with status booked moves "
            "it: 409, 410 and 422 as for booking, and the old time is then kept. Without If-Match "
            "it is 428; with another than the last ETag, 412."
        ),
    )
    def put(self, request: Request, id: str) -> Response:
        """Do what the status says, if the version is still the one in If-Match."""
        return self._say(request, id, _body(request, stream_of(request, MAX_BODY), Answer, JSON))

    @extend_schema(
        operation_id="patch_appointment",
        parameters=[ID, IF_MATCH],
        request={JSON_PATCH: OpenApiTypes.OBJECT},
        responses=OK | REFUSED,
        description=(
            'A JSON Patch, as [{"op":"replace","path":"/status","value":"cancelled"}], of status,'
            " cancelationReason, or of slot, as /slot/0/reference, which moves it. It does what PUT"
            " does."
        ),
    )
    def patch(self, request: Request, id: str) -> Response:
        """Do what the patched status says."""
        try:
            patch = _body(
                request, stream_of(request, MAX_BODY), list[dict[str, Any]], (JSON_PATCH,)
            )
            trust = trust_of(request)
            made, slot = _find(trust, id)
            said = patched(_answer(made, trust, slot).data, patch)
        except Malformed as error:
            raise FhirError(422, "not-supported", str(error)) from None
        return self._say(request, id, said)

    def say_by_message(
        self, request: Request, id: str, said: Answer, version: int | None
    ) -> Resource:
        """Do what a message says of an appointment; return it as it is then.

        If-Match goes before `version`, which it read. One that names none is about it as it is.
        """
        made, _ = _find(trust_of(request), id)
        if "If-Match" in request.headers:
            version = _version(request)
        version = version or made.version
        answered: Resource = self._say(request, id, said, version).data
        return answered

    def _say(self, request: Request, id: str, said: Answer, version: int | None = None) -> Response:
        trust, now = trust_of(request), timezone.now()
        made, _ = _find(trust, id)
        try:
            appointment_status.check_answer(said.status)
        except appointment_status.StatusNotTaken as error:
            raise FhirError(422, "value", str(error)) from None
        version = version or _version(request)
        if version != made.version:
            raise stale(made)
        try:
            slot_ids = said.new_slots(made)
        except Malformed as error:
            raise invalid("slot", str(error)) from None
        if slot_ids:
            return self._move(request, made, said, slot_ids)
        if not said.is_at(made.start, made.end, made.last_end):
            what = "A time is changed by slot: name the Slot to move to."
            raise FhirError(422, "not-supported", what)
        try:
            changed = partners.answer(
                made,
                trust,
                partners.TrustAnswer(said.status, said.reason(), version),
                now=now,
                actor=_actor(request),
            )
        except partners.NotYours:
            only = "Only the trust that scans may say this of it."
            raise FhirError(403, "forbidden", only) from None
        except trust_answers.TooEarly:
            raise FhirError(422, "business-rule", "It has not begun yet.") from None
        except booking.AppointmentChanged:
            now_is, _ = _find(trust, id)
            if now_is.version != version:
                raise stale(now_is) from None
            raise over(now_is) from None
        return _answer(changed, trust, changed.slot)

    def _move(
        self, request: Request, made: Appointment, said: Answer, slot_ids: list[int]
    ) -> Response:
        """Move it to another slot, if that is what is meant, and who referred the patient asks."""
        trust, now, version = trust_of(request), timezone.now(), made.version
        slot_id = partners.first_of(slot_ids)
        slot = Slot.objects.filter(pk=slot_id).first()
        if said.status not in ("booked", "pending"):
            raise FhirError(422, "business-rule", "slot: only with status booked it is moved.")
        ends = partners.ends_of(made.referral, slot, slot_ids) if slot else []
        if slot is not None and not said.is_at(slot.start, *ends):
            what = f"start, end: those of Slot/{slot_id}, or leave them out."
            raise FhirError(422, "value", what)
        try:
            with choosing(slot_id, now):
                moved = self._moved(made, trust, slot_ids, now, _actor(request))
        except partners.NotPossible:
            past = "Its time has come: it cannot be moved."
            raise FhirError(422, "business-rule", past) from None
        except booking.AppointmentChanged:
            now_is, _ = _find(trust, made.reference)
            if now_is.version != version:
                raise stale(now_is) from None
            raise over(now_is) from None
        response = _answer(moved, trust, moved.slot)
        add_warnings(response, moved, now)
        return response

    def _moved(
        self, made: Appointment, trust: str, slot_ids: list[int], now: datetime, actor: Actor
    ) -> Appointment:
        try:
            return partners.move(made, trust, slot_ids, made.version, now=now, actor=actor)
        except partners.NotYours:
            raise FhirError(
                403,
                "forbidden",
                "Only the trust that referred the patient may choose another Slot. Cancel with"
                " reason prov what you cannot do: the patient is offered another time.",
            ) from None


def book(request: Request, wanted: Booking, now: datetime) -> Appointment:
    """Book what an Appointment says. Raises FhirError."""
    trust = trust_of(request)
    try:
        appointment_status.check_new(wanted.required_status())
        slot_ids, named = wanted.slot_ids(), wanted.request()
    except Malformed as error:
        raise required(str(error)) from None
    except appointment_status.StatusNotTaken as error:
        raise FhirError(422, "value", str(error)) from None
    with choosing(slot_ids[0], now):
        referral = partners.find_referral(trust, **named._asdict())
        try:
            return partners.book(referral, slot_ids, now=now, actor=_actor(request))
        except partners.HasAppointment as has:
            return _same_again(request, trust, has)


def _find(trust: str, reference: str) -> tuple[Appointment, Slot]:
    try:
        return partners.find(trust, reference)
    except partners.NotKnown:
        raise not_found(f"Appointment/{reference[:64]}") from None
    except partners.NotYours:
        raise FhirError(403, "forbidden", "This appointment is another trust’s.") from None


def _actor(request: Request) -> Actor:
    """Return how the audit names the caller: by the key's prefix, which is not secret."""
    return Actor(ActorKind.KEY, getattr(request.auth, "prefix", ""))


def _version(request: Request) -> int:
    typed = request.headers.get("If-Match")
    if typed is None:
        said = 'If-Match is needed: the ETag of the Appointment, as W/"1".'
        raise FhirError(428, "required", said)
    match = _VERSION.fullmatch(typed.strip())
    if match is None:
        raise invalid("If-Match", 'one ETag, as W/"1".')
    return int(match["version"])


def _body(request: Request, stream: Readable, kind: type[T], media_types: tuple[str, ...]) -> T:
    """Return the body, checked. Raises FhirError."""
    check_media_type(request, media_types)
    raw = read_whole(stream, gzipped=is_gzipped(request), limit=MAX_BODY)
    try:
        return read_json(raw, msgspec.json.Decoder(kind))
    except JsonRefused as error:
        raise FhirError(refused_status(error.code), error.code, str(error)) from None


def _answer(made: Appointment, trust: str, slot: Slot, status: int = 200) -> Response:
    off = why_off([made]).get(made.pk)
    found: Resource = fhir_resources.appointment(made, reader=trust, slot=slot, off=off)
    headers = {"ETag": f'W/"{made.version}"', "Cache-Control": "no-store"}
    return fhir_response(found, status=status, headers=headers)


def _same_again(request: Request, trust: str, has: partners.HasAppointment) -> Appointment:
    """Return the appointment that the same call made before. Raises FhirError for another."""
    if not (has.same and "Idempotency-Key" in request.headers):
        what = f"The referral has Appointment/{has.appointment.reference}. Cancel it first."
        raise FhirError(409, "duplicate", what)
    return partners.find(trust, has.appointment.reference)[0]
