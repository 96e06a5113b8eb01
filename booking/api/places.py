"""`GET /api/v1/places`: the search that the pages use, as JSON."""

import re
from dataclasses import replace
from datetime import datetime
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from booking.api.open_view import KeptView
from booking.pages.fields import TextField
from booking.search import criteria, places
from booking.search.found import SiteAvailability
from booking.search.origin import OriginField
from received.numbers import whole_number
from sites import places as site_places
from sites.models import NEEDS
from sites.places import Machine, Place, Visit
from sites.travel.way_home import no_way_home
from sites.ways import WAYS, Way
from times.keyset import address_with
from times.london import LONDON

MAX_PLACES = 50
SEPARATOR = "."
PLACE_NUMBER = re.compile(r"\d{1,9}", re.ASCII)
LONGEST_AFTER = 6000
"""A thousand places: an address of that length still arrives."""


class PlacesForm(criteria.CriteriaForm):
    """The parameters of the search."""

    postcode = OriginField()
    modality = criteria.modality_field(is_required=True)
    limit = TextField()
    after = TextField(longest=LONGEST_AFTER)
    way = TextField()

    def clean_way(self) -> str:
        """Return how whoever asks travels: by car, unless said."""
        way: str = self.cleaned_data["way"] or Way.CAR
        if way not in WAYS:
            raise ValidationError(f"Send one of {', '.join(WAYS)} for way.")
        return way

    def clean_limit(self) -> int:
        """Return how many places to answer."""
        number = whole_number(self.cleaned_data["limit"] or "10", 1, MAX_PLACES)
        if number is None:
            raise ValidationError(f"Type a whole number from 1 to {MAX_PLACES} for limit.")
        return number

    def clean_after(self) -> list[int]:
        """Return the numbers of the places that the pages before had."""
        typed = self.cleaned_data["after"]
        parts = typed.split(SEPARATOR) if typed else []
        if all(PLACE_NUMBER.fullmatch(part) for part in parts):
            return [int(part) for part in parts]
        raise ValidationError("Send what next said for after.")


class PlacesView(KeptView):
    """Places that can scan, nearest or soonest first, each with its next free times."""

    @extend_schema(
        operation_id="find_places",
        parameters=[
            OpenApiParameter(
                "postcode",
                str,
                required=True,
                description="Whole, a part of one, or a place's name. What had to be put right"
                " is in origin.taken_from; a name of several places answers 400 with theirs.",
            ),
            OpenApiParameter(
                "modality", str, required=True, enum=["CT", "MR", "DX", "BMD", "NM", "US"]
            ),
            OpenApiParameter("from", OpenApiTypes.DATE),
            OpenApiParameter("to", OpenApiTypes.DATE),
            OpenApiParameter("daypart", str, many=True, enum=["morning", "afternoon", "evening"]),
            OpenApiParameter("weekend", str, enum=["0", "1"], description="1: weekends only"),
            OpenApiParameter("kind", str, many=True, enum=["hospital", "cdc", "mobile"]),
            OpenApiParameter("need", str, many=True, enum=list(NEEDS)),
            OpenApiParameter("open", str, many=True, enum=list(criteria.OPENING)),
            OpenApiParameter("sort", str, enum=list(criteria.SORTS)),
            OpenApiParameter(
                "way",
                str,
                enum=list(WAYS),
                description="How whoever asks travels; car unless said. With public, minutes are by"
                " bus, train or on foot, null where no journey was found, and a time's home says if"
                " one gets home from it: no_service, none_home or too_late; null if nothing is"
                " known against it.",
            ),
            OpenApiParameter(
                "home",
                str,
                enum=["0", "1"],
                description="1: of way=public only places that there is a way to, and times with"
                " one home",
            ),
            OpenApiParameter("limit", int, description=f"1 to {MAX_PLACES}; 10 unless said"),
            OpenApiParameter("after", str, description="As next has it: the pages before"),
        ],
        responses={200: OpenApiTypes.OBJECT, 304: None, 400: OpenApiTypes.OBJECT},
        description=(
            "total counts the places that can do it, with or without free times; next is the "
            "address of those after these, null at the end. Keep an answer's ETag and send it as "
            "If-None-Match: 304 says that nothing changed."
        ),
    )
    def get(self, request: Request) -> Response:
        """Answer the places, or 400 with what to type instead, by parameter."""
        form = PlacesForm(request.query_params)
        if not form.is_valid():
            return Response({"errors": form.errors_by_parameter}, status=400)
        origin, limit = form.cleaned_data["postcode"], form.cleaned_data["limit"]
        origin = replace(origin, way=form.cleaned_data["way"])
        seen = form.cleaned_data["after"]
        wanted = form.wanted
        # What was given is passed over, however the order has changed since: a place whose times
        # went or came meanwhile is neither skipped nor given twice.
        reach = limit + len(seen)
        found = places.places(origin, wanted, now=timezone.now(), limit=reach)
        page = [one for one in found if one.place.id not in seen][:limit]
        total, _ = places.how_many_near(origin, wanted)
        given = [*seen, *(one.place.id for one in page)]
        return Response(
            {
                "total": total,
                "next": _next(request, given) if len(given) < total else None,
                "origin": {
                    "postcode": origin.postcode,
                    "lat": origin.lat,
                    "lon": origin.lon,
                    "approximate": origin.approximate,
                    "taken_from": origin.typed or None,
                },
                "places": [_place(one) for one in page],
            }
        )


