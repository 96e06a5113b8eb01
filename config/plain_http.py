"""Programs that call without TLS are refused, where people's browsers are led on to https.

A program that is led on sends its key in clear at every call, and nobody notices (ASVS 5.0, 4.1.2).
"""

import re
from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse

from booking.api.outcomes import add_error_codes, issue, outcome

SAYS = "Call this by https. A key or password that was sent here in clear must be made anew."


def refuse_machines(
    get_response: Callable[[HttpRequest], HttpResponse],
) -> Callable[[HttpRequest], HttpResponse]:
    """Answer 403 to a program that came by plain http, where settings want TLS; read nothing."""

    def answer(request: HttpRequest) -> HttpResponse:
        is_plain = settings.SECURE_SSL_REDIRECT and not request.is_secure()
        if is_plain and re.match(settings.PROGRAMS_CALL, request.path.lstrip("/")):
            return _refusal(request.path)
        return get_response(request)

    return answer


def _refusal(path: str) -> HttpResponse:
    if path.startswith("/fhir"):
        said = add_error_codes(outcome(issue("security", SAYS)), 403)
        return JsonResponse(said, status=403, content_type="application/fhir+json")
    if path.startswith("/oauth2"):
        said = {"error": "invalid_request", "error_description": SAYS}
        return JsonResponse(said, status=403)
    return JsonResponse({"errors": {"request": SAYS}}, status=403)
