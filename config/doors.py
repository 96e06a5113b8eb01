"""How often one address may come where no key and no sign-in is asked for.

Counted in the database (booking/limits/tally.py): all processes share it. What can be guessed has
limits of its own, where it is checked: booking/limits/sign_in_tries.py (staff's passwords),
booking/patients/code_sign_in.py (dates of birth), booking/exchange/key_tries.py (keys of trusts).
"""

from collections.abc import Callable, Mapping
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils import timezone

from booking.api.open_view import OpenView
from booking.api.outcomes import add_error_codes, issue, outcome
from booking.limits import tally
from received.client import client_address, network_of

CODES_A_MINUTE = 30
METRICS_A_MINUTE = 60
DESCRIPTIONS = frozenset({"api-schema", "api-docs"})
"""What describes the APIs: beside their open views, which say so themselves."""
OPEN_PAGES = frozenset(
    {"finder", "finder-map", "finder-scanner", "finder-place", "finder-print", "performance"}
)
"""Pages for everybody that search, measure ways or draw."""


def limit_of(name: str, method: str, view: Any) -> tally.Limit | None:
    """Return how often one address may come to a view, None where there is no limit.

    `name` is that of its address.
    """
    if name in DESCRIPTIONS or issubclass(getattr(view, "cls", object), OpenView):
        return tally.Limit("open API", settings.OPEN_CALLS_A_MINUTE)
    if name in OPEN_PAGES:
        return tally.Limit("open pages", settings.OPEN_PAGES_A_MINUTE)
    if name == "code" and method == "POST":
        return tally.Limit("codes", CODES_A_MINUTE)
    if name == "metrics":
        return tally.Limit("metrics", METRICS_A_MINUTE)
    return None


class LimitDoors:
    """Answers 429 to an address that comes too often, before its view does anything."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Go on: what counts is which view is asked for (process_view)."""
        return self.get_response(request)

    def process_view(
        self, request: HttpRequest, view_func: Any, _args: Any, _kwargs: Mapping[str, Any]
    ) -> HttpResponse | None:
        """Count who comes; None if there is room."""
        name = (request.resolver_match and request.resolver_match.url_name) or ""
        limit = limit_of(name, request.method or "", view_func)
        if limit is None:
            return None
        who = network_of(client_address(request))
        wait = tally.count(limit, who, now=timezone.now())
        return too_many(request, wait) if wait else None


def too_many(request: HttpRequest, seconds: int) -> HttpResponse:
    """Say when to come again: FHIR or JSON to systems, a page to people."""
    text = f"Too many calls from your address. Come again in {seconds} seconds."
    path = request.path_info
    if path.startswith("/fhir"):
        said = add_error_codes(outcome(issue("throttled", text)), 429)
        answer: HttpResponse = JsonResponse(said, content_type="application/fhir+json")
    elif path.startswith("/api/") and "text/html" not in request.headers.get("Accept", ""):
        answer = JsonResponse({"detail": text})
    else:
        answer = render(request, "errors/too_many.jinja", {"seconds": seconds})
    answer.status_code = 429
    answer.headers["Retry-After"] = str(seconds)
    answer.headers["Cache-Control"] = "no-store"
    return answer
