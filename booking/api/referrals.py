"""`POST /fhir/R4/ServiceRequest`: where a trust's system sends referrals."""

import re
from typing import Any

import msgspec
from django.conf import settings
from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from booking.api import referral_answers as sent_answers
from booking.api import referral_patients as patients
from booking.api.authentication import trust_of
from booking.api.fhir import IDEMPOTENCY_KEY
from booking.api.fhir_view import (
    FHIR_JSON,
    FhirView,
    check_media_type,
    is_gzipped,
    read_whole,
    stream_of,
)
from booking.api.idempotency import once
from booking.api.outcomes import Unreadable, issue, outcome
from booking.api.refusals import FhirError
from booking.appointments.booking import AppointmentChanged
from booking.appointments.holds import ReferralEnded
from booking.exams import codes as exam_codes
from booking.exchange.feeds.body_stream import Readable
from booking.exchange.fhir_systems import NEED, NHS_NUMBER, OUR_EXAM, OUR_REFERRAL, URGENCY
from booking.identifiers.actors import Actor, ActorKind
from booking.models import Exam, Referral
from booking.referrals import answers, ending, intake, replacing, submission
from received.json_body import UNFIT, JsonRefused, read_json
from received.text import tidy
from sites.models import MODALITIES

MAX_BODY = 64 * 1024
ISO_DAY = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
PRIORITIES = {"routine": "routine", "urgent": "urgent", "asap": "urgent", "stat": "urgent"}
"""FHIR's priorities; suspected cancer and planned are codes of our own in `category`."""
ENDS = {
    "revoked": Referral.End.WITHDRAWN,
    "completed": Referral.End.DONE,
    "entered-in-error": Referral.End.DUPLICATE,
}
"""What a referrer's status says of why the request is over."""
FIELD_OF = {
    "exam": "code.coding", "urgency": "priority", "clock_start": "authoredOn",
    "needs": "reasonCode", "identifier": "identifier",
    "status": "status",
}  # fmt: skip


class SentRequest(msgspec.Struct, rename="camel"):
    """A ServiceRequest as far as we read it."""

    resource_type: str
    identifier: list[patients.Identifier] = []
    status: str = "active"
    intent: str = "order"
    priority: str = "routine"
    category: list[patients.Concept] = []
    code: patients.Concept = msgspec.field(default_factory=patients.Concept)
    contained: list[sent_answers.Contained] = []
    authored_on: str = ""
    reason_code: list[patients.Concept] = []

    @property
    def has_died(self) -> bool:
        """Whether it says that its patient has died."""
        return any(one.has_died for one in self.contained if one.resource_type == "Patient")


_decoder = msgspec.json.Decoder(SentRequest)


class ServiceRequestView(FhirView):
    """A trust's referrals. Patients with a mobile number get a text with their booking code."""

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
            " identifier is in already: a higher urgency and what was not known are taken; 409 with"
            " one issue a field that differs and is not taken, and for a request that has ended;"
            " 422 with one issue a field that cannot be used. Status revoked, completed or"
            " entered-in-error ends the request of that identifier: its appointment is cancelled."
            " A contained QuestionnaireResponse to our Questionnaire, whole or in part, is taken"
            " with it: nobody is asked that again; 422 names each linkId or answer that is not"
            " in it, and nothing is taken."
        ),
    )
    def post(self, request: Request) -> Response:
        """Take one referral; sending it again answers the same one."""
        check_media_type(request, (FHIR_JSON, "application/json"), or_none=True)
        gzipped, stream = is_gzipped(request), stream_of(request, MAX_BODY)
        return once(request, stream, lambda body: _receive(trust_of(request), body, gzipped))


