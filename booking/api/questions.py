"""`/Questionnaire`: the questions before a scan; `/QuestionnaireResponse/<id>`: one's answers."""

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from booking.api.authentication import trust_of
from booking.api.capacity import ID, OK, REFUSED
from booking.api.fhir_view import FhirView, fhir_response
from booking.api.refusals import FhirError, not_found
from booking.exams.questions import outcomes, seeing
from booking.exchange import fhir_questions
from booking.exchange.fhir_questions import QUESTIONNAIRE
from booking.identifiers.actors import Actor, ActorKind
from booking.models import Appointment, Referral
from received.numbers import whole_number

OFF = (Appointment.Status.CANCELLED, Appointment.Status.DISPLACED)


class QuestionnaireRead(FhirView):
    """The questions as they are asked now."""

    needs = {"get": [("Questionnaire", "r")]}

    @extend_schema(
        operation_id="read_questionnaire",
        parameters=[ID],
        responses=OK | REFUSED,
        description=(
            f"Questionnaire/{QUESTIONNAIRE}: every question before a scan, with its answers and of"
            " whom it is asked. Answer it with a referral: a QuestionnaireResponse that is"
            " contained in the ServiceRequest, with this url and version."
        ),
    )
    def get(self, request: Request, id: str) -> Response:
        """Answer it, or 404."""
        if id != QUESTIONNAIRE:
            raise not_found(f"Questionnaire/{id[:64]}")
        return fhir_response(fhir_questions.questionnaire())


class QuestionnaireResponseRead(FhirView):
    """The answers of one referral, for the trust that referred and the one that scans."""

    needs = {"get": [("QuestionnaireResponse", "r")]}

    @extend_schema(
        operation_id="read_questionnaire_response",
        parameters=[ID],
        responses=OK | REFUSED,
        description=(
            "The answers to the questions before a scan that count now, as an Appointment’s"
            " supportingInformation names them: who answered, when, to which version, what follows"
            " from each, and what staff let follow instead with their reason. Of a referral of"
            " yours, or one that you scan; each time that you read it is written down."
        ),
    )
    def get(self, request: Request, id: str) -> Response:
        """Answer it, 404, or 403 for other trusts'."""
        now, number = timezone.now(), whole_number(id) or 0
        referral = _find(trust_of(request), number)
        if referral is None and Referral.objects.filter(pk=number).exists():
            raise FhirError(403, "forbidden", "This QuestionnaireResponse is another trust’s.")
        if referral is None or not fhir_questions.is_asked_anything(referral, now=now):
            raise not_found(f"QuestionnaireResponse/{id[:64]}")
        actor = Actor(ActorKind.KEY, getattr(request.auth, "prefix", ""))
        asked = seeing.seen_by(referral, now=now, actor=actor)
        result = outcomes.outcome_of(referral, now=now)
        response = fhir_response(fhir_questions.response(referral, asked, result))
        response["Cache-Control"] = "no-store"
        return response


def _find(trust: str, number: int) -> Referral | None:
    """Return a referral that the trust sent, or that it scans: not one that it scans no longer."""
    own = Referral.objects.select_related("exam", "patient").filter(pk=number).of_trust(trust)
    if found := own.first():
        return found
    made = Appointment.objects.of_trust(trust).filter(referral=number).exclude(status__in=OFF)
    scanned = made.select_related("referral__exam", "referral__patient").first()
    return scanned.referral if scanned else None
