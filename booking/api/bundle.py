"""`POST /fhir/R4/` Bundle and `PUT /fhir/R4/Slot/<id>`: for partners that speak plain FHIR."""

from http import HTTPStatus
from typing import Any

from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from booking.api.authentication import key_of, trust_of
from booking.api.capacity import read_slot
from booking.api.fhir import IDEMPOTENCY_KEY
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
from booking.api.outcomes import (
    add_error_codes,
    import_outcome,
    issue,
    outcome,
    refused_status,
    remarks,
)
from booking.exchange.feeds import bundle, log, parse
from booking.exchange.feeds.body_stream import Readable
from booking.exchange.feeds.importer import import_lines, import_whole
from booking.exchange.feeds.parse import LineRefused
from booking.exchange.feeds.report import Report

MAX_BUNDLE = 5 * 1024 * 1024
MAX_RESOURCE = 64 * 1024
"""Bytes, unpacked."""
JSON = (FHIR_JSON, "application/json")
ANSWERS = {(200, "application/fhir+json"): OpenApiTypes.OBJECT}


class BundleView(FhirView):
    """Up to 1,000 Locations, Schedules and Slots, each a PUT."""

    needs = {"post": [("Location", "u"), ("Schedule", "u"), ("Slot", "u")]}

    @extend_schema(
        operation_id="send_bundle",
        parameters=[IDEMPOTENCY_KEY],
        request={"application/fhir+json": OpenApiTypes.OBJECT},
        responses=ANSWERS,
        description=(
            "A Bundle of type batch (each entry by itself) or transaction (all or nothing). "
            "Every entry is a PUT of a Location, Schedule or Slot under its own id."
        ),
    )
    def post(self, request: Request) -> Response:
        """Put every entry in; answer one outcome an entry."""
        check_media_type(request, JSON, or_none=True)
        gzipped, stream = is_gzipped(request), stream_of(request, MAX_BUNDLE)
        return once(request, stream, lambda body: _bundle(request, body, gzipped))


class SlotView(FhirView):
    """One slot: read by anybody with a key, changed by the trust whose it is."""

    needs = {"get": [("Slot", "r")], "put": [("Slot", "u")]}

    @extend_schema(
        operation_id="read_slot",
        parameters=[OpenApiParameter("id", str, OpenApiParameter.PATH)],
        responses=ANSWERS,
        description=(
            "A Slot as it is now, by the caller's own id for it or else by ours. A time that "
            "somebody is choosing is busy."
        ),
    )
    def get(self, request: Request, id: str) -> Response:
        """Answer it, or 404."""
        return fhir_response(read_slot(trust_of(request), id))

    @extend_schema(
        operation_id="put_slot",
        parameters=[IDEMPOTENCY_KEY],
        request={"application/fhir+json": OpenApiTypes.OBJECT},
        responses={**ANSWERS, (201, "application/fhir+json"): OpenApiTypes.OBJECT},
        description=(
            "Creates or changes one Slot on a Schedule of the caller's own. A Schedule of another "
            "trust is 403. Older than what is stored: 200, and nothing changes."
        ),
    )
    def put(self, request: Request, id: str) -> Response:
        """Put the slot in; answer what became of it."""
        check_media_type(request, JSON, or_none=True)
        gzipped, stream = is_gzipped(request), stream_of(request, MAX_RESOURCE)
        return once(request, stream, lambda body: _slot(request, body, gzipped, id))


def _slot(request: Request, stream: Readable, gzipped: bool, name: str) -> Response:
    text = read_whole(stream, gzipped=gzipped, limit=MAX_RESOURCE)
    report = Report(outcomes={})
    try:
        slot = parse.parse(text)
        if not isinstance(slot, parse.Slot) or slot.id != name:
            raise LineRefused("value", f"the body must be the Slot whose id is {name}.")
        report = import_lines(trust_of(request), [(1, text)], now=timezone.now(), by_line=True)
    except LineRefused as error:
        report.refuse(1, error)
    status = _status(report, 1)
    _keep(request, "PUT Slot", status, report)
    if report.refusals:
        refusal = report.refusals[0]
        return Response(outcome(issue(refusal.code, refusal.what)), status=status)
    said = issue("informational", (report.outcomes or {})[1], "information")
    told = [issue("informational", remark, "warning") for remark in remarks(report)]
    return Response(outcome(said, *told), status=status)


def _bundle(request: Request, stream: Readable, gzipped: bool) -> Response:
    text = read_whole(stream, gzipped=gzipped, limit=MAX_BUNDLE)
    try:
        found = bundle.read(text)
    except LineRefused as error:
        return Response(outcome(issue(error.code, str(error))), status=refused_status(error.code))
    lines, wrong = [], Report()
    for number, entry in enumerate(found.entry, 1):
        try:
            bundle.check(entry)
            lines.append((number, bytes(entry.resource)))
        except LineRefused as error:
            wrong.refuse(number, error)
    trust, now = trust_of(request), timezone.now()
    whole = found.type == "transaction"
    if whole and wrong.refused:
        report = wrong
    elif whole:
        report = import_whole(trust, lines, now=now)
    else:
        report = import_lines(trust, lines, now=now, by_line=True)
        report.merge(wrong)
    if whole and report.refused:
        status = refused_status(report.refusals[0].code)
        answer = import_outcome(report, "entry")
    else:
        status, answer = 200, _answer(found, report)
    _keep(request, f"Bundle {found.type}", status, report)
    return Response(answer, status=status)


def _answer(found: bundle.Bundle, report: Report) -> dict[str, Any]:
    refusals = {refusal.line: refusal for refusal in report.refusals}
    entries = []
    for number in range(1, len(found.entry) + 1):
        refusal = refusals.get(number)
        told = (
            issue(refusal.code, refusal.what)
            if refusal
            else issue("informational", (report.outcomes or {})[number], "information")
        )
        status = HTTPStatus(_status(report, number))
        said = add_error_codes(outcome(told), status)
        entries.append({"response": {"status": f"{status} {status.phrase}", "outcome": said}})
    return {"resourceType": "Bundle", "type": f"{found.type}-response", "entry": entries}


def _status(report: Report, line: int) -> int:
    for refusal in report.refusals:
        if refusal.line == line:
            return refused_status(refusal.code)
    return 201 if (report.outcomes or {}).get(line) == "created" else 200


def _keep(request: Request, call: str, status: int, report: Report) -> None:
    log.record_call(
        trust_of(request),
        call,
        key=key_of(request),
        status=status,
        counts=report.counts,
        now=timezone.now(),
    )
