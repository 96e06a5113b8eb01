"""`GET /fhir/R4/$bulk-publish`: everybody's slots, open to everybody (SMART Scheduling Links)."""

from collections.abc import Iterator
from datetime import date, datetime

from django.conf import settings
from django.http import HttpResponse, HttpResponseNotModified, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response

from booking.api.fhir_view import FhirJson, FhirNdjson, OpenFhirView
from booking.api.open_view import is_known
from booking.api.parameters import known
from booking.api.refusals import invalid, not_found
from booking.exchange.feeds import publish
from booking.exchange.fhir_resources import Resource, instant

MAX_AGE = "max-age=60"
NDJSON = "application/fhir+ndjson"
ADDRESS = "/fhir/R4/$bulk-publish"
SINCE = OpenApiParameter(
    "_since", OpenApiTypes.DATETIME, description="Accepted; the files are always whole."
)


class ManifestView(OpenFhirView):
    """The list of files."""

    takes = {"get": known("_since")}

    @extend_schema(
        operation_id="bulk_publish",
        parameters=[SINCE],
        responses={(200, "application/json"): OpenApiTypes.OBJECT, 304: None},
        description=(
            "A bulk-publish manifest: transactionTime, request, and the address of each NDJSON "
            "file of Locations, Schedules and Slots, a week of Slots a file. Open to all. Keep "
            "each answer's ETag and send it as If-None-Match: 304 says that nothing changed."
        ),
    )
    def get(self, request: Request) -> HttpResponseBase:
        """Answer the manifest, or 304."""
        _check_since(request)
        now = timezone.now()
        weeks = publish.weeks(now)
        manifest = _manifest(weeks, publish.complete_at(weeks, now=now))
        mark = publish.mark_of(repr(manifest).encode())
        return _unchanged(request, mark) or Response(
            manifest, content_type="application/json", headers=_headers(mark)
        )


class PublishedFileView(OpenFhirView):
    """One file of the manifest."""

    renderer_classes = [FhirNdjson, FhirJson, JSONRenderer]
    takes = {"get": known("_since")}

    @extend_schema(
        operation_id="bulk_publish_file",
        parameters=[
            SINCE,
            OpenApiParameter(
                "name",
                str,
                OpenApiParameter.PATH,
                description="Location, Schedule, or Slot-<Monday of the week, YYYY-MM-DD>",
            ),
        ],
        responses={
            (200, NDJSON): OpenApiTypes.STR,
            304: None,
            (404, "application/fhir+json"): OpenApiTypes.OBJECT,
        },
        description=(
            "One resource a line. A Slot is one place for one patient, free or busy; a time that "
            "somebody is choosing just now is busy. A free one's link opens our page for "
            "that time. Slots of a trust whose feed is too old to trust are left out: phone."
        ),
    )
    def get(self, request: Request, name: str) -> HttpResponseBase:
        """Answer the file as a stream, or 304."""
        _check_since(request)
        now = timezone.now()
        if name in ("Location", "Schedule"):
            is_place = name == "Location"
            whole = publish.location_lines() if is_place else publish.schedule_lines(now)
            mark = publish.mark_of(whole)
            return _unchanged(request, mark) or _file(iter([whole]), mark)
        week = publish.look_at(_week(name, now), now=now)
        return _unchanged(request, week.mark) or _file(publish.slot_lines(week), week.mark)


def _manifest(weeks: list[date], complete_at: datetime) -> Resource:
    names = ["Location", "Schedule", *(f"Slot-{week}" for week in weeks)]
    return {
        "transactionTime": instant(complete_at),
        "request": f"{settings.PUBLIC_BASE_URL}{ADDRESS}",
        "output": [
            {
                "type": name.partition("-")[0],
                "url": f"{settings.PUBLIC_BASE_URL}{ADDRESS}/{name}.ndjson",
                # Codes of states of the USA are meant: readers check them, and we are in none.
                "extension": {"state": []},
            }
            for name in names
        ],
        "error": [],
    }


def _week(name: str, now: datetime) -> date:
    try:
        week = date.fromisoformat(name.removeprefix("Slot-"))
    except ValueError:
        raise not_found(f"{name[:64]}.ndjson") from None
    if name != f"Slot-{week}" or not publish.is_week(week, now=now):
        raise not_found(f"{name}.ndjson")
    return week


def _check_since(request: Request) -> None:
    since = request.query_params.get("_since")
    try:
        moment = parse_datetime(since.replace(" ", "+")) if since else None
    except ValueError:
        moment = None
    if since and (moment is None or moment.tzinfo is None):
        raise invalid("_since", "an instant with seconds and an offset or Z.")


def _unchanged(request: Request, mark: str) -> HttpResponse | None:
    if not is_known(request, mark):
        return None
    return HttpResponseNotModified(headers=_headers(mark))


def _file(lines: Iterator[bytes], mark: str) -> StreamingHttpResponse:
    return StreamingHttpResponse(lines, content_type=NDJSON, headers=_headers(mark))


def _headers(mark: str) -> dict[str, str]:
    return {
        "ETag": mark,
        "Cache-Control": MAX_AGE,
        "Access-Control-Allow-Origin": "*",
        "Vary": "Accept-Encoding",  # of a 304, too
    }