def _receive(trust: str, stream: Readable, gzipped: bool) -> Response:
    resource = decode(read_whole(stream, gzipped=gzipped, limit=MAX_BODY))
    if resource.status in ENDS or resource.has_died:
        return end(find(trust, resource), resource, actor_of(trust))
    sent, paths = read_submission(resource, trust)
    now, actor = timezone.now(), actor_of(trust)
    try:
        given = read_answers(resource, paths)
        referral, new = intake.create_referral(sent, now=now, actor=actor)
    except submission.ReferralInvalid as refused:
        return refusal(refused, resource, paths)
    answers.take(referral, given, now=now, actor=actor)
    address = f"{settings.PUBLIC_BASE_URL}/fhir/R4/ServiceRequest/{referral.pk}"
    headers = {"Location": address} if new else {}
    return answer(referral, status=201 if new else 200, headers=headers)


def actor_of(trust: str) -> Actor:
    """Return how the audit names a trust that says something of its own referrals."""
    return Actor(ActorKind.FEED, trust)


def find(trust: str, sent: SentRequest) -> Referral:
    """Return the trust's request of the identifier that was sent. Raises FhirError."""
    named = Referral.objects.of_trust(trust).filter(identifier=identifier_of(sent))
    found = named.select_related("exam", "patient").first()
    if found is None:
        raise FhirError(422, "not-found", "identifier: no ServiceRequest of yours has it.")
    return found


def end(found: Referral, sent: SentRequest, actor: Actor) -> Response:
    """End a request as its status says; if the patient has died, everything of the patient.

    Saying it again changes nothing.
    """
    reason = Referral.End.DIED if sent.has_died else ENDS[sent.status]
    if sent.has_died:
        _must_be_the_patient(found, sent)
    try:
        ending.end(found, reason, now=timezone.now(), actor=actor)
    except ReferralEnded as ended:
        found = ended.referral
    except AppointmentChanged:
        raise FhirError(
            409, "conflict", "Its Appointment changed at this moment. Send it again."
        ) from None
    return answer(found)


def _must_be_the_patient(found: Referral, sent: SentRequest) -> None:
    """Raise FhirError unless the one who is said to have died was born on our patient's day."""
    born = {person.birth_date for person in sent.contained if person.resource_type == "Patient"}
    if not born & {one.born.isoformat() for one in found.patient.records}:
        raise FhirError(
            409, "conflict", "contained: this is not the patient of that identifier: birthDate."
        )


def refusal(
    refused: submission.ReferralInvalid, sent: SentRequest, paths: dict[str, str]
) -> Response:
    """Return 409 for what contradicts, 422 for what cannot be used, with one issue a field."""
    is_conflict = isinstance(refused, submission.Conflict)
    if not is_conflict and "exam" in refused.errors:
        refused.errors["exam"] = _why_no_exam(sent) or refused.errors["exam"]
    code, status = ("conflict", 409) if is_conflict else ("value", 422)
    return Response(outcome(*issues(code, refused, paths)), status=status)


def _exam_of(sent: SentRequest) -> Exam:
    return exam_codes.exam_of(
        exam_codes.Coding(coding.system, coding.code) for coding in sent.code.coding
    )


def _why_no_exam(sent: SentRequest) -> str:
    try:
        _exam_of(sent)
    except exam_codes.ExamNotKnown as error:
        alone = "Words alone name no exam. " if sent.code.text and not sent.code.coding else ""
        return f"{alone}{error}"
    return ""


def _exam_code(sent: SentRequest) -> str:
    """Return our code of the exam that was sent, empty if it names none."""
    try:
        return str(_exam_of(sent).code)
    except exam_codes.ExamNotKnown:
        return ""


def decode(body: bytes) -> SentRequest:
    """Return the resource, with an identifier. Raises Unreadable."""
    try:
        sent = read_json(body, _decoder)
    except JsonRefused as error:
        if error.code == UNFIT:
            raise FhirError(422, UNFIT, f"This cannot be kept: {error}") from None
        raise Unreadable(f"This is not a ServiceRequest: {error}") from None
    if sent.resource_type != "ServiceRequest":
        raise Unreadable("resourceType must be ServiceRequest.")
    if not sent.identifier or not identifier_of(sent):
        raise Unreadable("Send one identifier of yours.")
    if sent.status not in ("active", *ENDS):
        raise Unreadable(f"status must be active, or to end it {', '.join(ENDS)}.")
    return sent


