"""Where from, which place, which time."""

from datetime import date

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from booking.appointments import booking, holds
from booking.appointments.time_state import TimeState, state_of
from booking.models import Referral
from booking.pages.forms import form_page, summary_of
from booking.patient import session
from booking.patient.forms import FilterForm, OriginForm, SlotForm
from booking.search import places as search_places
from booking.search.origin import keep_origin, kept_origin
from sites import map as site_map
from sites import places as site_places


@require_http_methods(["GET", "HEAD", "POST"])
@session.signed_in
def where(request: HttpRequest, referral: Referral) -> HttpResponse:
    """Ask where the patient will travel from."""
    known = kept_origin(request.session)
    form = OriginForm(
        request.POST if request.method == "POST" else None,
        initial={"postcode": known.postcode if known else ""},
    )
    if form.is_valid():
        keep_origin(request.session, form.cleaned_data["postcode"])
        return redirect("places")
    return form_page(request, "booking/patient/where.jinja", form)


@require_safe
@session.signed_in
def places(request: HttpRequest, referral: Referral) -> HttpResponse:
    """List the places that can do this scan, with their next times, and a map."""
    origin, now = kept_origin(request.session), timezone.now()
    if origin is None:
        return redirect("where")
    live = booking.live_appointment(referral)
    form = FilterForm(request.GET, modality=referral.exam.modality)
    found = search_places.places(origin, form.wanted, now=now)
    session.keep_filters(request)
    context = {
        "referral": referral,
        "origin": origin,
        "wanted": form.wanted,
        "found": found,
        "count": sum(1 for one in found if one.times),
        "drawing": site_map.draw(origin, [(n, one.place) for n, one in enumerate(found, 1)]),
        "appointment": live if live and live.start > now else None,
        "filters": session.filters(request),
    }
    template = "_results" if request.headers.get("HX-Target") == "results" else "places"
    return form_page(request, f"booking/patient/{template}.jinja", form, context)


@require_safe
@session.signed_in
def times(request: HttpRequest, referral: Referral, slug: str) -> HttpResponse:
    """List one place's times, ten days that have any, and the way to later ones."""
    place, now = site_places.find(slug), timezone.now()
    if place is None:
        return redirect("places")
    form = FilterForm(request.GET, modality=referral.exam.modality)
    fresh = search_places.freshness(place.trust, now=now)
    by_day = {} if fresh.unknown else search_places.times_at(place.id, form.wanted, now=now)
    context = {
        "place": place,
        "by_day": by_day,
        "fresh": fresh,
        "problems": summary_of(form, linked=False),
        "later_filters": _later_filters(request, search_places.day_after(by_day)),
        "filters": session.filters(request),
    }
    return form_page(request, "booking/patient/times.jinja", form, context)


@require_POST
@session.signed_in
def hold(request: HttpRequest, referral: Referral) -> HttpResponse:
    """Keep the chosen time for fifteen minutes; if it has gone, offer what is near."""
    form = SlotForm(request.POST)
    try:
        if not form.is_valid():
            raise holds.SlotNotSuitable
        slot = holds.hold(referral, form.cleaned_data["slot"], now=timezone.now())
    except holds.SlotNotSuitable:
        return render(request, "booking/patient/not_suitable.jinja", status=400)
    except holds.ReferralEnded as over:
        return session.ended_page(request, over.referral)
    except holds.SlotTaken as gone:
        return time_gone(request, gone)
    session.keep_slot(request, slot.pk)
    return redirect("check")


def time_gone(request: HttpRequest, gone: holds.SlotTaken | holds.HoldExpired) -> HttpResponse:
    """Say what became of a time that cannot be had, or whose hold ran out; offer the nearest.

    Whoever has it booked already is shown that.
    """
    now = timezone.now()
    state = state_of(gone.slot, getattr(request, "referral", None), now=now)
    if state == TimeState.YOURS:
        return redirect("appointment")
    offers = search_places.nearest_alternatives(gone.slot, kept_origin(request.session), now=now)
    expired = isinstance(gone, holds.HoldExpired) and state == TimeState.FREE
    return render(
        request,
        "booking/patient/time_gone.jinja",
        {"slot": gone.slot, "state": state, "expired": expired, "offers": offers},
        status=410 if expired else 409,
    )


def _later_filters(request: HttpRequest, later: date | None) -> str:
    """Return the filters from a later day on, empty without one."""
    if later is None:
        return ""
    filters = request.GET.copy()
    filters["from"] = later.isoformat()
    return f"?{filters.urlencode()}"
