"""Answers that must be pages: what htmx asked for and got a whole page, and what takes no GET."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render

WHOLE_PAGE = b"<!doctype html"


def whole_pages(
    get_response: Callable[[HttpRequest], HttpResponseBase],
) -> Callable[[HttpRequest], HttpResponseBase]:
    """Have the browser open a page that htmx got in place of a part of one.

    The sign-in after a session has ended, an error page, any page behind a redirect: it is loaded
    anew at its own address, and never stands inside a list.
    """

    def answer(request: HttpRequest) -> HttpResponseBase:
        response = get_response(request)
        if request.headers.get("HX-Request") == "true" and _is_whole_page(response):
            response["HX-Redirect"] = request.get_full_path()
        return response

    return answer


def no_bare_refusals(
    get_response: Callable[[HttpRequest], HttpResponseBase],
) -> Callable[[HttpRequest], HttpResponseBase]:
    """Give a page to who opens an address that takes no GET, and is no form of a page of ours.

    Other systems call these; forms of our pages lead on by themselves (booking/pages/posted.py).
    """

    def answer(request: HttpRequest) -> HttpResponseBase:
        response = get_response(request)
        is_bare = isinstance(response, HttpResponse) and not response.content
        if response.status_code == 405 and request.method in ("GET", "HEAD") and is_bare:
            page = render(request, "errors/not_opened.jinja", status=405)
            page["Allow"] = response.get("Allow", "")
            return page
        return response

    return answer


def _is_whole_page(response: HttpResponseBase) -> bool:
    if not isinstance(response, HttpResponse):
        return False
    is_html = response.get("Content-Type", "").startswith("text/html")
    return is_html and response.content.lstrip()[: len(WHOLE_PAGE)].lower() == WHOLE_PAGE
