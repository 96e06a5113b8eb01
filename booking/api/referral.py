"""`/fhir/R4/ServiceRequest/<id>`: a trust reads, changes and finds again what it sent."""

import re

from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from booking.api import parameters, referrals
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
from booking.api.outcomes import Unreadable
from booking.api.refusals import FhirError, invalid, not_found, required
from booking.changes import audit
from booking.exchange import fhir_resources
from booking.exchange.fhir_systems import OUR_REFERRAL
from booking.identifiers.actors import Actor, ActorKind
from booking.models import AuditAction, Referral
from booking.referrals import answers, replacing, submission
from received.numbers import whole_number

_VERSION = re.compile(r'(?:W/)?"(?P<version>[0-9a-f]{16})"', re.ASCII)
IF_MATCH = OpenApiParameter(
    "If-Match", str, OpenApiParameter.HEADER, required=True, description="The ETag that you read"
)


class ServiceRequestRead(FhirView):
    """One request of the caller's own."""

    needs = {"get": [("ServiceRequest", "r")], "put": [("ServiceRequest", "u")]}

    @extend_schema(
        operation_id="read_service_request",
        parameters=[ID],
        responses=OK | REFUSED,
        description="A ServiceRequest that your trust sent, as it is now, with its ETag.",
    )
    def get(self, request: Request, id: str) -> Response:
        """Answer it, 404, or 403 for another trust's."""
        found = _find(trust_of(request), id)
        _note_read(request, found)
        return referrals.answer(found)

    @extend_schema(
        operation_id="put_service_request",
        parameters=[ID, IF_MATCH],
        request={"application/fhir+json": OpenApiTypes.OBJECT},
        responses=OK | REFUSED,
        description=(
            "The whole ServiceRequest as it should be, if it is still as you read it (else 412)."
            " Another exam is taken: a booked time that does not suit it is cancelled, and the"
            " patient told. Of the rest it does what POST does; all or nothing. revoked, completed"
            " and entered-in-error end it, and so does a contained Patient who has died."
        ),
    )
    def put(self, request: Request, id: str) -> Response:
        """Replace or end it."""
        trust = trust_of(request)
        found = _find(trust, id)
        check_media_type(request, (FHIR_JSON, "application/json"), or_none=True)
        version = _version(request)
        body = read_whole(
            stream_of(request, referrals.MAX_BODY), gzipped=is_gzipped(request),
            limit=referrals.MAX_BODY,
        )  # fmt: skip
        sent = referrals.decode(body)
        if referrals.identifier_of(sent) != found.identifier:
            raise Unreadable("identifier must be the one that this ServiceRequest has.")
        if version != replacing.version_of(found):
            raise _stale(found)
        if sent.status in referrals.ENDS or sent.has_died:
            return referrals.end(found, sent, referrals.actor_of(trust))
        submitted, paths = referrals.read_submission(sent, trust)
        now, actor = timezone.now(), referrals.actor_of(trust)
        try:
            given = referrals.read_answers(sent, paths)
            changed = replacing.replace(found, submitted, version, now=now, actor=actor)
        except replacing.ReferralChanged:
            raise _stale(_find(trust, id)) from None
        except submission.ReferralInvalid as refused:
            return referrals.refusal(refused, sent, paths)
        answers.take(changed, given, now=now, actor=actor)
        return referrals.answer(changed)


class ServiceRequests(referrals.ServiceRequestView):
    """A trust's requests: sent, and found again."""

    needs = {"get": [("ServiceRequest", "s")], "post": [("ServiceRequest", "c")]}
    takes = {"get": parameters.known("identifier")}

    @extend_schema(
        operation_id="search_service_requests",
        parameters=[
            OpenApiParameter(
                "identifier",
                str,
                required=True,
                description="Your own number, or <system>|<number>",
            )
        ],
        responses=OK | REFUSED,
        description="A searchset Bundle of the ServiceRequest of yours that has this identifier.",
    )
    def get(self, request: Request) -> Response:
        """Answer it, or an empty Bundle."""
        return _search(request)


def _search(request: Request) -> Response:
    """Answer the caller's own request of an identifier: its own number, or our booking code."""
    typed = request.query_params.get("identifier", "")
    system, _, value = typed.rpartition("|")
    if not value:
        raise required("identifier is needed: your own number, or <system>|<number>.")
    field = "code" if system == OUR_REFERRAL else "identifier"
    own = Referral.objects.of_trust(trust_of(request)).select_related("exam")
    found = list(own.filter(**{field: value}))
    for one in found:
        _note_read(request, one)
    links = {"self": parameters.address("ServiceRequest", [("identifier", typed)])}
    resources = [referrals.resource_of(one) for one in found]
    return fhir_response(fhir_resources.bundle(resources, [], total=len(found), links=links))


def _find(trust: str, id: str) -> Referral:
    number = whole_number(id) or 0
    requests = Referral.objects.select_related("exam", "patient").filter(pk=number)
    found = requests.of_trust(trust).first()
    if found is not None:
        return found
    if requests.exists():
        raise FhirError(403, "forbidden", "This ServiceRequest is another trust’s.")
    raise not_found(f"ServiceRequest/{id[:64]}")


def _note_read(request: Request, referral: Referral) -> None:
    actor = Actor(ActorKind.KEY, getattr(request.auth, "prefix", ""))
    audit.write(AuditAction.READ, now=timezone.now(), actor=actor, referral=referral)


def _version(request: Request) -> str:
    typed = request.headers.get("If-Match")
    if typed is None:
        raise FhirError(428, "required", "If-Match is needed: the ETag of the ServiceRequest.")
    match = _VERSION.fullmatch(typed.strip())
    if match is None:
        raise invalid("If-Match", "one ETag, as you read it.")
    return match["version"]


def _stale(found: Referral) -> FhirError:
    tag = replacing.version_of(found)
    return FhirError(
        412, "conflict", f'It was changed meanwhile: read it again, its ETag is W/"{tag}".'
    )
