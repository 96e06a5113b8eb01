"""Where from, which place, which time."""

from dataclasses import replace
from datetime import date, datetime

from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from booking.appointments import booking, holds
from booking.appointments.choices import visits_of
from booking.appointments.choosing import hold_for_patient
from booking.appointments.clashes import TimesOverlap
from booking.appointments.time_state import TimeState, state_of
from booking.exams.needed import needed_of
from booking.exams.preparation import in_one_line
from booking.models import Referral
from booking.pages.forms import form_page
from booking.pages.posted import form_only
from booking.pages.scanners import van_at
from booking.patient import idle, session
from booking.patient.forms import FilterForm, NeedsFilterForm, OriginForm, SlotForm, WayForm
from booking.patient.question_gate import questions_first
from booking.search import freshness
from booking.search import places as search_places
from booking.search.left_out import left_out, why_left_out
from booking.search.needs_there import keep_needs_there, needs_there, search_of
from booking.search.origin import keep_origin, kept_origin
from sites import map as site_map
from sites import places as site_places
from sites.travel import timetable
from sites.ways import WAYS, Way
from times.keyset import address_with, size_shown

PLACES_A_STEP = 10
"""Places that the list shows at first, and that it grows by."""
TIMES_SHOWN = 5
"""First times of each place that the list shows."""


@require_http_methods(["GET", "HEAD", "POST"])
@session.signed_in
@questions_first
def where(request: HttpRequest, referral: Referral) -> HttpResponse:
    """Ask where the patient will travel from."""
    known = kept_origin(request.session)
    form = OriginForm(
        idle.sent_or_kept(request),
        initial={"postcode": known.postcode if known else ""},
    )
    if request.method == "POST" and form.is_valid():
        keep_origin(request.session, form.cleaned_data["postcode"])
        is_asked = timetable.is_loaded() and not (known and known.way)
        return redirect("way" if is_asked else "places")
    return form_page(request, "booking/patient/where.jinja", form)


@require_http_methods(["GET", "HEAD", "POST"])
@session.signed_in
def way(request: HttpRequest, referral: Referral) -> HttpResponse:
    """Ask how the patient will travel."""
    origin = kept_origin(request.session)
    if origin is None:
        return redirect("where")
    likely = Way.HOSPITAL if "transport" in referral.patient.needs else ""
    form = WayForm(idle.sent_or_kept(request), initial={"way": origin.way or likely})
    if request.method == "POST" and form.is_valid():
        keep_origin(request.session, replace(origin, way=form.cleaned_data["way"]))
        return redirect(reverse("places") + session.filters(request))
    return form_page(request, "booking/patient/way.jinja", form)


@require_http_methods(["GET", "HEAD", "POST"])
@session.signed_in
@questions_first
def places(request: HttpRequest, referral: Referral) -> HttpResponse:
    """List the places that can do this scan, with their next times, and a map.

    Its form is posted: what the patient needs there is kept in the session, every other choice
    goes into the address that it leads to.
    """
    origin, now = kept_origin(request.session), timezone.now()
    if origin is None:
        return redirect("where")
    is_part = request.headers.get("HX-Target") == "results"
    query = search_of(request.POST if request.method == "POST" else request.GET)
    if request.method == "POST":
        query = _take_choices(request, referral, query)
        if not is_part:
            return redirect(_list_address(query))
    live = booking.live_appointment(referral)
    form = _filter_form(query, referral, now)
    needs = needs_there(request.session, referral.patient)
    wanted = replace(form.wanted, needs=needs.ticked)
    size = size_shown(query, "show", step=PLACES_A_STEP)
    result = search_places.find(origin, wanted, now=now, limit=size, times=TIMES_SHOWN)
    found = result.addresses
    session.keep_filters(request, form.without_errors())
    context = {
        "referral": referral,
        "origin": origin,
        "way": WAYS[Way(origin.way or Way.CAR)] if timetable.is_loaded() else "",
        "wanted": wanted,
        "found": found,
        "count": result.with_times,
        "total": result.total,
        "more": address_with(query, "show", size + PLACES_A_STEP),
        "left_out": left_out(origin, wanted),
        "is_part": is_part,
        "shown": address_with(query, "show", size),
        "preparation": in_one_line(referral.exam),
        "needs": needs,
        "needs_form": NeedsFilterForm(initial={"need": sorted(needs.ticked)}),
        "drawing": site_map.draw(origin, [(n, one.places) for n, one in enumerate(found, 1)]),
        "appointment": live if live and live.start > now else None,
        "filters": session.filters(request),
    }
    template = "_part" if is_part else "places"
    answer = form_page(request, f"booking/patient/{template}.jinja", form, context)
    if request.method == "POST":
        answer["HX-Push-Url"] = _list_address(query)
    return answer


def _take_choices(request: HttpRequest, referral: Referral, query: QueryDict) -> QueryDict:
    """Remember what the form says of needs; return the search. Without all choices: no search."""
    form = NeedsFilterForm(request.POST)
    ticked = frozenset() if form.is_cleared else form.ticked
    keep_needs_there(request.session, ticked, referral.patient)
    return QueryDict() if form.is_cleared else query


def _list_address(query: QueryDict) -> str:
    return reverse("places") + (f"?{query.urlencode()}" if query else "")


