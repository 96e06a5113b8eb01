"""Answers a request whose body was not taken (config/bodies.py), in the words of who called."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render

from booking.api.outcomes import add_error_codes, issue, outcome
from config.bridge import NOT_READ

SAYS = {
    408: ("timeout", "The rest of what was sent did not come in time."),
    413: ("too-long", "What was sent is too large."),
    503: ("throttled", "Too much is being sent to us at once. Send it again in a minute."),
}
TRY_AGAIN_AFTER = "60"


def refuse_unread(
    get_response: Callable[[HttpRequest], HttpResponse],
) -> Callable[[HttpRequest], HttpResponse]:
    """Let no view see a request that is not here whole."""

    def check(request: HttpRequest) -> HttpResponse:
        status = request.META.get(NOT_READ)
        if not status:
            return get_response(request)
        response = _refusal(request, status)
        response.headers["Cache-Control"] = "no-store"
        if status == 503:
            response.headers["Retry-After"] = TRY_AGAIN_AFTER
        return response

    return check


def _refusal(request: HttpRequest, status: int) -> HttpResponse:
    code, says = SAYS.get(status, ("invalid", "What was sent could not be read."))
    if request.path_info.startswith("/fhir/"):
        said = add_error_codes(outcome(issue(code, f"{says} Nothing was done.")), status)
        return JsonResponse(said, status=status, content_type="application/fhir+json")
    if request.path_info.startswith(("/api/", "/oauth2/")):
        return JsonResponse({"errors": {"request": f"{says} Nothing was done."}}, status=status)
    return render(request, "errors/not_read.jinja", {"says": says}, status=status)
