"""The places and scanners of one's trusts, as they are: what each has, and who changed it."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.views.decorators.http import require_safe

from booking.appointments.places_by_hand import history, scanners_of, sites_of
from booking.clerk.permissions import Action, may, staff_page
from booking.models import Staff
from sites.imports import one_change
from sites.models import MODALITIES, NEEDS, Stop
from times.london import day_in_england

CHANGES_SHOWN = 10


@require_safe
@staff_page(Action.PLACES)
def places(request: HttpRequest, staff: Staff) -> HttpResponse:
    """List the places of one's trusts, and their mobile scanners."""
    words = {
        "staff": staff,
        "sites": sites_of(staff.trust_codes)
        .prefetch_related("scanners")
        .order_by("closed", "name"),
        "mobile": scanners_of(staff.trust_codes).filter(site=None).order_by("name"),
        "scans": MODALITIES,
    }
    return render(request, "booking/clerk/places.jinja", words)


@require_safe
@staff_page(Action.PLACES)
def site(request: HttpRequest, staff: Staff, slug: str) -> HttpResponse:
    """Show one place, what stands there and what comes there."""
    found = get_object_or_404(sites_of(staff.trust_codes), slug=slug)
    today = day_in_england(timezone.now())
    stops = Stop.objects.filter(site=found, last_day__gte=today).select_related("scanner")
    words = {
        "staff": staff,
        "site": found,
        "row": one_change.row_of(found),
        "facilities": [NEEDS[code] for code in found.facilities if code in NEEDS],
        "scanners": found.scanners.order_by("name"),
        "own": set(scanners_of(staff.trust_codes).values_list("pk", flat=True)),
        "stops": stops.order_by("first_day"),
        "scans": MODALITIES,
        "lost": f"site {found.pk} {found.trust_id}" if may(staff, Action.LOST) else "",
        **_changes("site", found.slug),
    }
    return render(request, "booking/clerk/place.jinja", words)


@require_safe
@staff_page(Action.PLACES)
def scanner(request: HttpRequest, staff: Staff, scanner_id: int) -> HttpResponse:
    """Show one scanner, what it can do, and where it stands when."""
    found = get_object_or_404(scanners_of(staff.trust_codes), pk=scanner_id)
    today = day_in_england(timezone.now())
    stops = found.stops.filter(last_day__gte=today).select_related("site").order_by("first_day")
    words = {
        "staff": staff,
        "scanner": found,
        "row": one_change.row_of(found),
        "scan": MODALITIES[found.modality],
        "stops": stops,
        **_changes("scanner", found.code or ""),
    }
    return render(request, "booking/clerk/scanner.jinja", words)


def _changes(what: str, name: str) -> dict[str, object]:
    people = {one.actor: one.name for one in Staff.objects.select_related("user")}
    return {"changes": history(what, name)[:CHANGES_SHOWN], "people": people}
