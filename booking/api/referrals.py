"""`POST /fhir/R4/ServiceRequest`: where a trust's system sends referrals."""

from typing import Any

import msgspec
from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework.exceptions import UnsupportedMediaType
from rest_framework.request import Request
from rest_framework.response import Response

from booking.api.authentication import trust_of
from booking.api.fhir import IDEMPOTENCY_KEY
from booking.api.fhir_view import FhirView, is_gzipped, read_whole, stream_of
from booking.api.idempotency import once
from booking.api.outcomes import Unreadable, issue, outcome
from booking.exchange.feeds.body_stream import Readable
from booking.models import Exam, Referral
from booking.referrals import intake, submission
from sites.models import MODALITIES

OUR_EXAM = "urn:scan-finder:exam"
OUR_REFERRAL = "urn:scan-finder:referral"
URGENCY = "urn:scan-finder:urgency"
NEED = "urn:scan-finder:need"
NHS_NUMBER = "https://fhir.nhs.uk/Id/nhs-number"
MAX_BODY = 64 * 1024
PRIORITIES = {"routine": "routine", "urgent": "urgent", "asap": "urgent", "stat": "urgent"}
"""FHIR's priorities; suspected cancer and planned are codes of our own in `category`."""
FIELD_OF = {
    "given_name": "contained[0].name[0].given", "family_name": "contained[0].name[0].family",
    "born": "contained[0].birthDate", "nhs_number": "contained[0].identifier",
    "mobile": "contained[0].telecom", "postcode": "contained[0].address[0].postalCode",
    "exam": "code.coding", "urgency": "priority", "clock_start": "authoredOn",
    "needs": "reasonCode", "identifier": "identifier",
}  # fmt: skip


class _Identifier(msgspec.Struct):
    system: str = ""
    value: str = ""


class _Coding(msgspec.Struct):
    system: str = ""
    code: str = ""


class _Concept(msgspec.Struct):
    coding: list[_Coding] = []


class _Name(msgspec.Struct):
    family: str = ""
    given: list[str] = []


class _Telecom(msgspec.Struct):
    system: str = ""
    value: str = ""
    use: str = ""


class _Address(msgspec.Struct, rename="camel"):
    postal_code: str = ""


class _Patient(msgspec.Struct, rename="camel"):
    resource_type: str = ""
    identifier: list[_Identifier] = []
    name: list[_Name] = []
    telecom: list[_Telecom] = []
    address: list[_Address] = []
    birth_date: str = ""


class _ServiceRequest(msgspec.Struct, rename="camel"):
    resource_type: str
    identifier: list[_Identifier] = []
    status: str = "active"
    intent: str = "order"
    priority: str = "routine"
    category: list[_Concept] = []
    code: _Concept = msgspec.field(default_factory=_Concept)
    contained: list[_Patient] = []
    authored_on: str = ""
    reason_code: list[_Concept] = []


class ServiceRequestView(FhirView):
    """A trust's referrals. The patient of each gets a text with their booking code."""

    @extend_schema(
        operation_id="create_service_request",
        parameters=[IDEMPOTENCY_KEY],
        request={"application/fhir+json": OpenApiTypes.OBJECT},
        responses={
            (201, "application/fhir+json"): OpenApiTypes.OBJECT,
            (200, "application/fhir+json"): OpenApiTypes.OBJECT,
        },
        description=(
            "One ServiceRequest with its Patient contained. 201 for a new one; 200 for one whose"
            " identifier is in already, which changes nothing; 409 if that identifier or NHS"
            " number belongs to something else; 422 with one issue a field that cannot be used."
        ),
    )
    def post(self, request: Request) -> Response:
        """Take one referral; sending it again answers the same one."""
        media_type = request.content_type.partition(";")[0].strip().lower()
        if media_type not in ("", "application/fhir+json", "application/json"):
            raise UnsupportedMediaType(media_type)
        gzipped, stream = is_gzipped(request), stream_of(request, MAX_BODY)
        return once(request, stream, lambda body: _receive(trust_of(request), body, gzipped))