@require_safe
@session.signed_in
@questions_first
def large_map(request: HttpRequest, referral: Referral) -> HttpResponse:
    """Show the places of the list, under the same numbers, on a map as wide as the page."""
    origin = kept_origin(request.session)
    if origin is None:
        return redirect("where")
    query, now = search_of(request.GET), timezone.now()
    needs = needs_there(request.session, referral.patient)
    wanted = replace(_filter_form(query, referral, now).wanted, needs=needs.ticked)
    size = size_shown(query, "show", step=PLACES_A_STEP)
    found = search_places.addresses(origin, wanted, now=now, limit=size)
    numbered = [(number, one.places) for number, one in enumerate(found, 1)]
    context = {
        "origin": origin,
        "addresses": [(one.places, one.journey) for one in found],
        "drawing": site_map.draw(origin, numbered, across=site_map.LARGE),
        "filters": address_with(query, "show", size),
    }
    return render(request, "booking/patient/map.jinja", context)


@require_safe
@session.signed_in
@questions_first
def times(request: HttpRequest, referral: Referral, slug: str) -> HttpResponse:
    """List one place's times, ten days that have any, and the way to later ones."""
    place, now = site_places.find(slug), timezone.now()
    if place is None:
        return redirect("places")
    form = _filter_form(search_of(request.GET), referral, now)
    fresh, wanted = freshness.of_trust(place.trust, now=now), form.wanted
    by_day, later = {}, None
    origin = session.origin_of(request, referral)
    if not fresh.unknown:
        by_day = search_places.times_at(place.id, wanted, now=now, origin=origin)
        later = search_places.later_day(
            place.id, wanted, by_day, is_open_ended=form.is_open_ended, now=now, origin=origin
        )
    context = {
        "place": place,
        "origin": origin,
        "left_out": why_left_out(place, wanted),
        "van": van_at(place, wanted.modality),
        "journey": search_places.journey_to(place.id, origin),
        "by_day": by_day,
        "preparation": in_one_line(referral.exam),
        "fresh": fresh,
        "later": later,
        "later_filters": _later_filters(form.without_errors(), later),
        "filters": session.filters(request),
    }
    return form_page(request, "booking/patient/times.jinja", form, context)


@form_only("check")
@session.signed_in
@questions_first
def hold(request: HttpRequest, referral: Referral) -> HttpResponse:
    """Keep the chosen time for fifteen minutes; if it has gone, offer what is near."""
    form = SlotForm(request.POST)
    if not form.is_valid():
        return not_suitable(request, holds.SlotNotSuitable())
    origin = session.origin_of(request, referral)
    try:
        slot = hold_for_patient(referral, form.cleaned_data["slot"], origin, now=timezone.now())
    except holds.SlotNotSuitable as refusal:
        return not_suitable(request, refusal)
    except TimesOverlap as overlap:
        return times_overlap(request, overlap)
    except holds.ReferralEnded as over:
        return session.ended_page(request, over.referral)
    except holds.SlotTaken as gone:
        return time_gone(request, gone)
    session.keep_slot(request, slot.pk)
    return redirect("check")


def not_suitable(request: HttpRequest, refusal: holds.SlotNotSuitable) -> HttpResponse:
    """Say why the scan cannot be done at a time, and lead to those where it can."""
    return render(
        request,
        "booking/patient/not_suitable.jinja",
        {
            "reason": refusal.misfit.label if refusal.misfit else "",
            "earliest": refusal.earliest,
            "filters": session.filters(request),
        },
        status=400,
    )


def times_overlap(request: HttpRequest, overlap: TimesOverlap) -> HttpResponse:
    """Say which other appointment of the patient is at that time, and what to do about it."""
    return render(
        request,
        "booking/patient/times_overlap.jinja",
        {
            "slot": overlap.slot,
            "visits": overlap.visits,
            "other": overlap.clash,
            "filters": session.filters(request),
        },
        status=409,
    )


def time_gone(request: HttpRequest, gone: holds.SlotTaken | holds.HoldExpired) -> HttpResponse:
    """Say what became of a time that cannot be had, or whose hold ran out; offer the nearest.

    Whoever has it booked already is shown that.
    """
    now = timezone.now()
    referral = getattr(request, "referral", None)
    state = state_of(gone.slot, referral, now=now)
    if state == TimeState.YOURS:
        return redirect("appointment")
    # From where it is asked whether they can be there: no time is offered that is then refused.
    origin = session.origin_of(request, referral) if referral else kept_origin(request.session)
    offers = search_places.nearest_alternatives(
        gone.slot, origin, now=now, exam=gone.exam, needed=gone.needed
    )
    ran_out = isinstance(gone, holds.HoldExpired)
    expired = ran_out and state == TimeState.FREE
    longest = isinstance(gone, holds.HoldExpired) and gone.longest
    return render(
        request,
        "booking/patient/time_gone.jinja",
        {
            "slot": gone.slot,
            "visits": visits_of(referral, gone.slot, now=now) if referral else [],
            "state": state,
            "expired": expired,
            "longest": longest,
            "offers": offers,
            "journeys": search_places.journeys_to(offers, origin),
        },
        status=410 if expired else 409,
    )


def _filter_form(query: QueryDict, referral: Referral, now: datetime) -> FilterForm:
    """Return what this patient narrows the list by, for their scan and what they need of it."""
    return FilterForm(query, exam=referral.exam, needed=needed_of(referral, now=now))


def _later_filters(filters: QueryDict, later: date | None) -> str:
    """Return the filters from a later day on, empty without one."""
    return address_with(filters, "from", later.isoformat()) if later else ""
