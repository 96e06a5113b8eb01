"""FHIR answers: OperationOutcomes, and the counts of an import."""

from typing import Any

from rest_framework import status
from rest_framework.exceptions import (
    APIException,
    AuthenticationFailed,
    MethodNotAllowed,
    NotAcceptable,
    NotAuthenticated,
    Throttled,
    UnsupportedMediaType,
)
from rest_framework.response import Response
from rest_framework.views import exception_handler

from booking.exchange.feeds.report import Refusal, Report
from booking.exchange.fhir_systems import HTTP_ERROR


class TooLarge(APIException):
    """The body is over the limit."""

    status_code = status.HTTP_413_REQUEST_ENTITY_TOO_LARGE


class Unreadable(APIException):
    """The body is not what its headers say."""

    status_code = status.HTTP_400_BAD_REQUEST


class NoLength(APIException):
    """The body must say where it ends."""

    status_code = status.HTTP_411_LENGTH_REQUIRED


CODES: dict[type[Exception], str] = {
    AuthenticationFailed: "login",
    NotAuthenticated: "login",
    MethodNotAllowed: "not-supported",
    NotAcceptable: "not-supported",
    UnsupportedMediaType: "not-supported",
    Throttled: "throttled",
    TooLarge: "too-long",
    Unreadable: "structure",
    NoLength: "incomplete",
}


ANSWERED = "We answer application/fhir+json; files of $bulk-publish are application/fhir+ndjson."
REFUSED = {
    "forbidden": 403,
    "conflict": 409,
    "not-found": 422,
    "not-supported": 405,
    "processing": 422,
}
"""HTTP status of one resource that was refused, by its issue type; 400 otherwise."""


def refused_status(code: str) -> int:
    """Return the HTTP status that goes with a refusal."""
    return REFUSED.get(code, 400)


ERROR_CODES = {
    400: "REC_BAD_REQUEST",
    401: "SEND_UNAUTHORIZED",
    403: "REC_FORBIDDEN",
    404: "REC_NOT_FOUND",
    405: "SEND_METHOD_NOT_ALLOWED",
    406: "SEND_NOT_ACCEPTABLE",
    409: "REC_CONFLICT",
    410: "REC_CONFLICT",
    412: "REC_CONFLICT",
    422: "REC_UNPROCESSABLE_ENTITY",
    428: "REC_BAD_REQUEST",
    429: "SEND_TOO_MANY_REQUESTS",
    500: "REC_SERVER_ERROR",
    501: "REC_NOT_IMPLEMENTED",
    503: "REC_SERVICE_UNAVAILABLE",
}
"""BaRS's code of each HTTP status: SEND_ where a gateway before us could have said it, REC_ where
only the receiver can. It has none for the statuses that are left out; they are bad requests."""


def issue(code: str, diagnostics: str, severity: str = "error") -> dict[str, Any]:
    """Return one OperationOutcome.issue; `code` is a FHIR issue type."""
    return {"severity": severity, "code": code, "diagnostics": diagnostics}


def add_error_codes(said: dict[str, Any], status: int) -> dict[str, Any]:
    """Give every error of an OperationOutcome BaRS's code of the HTTP status it goes with."""
    fallback = ERROR_CODES[500] if status >= 500 else ERROR_CODES[400]
    coding = {"system": HTTP_ERROR, "code": ERROR_CODES.get(status, fallback)}
    for one in said["issue"]:
        if one["severity"] == "error":
            one["details"] = {"coding": [coding]}
    return said


def outcome(*issues: dict[str, Any]) -> dict[str, Any]:
    """Return an OperationOutcome of one issue or more."""
    return {"resourceType": "OperationOutcome", "issue": list(issues)}


def import_answer(report: Report) -> dict[str, Any]:
    """Return a Parameters resource: each count, then an OperationOutcome named `outcome`."""
    counts = [{"name": name, "valueInteger": count} for name, count in report.counts.items()]
    return {
        "resourceType": "Parameters",
        "parameter": [*counts, {"name": "outcome", "resource": import_outcome(report)}],
    }


def import_outcome(report: Report, unit: str = "line") -> dict[str, Any]:
    """Return an OperationOutcome with one issue a refused line, or one that says all is well."""
    issues = [_refused(refusal, unit) for refusal in report.refusals]
    unlisted = report.refused - len(report.refusals)
    if unlisted:
        issues.append(issue("too-long", f"{unlisted} more lines were refused.", "warning"))
    if report.kept:
        issues.append(issue("incomplete", report.kept))
    issues += [issue("incomplete", said, "warning") for said in report.warnings]
    if not issues:
        issues.append(issue("informational", "Every line was used.", "information"))
    issues += [issue("informational", said, "warning") for said in remarks(report, unit)]
    return outcome(*issues)


def kept_outcome(report: Report) -> dict[str, Any]:
    """Return the OperationOutcome of a body that was not whole: why, and what was done.

    The reason stands first, before the lines that it comes from.
    """
    found = import_outcome(report)
    told = ", ".join(f"{name} {count}" for name, count in report.counts.items() if count)
    found["issue"].sort(key=lambda one: one["code"] != "incomplete")
    found["issue"].append(issue("informational", f"Of its lines: {told}.", "information"))
    return found


def remarks(report: Report, unit: str = "line") -> list[str]:
    """Return what was mended, and what else its sender should look at."""
    said = [
        f"{report.mended} were read though they are not right, like {unit} {line}: {what}."
        for what, line in report.mends.items()
    ]
    return [*said, *report.crowded]


def _refused(refusal: Refusal, unit: str) -> dict[str, Any]:
    about = f" ({refusal.item})" if refusal.item else ""
    said = issue(refusal.code, f"{unit} {refusal.line}{about}: {refusal.what}")
    add_error_codes(outcome(said), refused_status(refusal.code))
    return said


def fhir_errors(error: Exception, context: dict[str, Any]) -> Response | None:
    """Turn an exception of a FHIR view into its OperationOutcome (DRF's EXCEPTION_HANDLER)."""
    response = exception_handler(error, context)
    if response is not None:
        said = getattr(error, "detail", str(error))
        said = said[0] if isinstance(said, list) else said
        said = f"{said} {ANSWERED}" if isinstance(error, NotAcceptable) else said
        plain = outcome(issue(CODES.get(type(error), "invalid"), str(said)))
        response.data = getattr(error, "outcome", plain)
        response.content_type = "application/fhir+json"
    return response
