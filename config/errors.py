"""What is answered where nobody else could: a page to people, FHIR to systems that speak it."""

from django.http import HttpRequest, HttpResponse, JsonResponse

from booking.api.outcomes import add_error_codes, issue, outcome
from booking.patient import errors as pages


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """The request could not be read."""
    said = _outcome(request, 400, "invalid", "The request could not be read.")
    return said or pages.bad_request(request, exception)


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Nothing is there."""
    said = _outcome(request, 404, "not-found", "Nothing is at this address.")
    return said or pages.not_found(request, exception)


def server_error(request: HttpRequest) -> HttpResponse:
    """Our fault."""
    text = "Something went wrong on our side. Send the same again."
    return _outcome(request, 500, "exception", text) or pages.server_error(request)


def _outcome(request: HttpRequest, status: int, code: str, text: str) -> HttpResponse | None:
    """Return an OperationOutcome to who called a FHIR address."""
    if not request.path_info.startswith("/fhir"):
        return None
    said = add_error_codes(outcome(issue(code, text)), status)
    return JsonResponse(said, status=status, content_type="application/fhir+json")
