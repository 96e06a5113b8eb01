"""The door in front of all doors: no page and no API ever sees text that cannot be kept.

Which text that is, and what is only put right, says `received.text`. Bodies that are no forms are
read by their own doors (`received.json_body`); so are the forms of views that must look at
something else first (`csrf_exempt`: a signature, a length, a client).
"""

from collections.abc import Callable, Iterable, Iterator

from django.core.exceptions import SuspiciousOperation
from django.http import HttpRequest, HttpResponse, JsonResponse, QueryDict, UnreadablePostError
from django.urls import Resolver404, resolve

from booking.api.outcomes import add_error_codes, issue, outcome
from booking.patient.errors import bad_request
from received.text import is_fit

SAFE = ("GET", "HEAD", "OPTIONS")
SAYS = "What was sent holds a character that cannot be kept: U+0000. Nothing was done."
TOO_MUCH = "More was sent than a form of ours holds. Nothing was done."


def refuse_unfit_text(
    get_response: Callable[[HttpRequest], HttpResponse],
) -> Callable[[HttpRequest], HttpResponse]:
    """Answer 400, before anything is done, to an address, parameter, header or form that is unfit.

    A cookie that is unfit is none: its browser could not take a refusal back.
    """

    def check(request: HttpRequest) -> HttpResponse:
        for name in [one for one, value in request.COOKIES.items() if not is_fit(one + value)]:
            del request.COOKIES[name]
        says = _why_unfit(request)
        if not says:
            return get_response(request)
        response = _refusal(request, says)
        response.headers["Cache-Control"] = "no-store"
        return response

    return check


def texts_of_form(fields: QueryDict) -> Iterator[str]:
    """Yield every name and value of a form or a query."""
    for name, values in fields.lists():
        yield name
        yield from values


def _why_unfit(request: HttpRequest) -> str:
    """Return what is said of a request that is refused, empty if it is fit."""
    try:
        return "" if all(map(is_fit, _texts_of(request))) else SAYS
    except SuspiciousOperation:  # too many fields or files, or too long: no fault of ours to log
        return TOO_MUCH


def _texts_of(request: HttpRequest) -> Iterable[str]:
    yield request.path_info
    yield from (str(value) for name, value in request.META.items() if name.startswith("HTTP_"))
    yield from texts_of_form(request.GET)
    if request.method not in SAFE and not _reads_its_own_form(request):
        try:
            yield from texts_of_form(request.POST)
        except UnreadablePostError:
            return  # whoever sent it has gone
        for name, files in request.FILES.lists():
            yield name
            yield from (str(file.name) for file in files)


def _reads_its_own_form(request: HttpRequest) -> bool:
    try:
        view = resolve(request.path_info).func
    except Resolver404:
        return False
    return getattr(view, "csrf_exempt", False)


def _refusal(request: HttpRequest, says: str) -> HttpResponse:
    """Return the refusal in the words of who called: FHIR, JSON, OAuth or a page."""
    path = request.path_info
    if path.startswith("/fhir/"):
        body = add_error_codes(outcome(issue("invalid", says)), 400)
        return JsonResponse(body, status=400, content_type="application/fhir+json")
    if path.startswith("/api/v1/"):
        return JsonResponse({"errors": {"request": says}}, status=400)
    if path.startswith("/oauth2/"):
        return JsonResponse({"error": "invalid_request"}, status=400)
    return bad_request(request, ValueError(says))
