"""`GET /api/v1/places`: the search that the pages use, as JSON."""

from datetime import datetime
from typing import Any

from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from booking import search, wanted
from booking.wanted import NotUnderstood
from notifications.wording.dates import LONDON
from sites import postcodes

MAX_PLACES = 50


class PlacesView(APIView):
    """Places that can scan, nearest or soonest first, each with its next free times."""

    @extend_schema(
        operation_id="find_places",
        parameters=[
            OpenApiParameter("postcode", str, required=True, description="Whole, or a part"),
            OpenApiParameter(
                "modality", str, required=True, enum=["CT", "MR", "DX", "BMD", "NM", "US"]
            ),
            OpenApiParameter("from", OpenApiTypes.DATE),
            OpenApiParameter("to", OpenApiTypes.DATE),
            OpenApiParameter("daypart", str, many=True, enum=["morning", "afternoon", "evening"]),
            OpenApiParameter("weekend", str, enum=["0", "1"], description="1: weekends only"),
            OpenApiParameter("kind", str, many=True, enum=["hospital", "cdc", "mobile"]),
            OpenApiParameter("sort", str, enum=list(wanted.SORTS)),
            OpenApiParameter("limit", int, description=f"1 to {MAX_PLACES}; 10 unless said"),
        ],
        responses={200: OpenApiTypes.OBJECT, 400: OpenApiTypes.OBJECT},
    )
    def get(self, request: Request) -> Response:
        """Answer the places, or 400 with what to type instead, by parameter."""
        now = timezone.now()
        params, errors = request.query_params, {}
        origin = limit = looked_for = None
        try:
            origin = postcodes.find(params.get("postcode", ""))
        except postcodes.PostcodeError as error:
            errors["postcode"] = error.message
        try:
            modality = wanted.read_modality(params.get("modality", ""))
        except NotUnderstood as error:
            errors |= error.errors
            modality = ""
        try:
            limit = _read_limit(params.get("limit", "10"))
        except NotUnderstood as error:
            errors |= error.errors
        try:
            chosen = {name: params.getlist(name) for name in ("daypart", "kind")}
            looked_for = wanted.read(modality, params, chosen, now.astimezone(LONDON).date())
        except NotUnderstood as error:
            errors |= error.errors
        if errors or origin is None or looked_for is None or limit is None:
            return Response({"errors": errors}, status=400)
        found = search.places(origin, looked_for, now=now, limit=limit)
        return Response(
            {
                "origin": {
                    "postcode": origin.postcode,
                    "lat": origin.lat,
                    "lon": origin.lon,
                    "approximate": origin.approximate,
                },
                "places": [_place(one) for one in found],
            }
        )


def _read_limit(typed: str) -> int:
    if typed.isascii() and typed.isdigit() and len(typed) < 4 and 1 <= int(typed) <= MAX_PLACES:
        return int(typed)
    raise NotUnderstood({"limit": f"Type a whole number from 1 to {MAX_PLACES} for limit."})


def _place(found: search.PlaceTimes) -> dict[str, Any]:
    place, journey = found.place, found.journey
    return {
        "site": {
            "id": place.slug,
            "name": place.name,
            "kind": place.kind,
            "trust": place.trust,
            "postcode": place.postcode,
            "lat": place.lat,
            "lon": place.lon,
        },
        "travel": {
            "minutes": round(journey.minutes),
            "miles": round(journey.miles, 1),
            "straight_miles": round(journey.straight_miles, 1),
            "engine": journey.engine,
        },
        "availability": found.availability,
        "late": found.late,
        "checked_at": found.checked_at and _instant(found.checked_at),
        "times": [
            {"slot": free.slot, "start": _instant(free.start), "end": _instant(free.end)}
            for free in found.times
        ],
    }


def _instant(moment: datetime) -> str:
    return moment.astimezone(LONDON).isoformat(timespec="seconds")
