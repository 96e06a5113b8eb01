"""`POST /fhir/R4/$import`: where a trust's slots come in."""

import io
from collections.abc import Callable

from django.conf import settings
from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework.exceptions import UnsupportedMediaType
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from booking.api.authentication import HasTrustKey, TrustKeyAuthentication, trust_of
from booking.api.outcomes import (
    TooLarge,
    Unreadable,
    fhir_errors,
    import_answer,
    import_outcome,
    issue,
    outcome,
)
from booking.feeds import body
from booking.feeds.importer import import_lines


class FhirJson(JSONRenderer):
    """JSON under FHIR's own media type."""

    media_type = "application/fhir+json"


NDJSON = ("application/fhir+ndjson", "application/x-ndjson", "application/ndjson")
"""FHIR's media type, and what other systems call the same."""


class ImportView(APIView):
    """A trust's free and busy slots, with the places and schedules that they stand on."""

    authentication_classes = [TrustKeyAuthentication]
    permission_classes = [HasTrustKey]
    parser_classes = []  # the body is streamed, never parsed whole
    renderer_classes = [FhirJson, JSONRenderer]

    def get_exception_handler(self) -> Callable[..., Response | None]:
        """Answer errors in FHIR's words."""
        return fhir_errors

    @extend_schema(
        operation_id="import_slots",
        request={"application/fhir+ndjson": OpenApiTypes.STR},
        responses={(200, "application/fhir+json"): OpenApiTypes.OBJECT},
        description=(
            "One FHIR R4 Location, Schedule or Slot a line, gzip allowed. Each is upserted; "
            "one bad line never loses the good ones. Answers a Parameters resource with counts "
            "and an OperationOutcome with one issue a refused line; 422 if no line was used."
        ),
    )
    def post(self, request: Request) -> Response:
        """Upsert every line; answer counts and refusals."""
        media_type = request.content_type.partition(";")[0].strip().lower()
        if media_type and media_type not in NDJSON:
            raise UnsupportedMediaType(media_type)
        encoding = request.headers.get("Content-Encoding", "identity").lower()
        if encoding not in ("identity", "gzip"):
            raise Unreadable(f"Content-Encoding {encoding} is not known. Send gzip, or none.")
        limit = settings.IMPORT_MAX_BODY_BYTES
        if int(request.META.get("CONTENT_LENGTH") or 0) > limit:
            raise TooLarge(_too_large("Nothing of it was used."))
        lines = body.lines(_stream(request), gzipped=encoding == "gzip", limit=limit)
        try:
            report = import_lines(trust_of(request), lines, now=timezone.now())
        except body.TooLong:
            raise TooLarge(_too_large("The lines before the limit may be in.")) from None
        except body.NotGzip:
            raise Unreadable(
                "The body is not whole gzip. The lines before the fault may be in; send it again."
            ) from None
        if report.used:
            return Response(import_answer(report))
        if report.refused:
            return Response(import_outcome(report), status=422)
        return Response(outcome(issue("required", "The body has no lines.")), status=422)


def _stream(request: Request) -> body.Readable:
    """Return the unread body. Django sees none where no length was sent; the server does."""
    if request.headers.get("Transfer-Encoding", "").lower() == "chunked":
        stream: body.Readable = request.META["wsgi.input"]
        return stream
    return request.stream or io.BytesIO()


def _too_large(what_is_in: str) -> str:
    megabytes = settings.IMPORT_MAX_BODY_BYTES // (1024 * 1024)
    return (
        f"The body is over {megabytes} MB unpacked, or packs impossibly well. {what_is_in} "
        "Send it in smaller parts; sending lines again is safe."
    )
