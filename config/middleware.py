"""Headers that every page of ours needs and no library sets, and the id of each request."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.utils.cache import patch_vary_headers

from received import trace


def private_pages(
    get_response: Callable[[HttpRequest], HttpResponse],
) -> Callable[[HttpRequest], HttpResponse]:
    """Mark HTML pages `no-store` and `Vary: HX-Request`.

    A shared computer's Back button then asks us again, and no cache hands a fragment made for
    htmx to a browser that wanted the page. A view that sets its own Cache-Control keeps it.
    """

    def add_headers(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        if response.get("Content-Type", "").startswith("text/html"):
            response.headers.setdefault("Cache-Control", "no-store")
            patch_vary_headers(response, ["HX-Request"])
        return response

    return add_headers


def trace_requests(
    get_response: Callable[[HttpRequest], HttpResponse],
) -> Callable[[HttpRequest], HttpResponse]:
    """Give each request an id, which its log lines, tasks and calls carry, and its answer says.

    A FHIR answer that mirrors its caller's own keeps that.
    """

    def answer(request: HttpRequest) -> HttpResponse:
        with trace.tracing() as identifier:
            response = get_response(request)
            response.headers.setdefault(trace.HEADER, identifier)
            return response

    return answer
