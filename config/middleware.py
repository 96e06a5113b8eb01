"""Headers that every page of ours needs and no library sets."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.utils.cache import patch_vary_headers


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
