"""`POST /fhir/R4/$import`: where a trust's slots come in."""

from django.conf import settings
from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from booking.api.authentication import key_of, trust_of
from booking.api.fhir_view import (
    CUT_SHORT,
    FhirView,
    check_media_type,
    is_chunked,
    is_gzipped,
    stream_of,
    too_large,
)
from booking.api.idempotency import once
from booking.api.outcomes import (
    NoLength,
    TooLarge,
    Unreadable,
    import_answer,
    import_outcome,
    issue,
    kept_outcome,
    outcome,
)
from booking.api.parameters import known
from booking.api.refusals import invalid
from booking.exchange.feeds import body_stream, log
from booking.exchange.feeds.importer import import_lines
from booking.exchange.feeds.report import Report

NDJSON = (
    "application/fhir+ndjson",
    "application/x-ndjson",
    "application/ndjson",
    "application/fhir+json",
)
"""FHIR's media type, what other systems call the same, and FHIR's own for an array or a Bundle."""
IDEMPOTENCY_KEY = OpenApiParameter(
    "Idempotency-Key",
    str,
    OpenApiParameter.HEADER,
    description="The same key within 24 hours gets the first answer; another body: 422.",
)


class ImportView(FhirView):
    """A trust's free and busy slots, with the places and schedules that they stand on."""

    needs = {"post": [("Location", "u"), ("Schedule", "u"), ("Slot", "u")]}
    takes = {"post": known("mode")}

    @extend_schema(
        operation_id="import_slots",
        parameters=[
            OpenApiParameter(
                "mode",
                str,
                enum=["upsert", "replace"],
                description=(
                    "replace: the body is authoritative for every Schedule that it names; their "
                    "slots to come that it does not name are withdrawn. Whole or nothing: a "
                    "Schedule of which anything was not read or understood is kept, and the "
                    "answer is 422."
                ),
            ),
            IDEMPOTENCY_KEY,
        ],
        request={"application/fhir+ndjson": OpenApiTypes.STR},
        responses={
            (200, "application/fhir+json"): OpenApiTypes.OBJECT,
            (411, "application/fhir+json"): OpenApiTypes.OBJECT,
            (422, "application/fhir+json"): OpenApiTypes.OBJECT,
        },
        description=(
            "One FHIR R4 Location, Schedule or Slot a line, or an array or Bundle of them; gzip "
            "allowed. Each is upserted; one bad line never loses the good ones. Answers a "
            "Parameters resource with counts and an OperationOutcome with one issue a refused "
            "line; 422 if no line was used."
        ),
    )
    def post(self, request: Request) -> Response:
        """Upsert every line; answer counts and refusals."""
        check_media_type(request, NDJSON, or_none=True)
        mode = request.query_params.get("mode", "upsert")
        if mode not in ("upsert", "replace"):
            raise invalid("mode", "upsert or replace.")
        gzipped = is_gzipped(request)
        stream = stream_of(request)
        if mode == "replace" and is_chunked(request) and not gzipped:
            raise NoLength(
                "mode=replace needs a Content-Length or gzip: what broke off is not whole."
            )
        return once(request, stream, lambda body: _import(request, body, gzipped, mode))


def _import(request: Request, stream: body_stream.Readable, gzipped: bool, mode: str) -> Response:
    now, trust = timezone.now(), trust_of(request)
    report, status = Report(), 500
    lines = body_stream.lines(stream, gzipped=gzipped, limit=settings.IMPORT_MAX_BODY_BYTES)
    try:
        report = import_lines(trust, lines, now=now, replace=mode == "replace")
        status = 200 if report.used and not report.kept else 422
    except body_stream.TooLong:
        status = 413
        said = too_large(settings.IMPORT_MAX_BODY_BYTES, "The lines before the limit may be in.")
        raise TooLarge(said) from None
    except body_stream.NotGzip:
        status = 400
        raise Unreadable(
            "The body is not whole gzip. The lines before the fault may be in, and nothing was "
            "withdrawn; send it again."
        ) from None
    except body_stream.CutShort:
        status = 400
        raise Unreadable(
            f"{CUT_SHORT} The lines before may be in, and nothing was withdrawn; send it again."
        ) from None
    finally:
        call = "$import" if mode == "upsert" else f"$import {mode}"
        log.record_call(
            trust, call, key=key_of(request), status=status, counts=report.counts, now=now
        )
    if report.kept:
        return Response(kept_outcome(report), status=422)
    if report.used:
        return Response(import_answer(report))
    if report.refused:
        return Response(import_outcome(report), status=422)
    return Response(outcome(issue("required", "The body has no lines.")), status=422)