def read_submission(
    sent: SentRequest, trust: str
) -> tuple[submission.ReferralSubmission, dict[str, str]]:
    """Return the resource as intake.create_referral wants it, and where each field stands in it.

    Raises Unreadable.
    """
    people = [
        (place, one) for place, one in enumerate(sent.contained) if one.resource_type == "Patient"
    ]
    if len(people) != 1:
        raise Unreadable("Send one contained Patient.")
    place, person = people[0]
    found = patients.read(person, f"contained[{place}]", now=timezone.now())
    submitted = submission.ReferralSubmission(
        trust=trust,
        identifier=identifier_of(sent),
        given_name=found.given_name,
        family_name=found.family_name,
        born=_iso_day(person.birth_date),
        nhs_number=next((i.value for i in person.identifiers if i.system == NHS_NUMBER), ""),
        mobile=found.mobile,
        postcode=found.postcode,
        exam=_exam_code(sent),
        urgency=next(iter(_codes(sent.category, URGENCY)), PRIORITIES.get(sent.priority, "")),
        clock_start=_iso_day(sent.authored_on[:10]),
        needs=tuple(_codes(sent.reason_code, NEED)),
        reach=found.reach,
        former_names=found.former_names,
    )
    return submitted, FIELD_OF | found.paths


def read_answers(sent: SentRequest, paths: dict[str, str]) -> dict[str, str]:
    """Return what was answered to the questions before the scan, and note where each stands.

    Raises Unreadable, and ReferralInvalid with every answer that cannot be taken.
    """
    given, version, place = sent_answers.read(sent.contained)
    paths[answers.FIELD] = f"{place}.questionnaire"
    for link_id, _ in given:
        name = f"{answers.FIELD}.{link_id[:40]}"
        paths[name] = f"{place}.item.where(linkId='{link_id[:40]}')"
    return answers.check(given, version)


def identifier_of(sent: SentRequest) -> str:
    """Return the trust's own number, as it is kept."""
    return tidy(sent.identifier[0].value).strip()


def _iso_day(sent: str) -> str:
    """Return a FHIR date, empty if it is none: people's ways of writing dates are not FHIR's."""
    return sent if ISO_DAY.fullmatch(sent) else ""


def _codes(concepts: list[patients.Concept], system: str) -> list[str]:
    return [one.code for concept in concepts for one in concept.coding if one.system == system]


def issues(
    code: str, refused: submission.ReferralInvalid, paths: dict[str, str]
) -> list[dict[str, Any]]:
    """Return one issue a field, with where it stands in the resource."""
    found = []
    for name, what in refused.errors.items():
        one = issue(code, what)
        one["expression"] = [f"ServiceRequest.{paths[name]}"]
        found.append(one)
    return found


def _status(referral: Referral) -> str:
    """Return FHIR's word for whether the request is open, or why it is not."""
    if referral.ended_at is None:
        return "active"
    said = {reason: status for status, reason in ENDS.items()}
    return said.get(Referral.End(referral.end_reason), "revoked")


def resource_of(referral: Referral) -> dict[str, Any]:
    """Return the referral as a resource: nothing of the patient, nor the code that opens it.

    Its sender books with the id, or with its own number.
    """
    exam: Exam = referral.exam
    return {
        "resourceType": "ServiceRequest",
        "id": str(referral.pk),
        "identifier": [
            {"system": f"{OUR_REFERRAL}:{referral.trust_id}", "value": referral.identifier},
        ],
        "status": _status(referral),
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


def answer(referral: Referral, *, status: int = 200, **options: Any) -> Response:
    """Answer a referral as it is now, with its ETag."""
    response = Response(resource_of(referral), status=status, **options)
    response["ETag"] = f'W/"{replacing.version_of(referral)}"'
    return response