def _receive(trust: str, stream: Readable, gzipped: bool) -> Response:
    sent = _read(read_whole(stream, gzipped=gzipped, limit=MAX_BODY), trust)
    try:
        referral, new = intake.create_referral(sent, now=timezone.now(), actor=f"feed {trust}")
    except submission.Conflict as conflict:
        return Response(outcome(*_issues("conflict", conflict)), status=409)
    except submission.ReferralInvalid as refused:
        return Response(outcome(*_issues("value", refused)), status=422)
    headers = {"Location": f"/fhir/R4/ServiceRequest/{referral.pk}"} if new else {}
    return Response(_answer(referral), status=201 if new else 200, headers=headers)


def _read(body: bytes, trust: str) -> submission.ReferralSubmission:
    """Return the resource as intake.create_referral wants it. Raises Unreadable."""
    try:
        sent = msgspec.json.decode(body, type=_ServiceRequest)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise Unreadable(f"This is not a ServiceRequest: {error}") from None
    if sent.resource_type != "ServiceRequest":
        raise Unreadable("resourceType must be ServiceRequest.")
    people = [one for one in sent.contained if one.resource_type == "Patient"]
    if len(people) != 1 or not sent.identifier or not sent.identifier[0].value.strip():
        raise Unreadable("Send one identifier of yours, and one contained Patient.")
    if sent.status != "active":
        raise Unreadable("Only a ServiceRequest with status active is taken.")
    person = people[0]
    name = person.name[0] if person.name else _Name()
    mobiles = [one.value for one in person.telecom if one.system in ("phone", "sms")]
    return submission.ReferralSubmission(
        trust=trust,
        identifier=sent.identifier[0].value.strip(),
        given_name=" ".join(name.given),
        family_name=name.family,
        born=person.birth_date,
        nhs_number=next((i.value for i in person.identifier if i.system == NHS_NUMBER), ""),
        mobile=mobiles[0] if mobiles else "",
        postcode=person.address[0].postal_code if person.address else "",
        exam=next((one.code for one in sent.code.coding if one.system == OUR_EXAM), ""),
        urgency=next(iter(_codes(sent.category, URGENCY)), PRIORITIES.get(sent.priority, "")),
        clock_start=sent.authored_on[:10],
        needs=tuple(_codes(sent.reason_code, NEED)),
    )


def _codes(concepts: list[_Concept], system: str) -> list[str]:
    return [one.code for concept in concepts for one in concept.coding if one.system == system]


def _issues(code: str, refused: submission.ReferralInvalid) -> list[dict[str, Any]]:
    found = []
    for name, what in refused.errors.items():
        one = issue(code, what)
        one["expression"] = [f"ServiceRequest.{FIELD_OF[name]}"]
        found.append(one)
    return found


def _answer(referral: Referral) -> dict[str, Any]:
    """Return the referral as a resource: nothing of the patient but the code to book with.

    Only the trust that sent the referral is answered so; it may book with the code, too.
    """
    exam: Exam = referral.exam
    return {
        "resourceType": "ServiceRequest",
        "id": str(referral.pk),
        "identifier": [
            {"system": OUR_REFERRAL, "value": referral.code},
            {"system": f"{OUR_REFERRAL}:{referral.trust_id}", "value": referral.identifier},
        ],
        "status": "active",
        "intent": "order",
        "priority": "routine" if referral.urgency in ("routine", "planned") else "urgent",
        "category": [{"coding": [{"system": URGENCY, "code": referral.urgency}]}],
        "code": {
            "coding": [{"system": OUR_EXAM, "code": exam.code}],
            "text": f"{MODALITIES[exam.modality]}, {exam.body_part}",
        },
        "subject": {"display": "as sent"},
        "authoredOn": referral.clock_start.isoformat(),
    }
