"""Where from, which place, which time."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from booking.appointments import booking, holds
from booking.models import Referral
from booking.patient import session
from booking.patient.forms import FieldError
from booking.search import criteria
from booking.search import places as search_places
from booking.search.criteria import SearchCriteria, SearchInvalid
from notifications.wording.dates import LONDON
from sites import map as site_map
from sites import origins
from sites import places as site_places
from sites.models import MODALITIES, NEEDS


@require_http_methods(["GET", "HEAD", "POST"])
@session.signed_in
def where(request: HttpRequest, referral: Referral) -> HttpResponse:
    """Ask where the patient will travel from."""
    error, known = None, session.origin(request)
    typed = known.postcode if known else ""
    if request.method == "POST":
        typed = request.POST.get("postcode", "")[:40]
        try:
            session.keep_origin(request, origins.find(request.POST.get("postcode", "")))
            return redirect("places")
        except origins.OriginError as refusal:
            error = FieldError(refusal.message, "#postcode")
    return render(
        request,
        "booking/patient/where.jinja",
        {"error": error, "typed": typed},
        status=400 if error else 200,
    )


@require_safe
@session.signed_in
def places(request: HttpRequest, referral: Referral) -> HttpResponse:
    """List the places that can do this scan, with their next times, and a map."""
    origin, now = session.origin(request), timezone.now()
    if origin is None:
        return redirect("where")
    looked_for, errors = _wanted(request, referral)
    found = search_places.places(origin, looked_for, now=now)
    with_times = [one for one in found if one.times]
    pins = [(number, one.place) for number, one in enumerate(found, 1)]
    session.keep_filters(request)
    template = (
        "booking/patient/_results.jinja"
        if _wants_results(request)
        else "booking/patient/places.jinja"
    )
    return render(
        request,
        template,
        {
            "referral": referral,
            "scan": MODALITIES[referral.exam.modality],
            "origin": origin,
            "wanted": looked_for,
            "errors": errors,
            "typed": request.GET,
            "needs": NEEDS,
            "found": found,
            "count": len(with_times),
            "drawing": site_map.draw(origin, pins),
            "appointment": booking.live_appointment(referral),
            "filters": session.filters(request),
        },
        status=400 if errors else 200,
    )


@require_safe
@session.signed_in
def times(request: HttpRequest, referral: Referral, slug: str) -> HttpResponse:
    """List one place's times, ten days that have any, and the way to later ones."""
    place = site_places.find(slug)
    if place is None:
        return redirect("places")
    looked_for, errors = _wanted(request, referral)
    now = timezone.now()
    fresh = search_places.freshness(place.trust, now=now)
    by_day = {} if fresh.unknown else search_places.times_at(place.id, looked_for, now=now)
    later = search_places.day_after(by_day)
    if later:
        later_filters = request.GET.copy()
        later_filters["from"] = later.isoformat()
    return render(
        request,
        "booking/patient/times.jinja",
        {
            "referral": referral,
            "place": place,
            "by_day": by_day,
            "fresh": fresh,
            "errors": errors,
            "typed": request.GET,
            "later": later,
            "later_filters": f"?{later_filters.urlencode()}" if later else "",
            "filters": session.filters(request),
        },
        status=400 if errors else 200,
    )


@require_POST
@session.signed_in
def hold(request: HttpRequest, referral: Referral) -> HttpResponse:
    """Keep the chosen time for fifteen minutes; if it has gone, offer what is near."""
    chosen, now = request.POST.get("slot", ""), timezone.now()
    try:
        if not (chosen.isascii() and chosen.isdigit() and len(chosen) < 19):
            raise holds.SlotNotSuitable
        slot = holds.hold(referral, int(chosen), now=now)
    except holds.SlotNotSuitable:
        return render(request, "booking/patient/not_suitable.jinja", status=400)
    except holds.ReferralEnded as over:
        return session.ended_page(request, over.referral)
    except holds.SlotTaken as gone:
        return time_gone(request, gone)
    session.keep_slot(request, slot.pk)
    return redirect("check")


def time_gone(request: HttpRequest, gone: holds.SlotTaken | holds.HoldExpired) -> HttpResponse:
    """Say that a time has gone, or that its hold ran out, and offer the nearest."""
    offers = search_places.nearest_alternatives(
        gone.slot, session.origin(request), now=timezone.now()
    )
    expired = isinstance(gone, holds.HoldExpired)
    return render(
        request,
        "booking/patient/time_gone.jinja",
        {"slot": gone.slot, "expired": expired, "offers": offers},
        status=410 if expired else 409,
    )


def _wanted(request: HttpRequest, referral: Referral) -> tuple[SearchCriteria, list[FieldError]]:
    """Return what the filters ask for; with errors, what no filter asks for."""
    today = timezone.now().astimezone(LONDON).date()
    modality = referral.exam.modality
    chosen = {name: request.GET.getlist(name) for name in criteria.CHOICES}
    try:
        return criteria.parse_criteria(modality, request.GET, chosen, today), []
    except SearchInvalid as error:
        errors = [FieldError(text, f"#{name}", name) for name, text in error.errors.items()]
        return criteria.parse_criteria(modality, {}, {}, today), errors


def _wants_results(request: HttpRequest) -> bool:
    return request.headers.get("HX-Target") == "results"