class PlaceView(KeptView):
    """Everything about one place."""

    @extend_schema(
        operation_id="get_place",
        responses={200: OpenApiTypes.OBJECT, 304: None, 404: OpenApiTypes.OBJECT},
    )
    def get(self, request: Request, slug: str) -> Response:
        """Answer the place, with the next free time of each scan; 404 if there is none."""
        place = site_places.find(slug)
        if place is None:
            return Response({"errors": {"id": "There is no place with this id."}}, status=404)
        times, checked_at = places.next_times(place, now=timezone.now())
        return Response(
            {
                "site": _site(place),
                **_facts(place),
                "next_times": [
                    {
                        "modality": one.modality,
                        "availability": one.availability,
                        "start": one.first and _instant(one.first.start),
                    }
                    for one in times
                ],
                "checked_at": checked_at and _instant(checked_at),
            }
        )


class ScannerView(KeptView):
    """Where a mobile scanner is when."""

    @extend_schema(
        operation_id="get_scanner",
        responses={200: OpenApiTypes.OBJECT, 304: None, 404: OpenApiTypes.OBJECT},
    )
    def get(self, request: Request, code: str) -> Response:
        """Answer its stops from today on; 404 if it has none."""
        today = timezone.localdate()
        visits = [visit for visit in site_places.visits_of(code) if visit.last_day >= today]
        if not visits:
            return Response({"errors": {"id": "There is no mobile scanner here."}}, status=404)
        return Response({"scanner": code, "stops": [_visit(visit) for visit in visits]})


def _next(request: Request, given: list[int]) -> str:
    after = SEPARATOR.join(map(str, given))
    query = address_with(request.query_params, "after", after)
    return f"{settings.PUBLIC_BASE_URL}{request.path}{query}"


def _place(found: SiteAvailability) -> dict[str, Any]:
    journey, known = found.journey, found.journey.known_minutes
    return {
        "site": _site(found.place),
        "travel": {
            "minutes": known if known is None else round(known),
            "miles": round(journey.miles, 1) if journey.is_by_road else None,
            "straight_miles": round(journey.straight_miles, 1),
            "engine": journey.engine,
        },
        "availability": found.availability,
        "late": found.late,
        "checked_at": found.checked_at and _instant(found.checked_at),
        "times": [
            {
                "slot": free.slot,
                "start": _instant(free.start),
                "end": _instant(free.end),
                "home": snag.snag
                if (snag := no_way_home(journey, free.start, free.visits()[-1][1]))
                else None,
            }
            for free in found.times
        ],
    }


def _site(place: Place) -> dict[str, Any]:
    return {
        "id": place.slug,
        "name": place.name,
        "kind": place.kind,
        "trust": place.trust,
        "postcode": place.postcode,
        "lat": place.lat,
        "lon": place.lon,
    }


def _facts(place: Place) -> dict[str, Any]:
    texts = ("address", "entrance", "building", "parking", "blue_badge", "bus", "rail")
    return {
        **{name: getattr(place, name) for name in texts},
        "facilities": [code for code in NEEDS if code in place.facilities],
        "hours": [
            {"weekday": day.weekday, "opens": f"{day.opens:%H:%M}", "closes": f"{day.closes:%H:%M}"}
            for day in place.hours
        ],
        "scanners": [_scanner(machine) for machine in place.machines],
        "stops": [_visit(visit) for visit in place.visits],
    }


def _scanner(machine: Machine) -> dict[str, Any]:
    return {"modality": machine.modality, "name": machine.name, **machine.abilities._asdict()}


def _visit(visit: Visit) -> dict[str, Any]:
    return {
        "scanner": visit.scanner,
        "modality": visit.modality,
        "site": site_places.get(visit.site_id).slug,
        "from": visit.first_day.isoformat(),
        "to": visit.last_day.isoformat(),
        "opens": f"{visit.opens:%H:%M}",
        "closes": f"{visit.closes:%H:%M}",
    }


def _instant(moment: datetime) -> str:
    return moment.astimezone(LONDON).isoformat(timespec="seconds")
