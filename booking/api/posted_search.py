"""`POST <resource>/_search`: a search whose parameters stand in the body, as FHIR has it.

What names a patient (an NHS number, a booking code) then is in no address, and so in no log of
whatever lies between. The answer's own links leave such parameters out.
"""

from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

from django.http import QueryDict
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from booking.api import parameters
from booking.api.capacity import OK, REFUSED
from booking.api.fhir_view import (
    FhirView,
    check_media_type,
    is_gzipped,
    read_whole,
    stream_of,
)
from booking.api.outcomes import Unreadable
from booking.api.refusals import FhirError
from received.text import is_fit

FORM = "application/x-www-form-urlencoded"
MAX_BODY = 16 * 1024
MAX_PARAMETERS = 100
PERSONAL = {"patient:identifier", "identifier"}
"""Parameters that are repeated in no link."""


def posted(view: type[FhirView], name: str) -> type[FhirView]:
    """Return the view of a resource's `_search`: it answers as a GET of the resource does."""

    class PostedSearch(FhirView):
        needs = {"post": view.needs["get"]}
        takes = {"post": view.takes["get"]}

        @extend_schema(
            operation_id=f"search_{name}_by_post",
            request={FORM: OpenApiTypes.OBJECT},
            responses=OK | REFUSED,
            description=f"The search of {name} with its parameters as a form in the body: what "
            "names a patient then stands in no address. Parameters of the address count, too.",
        )
        def post(self, request: Request) -> Response:
            """Answer what GET answers."""
            sent: Any = request.query_params.copy()
            sent.update(_read(request))
            request._request.GET = sent  # noqa: SLF001 - as DRF reads it
            parameters.check(request, view.takes["get"])
            search: Any = view()
            answer: Response = search.get(request)
            for link in answer.data.get("link", []):
                link["url"] = _without_people(link["url"])
            answer["Cache-Control"] = "no-store"
            return answer

    PostedSearch.__name__ = f"{name}PostedSearch"
    return PostedSearch


def _read(request: Request) -> QueryDict:
    check_media_type(request, (FORM,), or_none=True)  # none where there is no body
    stream, gzipped = stream_of(request, MAX_BODY), is_gzipped(request)
    raw = read_whole(stream, gzipped=gzipped, limit=MAX_BODY)
    found = QueryDict(mutable=True)
    try:
        pairs = parse_qsl(
            raw.decode(), keep_blank_values=True, max_num_fields=MAX_PARAMETERS, errors="strict"
        )
    except ValueError:  # of which UnicodeDecodeError is one
        raise Unreadable("The body is not a form of at most 100 parameters in UTF-8.") from None
    for key, value in pairs:
        if not is_fit(key + value):
            raise FhirError(422, "processing", "There is a character that cannot be kept.")
        found.appendlist(key, value)
    return found


def _without_people(url: str) -> str:
    parts: Any = urlsplit(url)
    kept = [pair for pair in parse_qsl(parts.query) if pair[0] not in PERSONAL]
    return str(parts._replace(query=urlencode(kept)).geturl())
