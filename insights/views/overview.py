"""The overview of the network, a trust's own page, a place's page: a tile a measure."""

from collections.abc import Iterable, Mapping
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_safe

from booking.clerk.permissions import Action, staff_page
from booking.models import Staff
from insights.forms.figures import ScanForm
from insights.measures import MEASURES, Measure
from insights.screen.split import said
from insights.screen.tiles import measures_by, tiles
from insights.sight import Sight, sight_of
from insights.views.asked import figures_page, not_here
from sites import places


@require_safe
@staff_page(Action.INSIGHTS)
def overview(request: HttpRequest, staff: Staff) -> HttpResponse:
    """Show every measure of the whole network at a glance."""
    sight = sight_of(staff)
    return _tiles_page(request, staff, sight, MEASURES, {}, {"name": "The network’s figures"})


@require_safe
@staff_page(Action.INSIGHTS)
def trust(request: HttpRequest, staff: Staff, code: str) -> HttpResponse:
    """Show every measure of one trust, and lead to its places. An old code is what it is now."""
    sight = sight_of(staff)
    if sight.now(code) != code:
        return redirect("insights-trust", sight.now(code))
    name = sight.open_trusts.get(code)
    if name is None:
        return not_here(request, staff)
    theirs = [one for one in sight.open_places if sight.now(one.trust) == code]
    context = {"name": name, "places": theirs, "is_own": code in sight.own}
    return _tiles_page(request, staff, sight, measures_by("trust"), {"trust": code}, context)


@require_safe
@staff_page(Action.INSIGHTS)
def place(request: HttpRequest, staff: Staff, slug: str) -> HttpResponse:
    """Show every measure that is counted by place, of one place."""
    sight, found = sight_of(staff), places.table().by_slug.get(slug)
    whose = sight.now(found.trust) if found else ""
    if found is None or whose not in sight.open_trusts:
        return not_here(request, staff)
    context = {"name": found.name, "place": found, "whose": whose, "is_own": whose in sight.own}
    return _tiles_page(request, staff, sight, measures_by("site"), {"place": slug}, context)


def _tiles_page(
    request: HttpRequest,
    staff: Staff,
    sight: Sight,
    measures: Iterable[Measure],
    of: Mapping[str, str],
    context: Mapping[str, Any],
) -> HttpResponse:
    """Answer with the tiles of these measures `of` a trust or a place, as an address names it."""
    form, grouped, when = ScanForm(request.GET), None, ""
    if form.is_valid():
        site = places.table().by_slug[of["place"]].id if "place" in of else None
        filters = form.filters(trust=of.get("trust"), site=site)
        grouped = tiles(form.counts(measures), filters, sight, {**of, **form.chosen})
        when = said(form.begins, form.ends)
    words = {
        "grouped": grouped,
        "when": when,
        "sight": sight,
        "here": request.path,
        "csv": "",
        "compare": reverse("insights-compare") if sight.may_compare else "",
        "is_rounded": not (context.get("is_own") or sight.sees_all(sight.trusts)),
    }
    return figures_page(request, staff, "overview", form, {**words, **context})
