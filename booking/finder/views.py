"""The list of places with its map, one place, one mobile scanner's timetable."""

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.http import urlencode
from django.views.decorators.http import require_http_methods, require_safe

from booking.finder.forms import FinderForm, OriginForm
from booking.pages.forms import summary_of
from booking.search import places as search_places
from booking.search.addresses import by_address
from booking.search.criteria import SearchCriteria
from booking.search.found import SiteAvailability
from booking.search.origin import keep_origin, kept_origin
from sites import map as site_map
from sites import places as site_places
from sites import travel
from sites.models import MODALITIES, NEEDS
from sites.places import Place
from sites.postcodes import Origin
from sites.travel import timetable
from sites.ways import Way
from times.keyset import address_with, size_shown

SHOWN = 50
"""Places that the list shows at first, and that it grows by: all of this network's."""
Row = tuple[list[tuple[Place, SiteAvailability | None]], travel.Journey]
"""One entry of the list: the places at one address, each with its times if asked for; the way."""
NEAR = 3
"""Other places named on a place's page."""
PATIENTS_PAGES = ("places", "check", "appointment", "questions-next", "offer")
"""The patient's pages that link to a place's page, by the names of their addresses."""
FILTERS = ("modality", "kind", "need", "open", "home")
"""What an address says of the list; where from is kept out of it."""


@require_http_methods(["GET", "HEAD", "POST"])
def places(request: HttpRequest) -> HttpResponse:
    """Ask where from and which scan; list the places, nearest first, with a map.

    Where from comes by POST, or in the address of somebody's link, and is then kept in the
    session and out of the address.
    """
    given = request.POST if request.method == "POST" else request.GET
    where = _origin_form(request, given)
    if where.is_valid():
        keep_origin(request.session, where.cleaned_data["origin"])
        kept = [(name, value) for name in FILTERS for value in given.getlist(name)]
        return redirect(f"{request.path}?{urlencode(kept)}" if kept else request.path)
    form, origin = FinderForm(given), kept_origin(request.session)
    problems = summary_of(where, form)
    context = {"where": where, "form": form, "problems": problems, "origin": origin}
    context["asks_way"] = timetable.is_loaded()
    if origin and not where.errors:
        size = size_shown(request.GET, "show", step=SHOWN)
        context |= _found(origin, form.wanted, size)
        context["more"] = address_with(request.GET, "show", size + SHOWN)
        context["filters"] = address_with(request.GET, "show", size)
    return render(request, "booking/finder/places.jinja", context, status=400 if problems else 200)


@require_safe
def large_map(request: HttpRequest) -> HttpResponse:
    """Show the places of the list, under the same numbers, on a map as wide as the page."""
    origin = kept_origin(request.session)
    if origin is None:
        return redirect("finder")
    size = size_shown(request.GET, "show", step=SHOWN)
    wanted = FinderForm(request.GET).wanted
    rows = _rows(origin, wanted, size)
    context = {
        "origin": origin,
        "wanted": wanted,
        "addresses": [([place for place, _ in doors], journey) for doors, journey in rows],
        "drawing": site_map.draw(origin, _numbered(rows), across=site_map.LARGE),
        "filters": address_with(request.GET, "show", size),
    }
    return render(request, "booking/finder/map.jinja", context)


@require_safe
def place(request: HttpRequest, slug: str) -> HttpResponse:
    """Show everything about one place."""
    return render(request, "booking/finder/place.jinja", _about(request, _place(slug)))


@require_safe
def place_to_print(request: HttpRequest, slug: str) -> HttpResponse:
    """Show one place as a sheet of paper to take along."""
    return render(request, "booking/finder/print.jinja", _about(request, _place(slug)))


@require_safe
def scanner(request: HttpRequest, code: str) -> HttpResponse:
    """Show where a mobile scanner is when, from today on."""
    today = timezone.localdate()
    visits = [visit for visit in site_places.visits_of(code) if visit.last_day >= today]
    if not visits:
        raise Http404
    stops = [(visit, site_places.get(visit.site_id)) for visit in visits]
    return render(
        request,
        "booking/finder/scanner.jinja",
        {"scanner": visits[0], "stops": stops, "today": today},
    )


def _origin_form(request: HttpRequest, given: QueryDict) -> OriginForm:
    """Return the question where from: as answered now, or with what is known."""
    if request.method == "POST" or "postcode" in given or "lat" in given:
        return OriginForm(given)
    origin = kept_origin(request.session)
    return OriginForm(
        initial={
            "postcode": origin.postcode if origin else "",
            "way": (origin and origin.way) or Way.CAR,
        }
    )


def _found(origin: Origin, looked_for: SearchCriteria, size: int) -> dict[str, Any]:
    """Return the places of the list, how many there are, and the map of those shown."""
    rows = _rows(origin, looked_for, size)
    return {
        "rows": rows,
        "total": search_places.how_many_near(origin, looked_for)[1],
        "drawing": site_map.draw(origin, _numbered(rows)),
        "wanted": looked_for,
        "scans": MODALITIES,
    }


def _rows(origin: Origin, looked_for: SearchCriteria, size: int) -> list[Row]:
    """Return up to `size` entries of the list; with times if a scan is looked for."""
    if looked_for.modality:
        found = search_places.addresses(origin, looked_for, now=timezone.now(), limit=size, times=1)
        return [([(door.place, door) for door in one.doors], one.journey) for one in found]
    return [
        ([(site_places.get(journey.site_id), None) for journey in group], group[0])
        for group in by_address(search_places.ways(origin, looked_for))[:size]
    ]


def _numbered(rows: list[Row]) -> list[site_map.Numbered]:
    """Return what the map needs of each entry."""
    return [(number, [place for place, _ in doors]) for number, (doors, _) in enumerate(rows, 1)]


def _about(request: HttpRequest, place: Place) -> dict[str, Any]:
    origin = kept_origin(request.session)
    next_times, checked_at = search_places.next_times(place, now=timezone.now())
    here = Origin(place.postcode, place.lat, place.lon, approximate=False)
    others = [other for other in site_places.open_places() if other.id != place.id]
    return {
        "place": place,
        "origin": origin,
        "journey": travel.rank(origin, [place])[0] if origin else None,
        "next_times": next_times,
        "checked_at": checked_at,
        "needs": NEEDS,
        "back_to": _back_to(request),
        "near": [
            (site_places.get(journey.site_id), journey)
            for journey in travel.rank(here, others)[:NEAR]
        ],
    }


def _back_to(request: HttpRequest) -> str:
    """Return the page that Back leads to: the patient's that linked here, or the list."""
    asked_for = request.GET.get("back", "")
    return asked_for if asked_for in PATIENTS_PAGES and "referral" in request.session else "finder"


def _place(slug: str) -> Place:
    found = site_places.find(slug)
    if found is None:
        raise Http404
    return found
