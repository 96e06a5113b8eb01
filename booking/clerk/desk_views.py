"""The desk: one box that finds, what waits, and one patient on one screen."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from booking.appointments import holds
from booking.changes import audit
from booking.clerk import caller
from booking.clerk.idle import take_draft
from booking.clerk.permissions import Action, may, may_open, patient_page, staff_page
from booking.identifiers.codes import format_code
from booking.models import NEEDS, Appointment, Patient, Referral, Staff
from booking.patients.lookup import LookupInvalid, family_of, find_patients
from booking.search import criteria, places
from booking.search.criteria import SearchCriteria
from booking.waits.targets import breach_day, later_than_target
from booking.worklists import rows
from notifications.wording.dates import LONDON
from sites import origins, postcodes
from sites import places as site_places
from sites.models import NEEDS as site_needs
from sites.postcodes import Origin

PLACES, TIMES = 12, 5
NOTES, FIRST = 10, 5
OPEN_REASONS = {
    "caller": "The patient phoned us",
    "transfer": "The patient is being moved to us",
    "cover": "We cover for the other trust",
    "safety": "Somebody’s safety",
}
"""Why a clerk may open another trust's patient."""


@require_safe
@staff_page(Action.ACCOUNT)
def home(request: HttpRequest, staff: Staff) -> HttpResponse:
    """Send each role to the page that its work begins on."""
    if may(staff, Action.FIND):
        return redirect("desk")
    return redirect("audit")


@require_http_methods(["GET", "HEAD", "POST"])
@staff_page(Action.FIND)
def desk_page(request: HttpRequest, staff: Staff) -> HttpResponse:
    """Find a patient; see the lists' counts and the times that clerks hold."""
    error, found = "", None
    typed = request.POST.get("who", "")[:300]
    if request.method == "POST":
        try:
            found = find_patients(typed)
        except LookupInvalid as wrong:
            error = str(wrong)
        else:
            if len(found.patients) == 1:
                return redirect("patient", found.patients[0].pk)
            if not found.patients:
                error = f"Nobody has this {found.by}. Check it, or try another way to find them"
    now = timezone.now()
    first = list(rows.open_rows(staff.trust_codes)[:FIRST])
    held = caller.held_by_clerks(staff.trust_codes, now)
    shown = [one for one in found.patients if may_open(request, staff, one)] if found else []
    named = [row.referral.patient_id for row in first if row.referral]
    named += [one.referral.patient_id for one in held] + [one.pk for one in shown]
    audit.write_listed(named, now=now, actor=staff.actor)
    return render(
        request,
        "booking/clerk/desk.jinja",
        {
            "staff": staff,
            "typed": typed,
            "error": error,
            "found": found and [(one, one in shown) for one in found.patients],
            "by": found and found.by,
            "counts": rows.counts(staff.trust_codes, now),
            "first": first,
            "held": held,
            "now": now,
        },
        status=400 if error else 200,
    )


@require_http_methods(["GET", "HEAD", "POST"])
@staff_page(Action.FIND)
def reason(request: HttpRequest, staff: Staff, patient_id: int) -> HttpResponse:
    """Ask why another trust's patient is opened; write it down for that trust's lead."""
    patient = Patient.objects.filter(pk=patient_id).first()
    if patient is None:
        return render(request, "booking/clerk/no_patient.jinja", status=404)
    if may_open(request, staff, patient):
        return redirect("patient", patient.pk)
    chosen, error = request.POST.get("reason", ""), ""
    if request.method == "POST":
        if chosen in OPEN_REASONS:
            request.session["opened"] = [*request.session.get("opened", []), patient.pk]
            audit.write(
                "opened with a reason",
                now=timezone.now(),
                actor=staff.actor,
                patient=patient,
                reason=chosen,
            )
            return redirect("patient", patient.pk)
        error = "Choose why you need to open this patient"
    trusts = sorted({one.trust.name for one in patient.referrals.select_related("trust")})
    return render(
        request,
        "booking/clerk/reason.jinja",
        {"trusts": trusts, "reasons": OPEN_REASONS, "error": error, "staff": staff},
        status=400 if error else 200,
    )


@require_safe
@patient_page(Action.FIND)
def patient(request: HttpRequest, staff: Staff, patient: Patient) -> HttpResponse:
    """Show all that a clerk needs for one caller."""
    return patient_screen(request, staff, patient)


@require_POST
@patient_page(Action.FIND)
def travel_from(request: HttpRequest, staff: Staff, patient: Patient) -> HttpResponse:
    """Remember where the caller travels from: kept in the session, never in an address."""
    typed = request.POST.get("place", "")[:40]
    try:
        origin = read_origin(typed)
    except origins.OriginError as error:
        return patient_screen(request, staff, patient, errors={"place": error.message}, status=400)
    kept = request.session.get("origins", {})
    kept[str(patient.pk)] = [origin.postcode, origin.lat, origin.lon, origin.approximate]
    request.session["origins"] = kept
    return redirect(f"/staff/patient/{patient.pk}/?{request.POST.get('filters', '')[:500]}#times")


def read_origin(typed: str) -> Origin:
    """Return where a postcode, a town, or a place of ours that is named is. Raises OriginError."""
    try:
        return origins.find(typed)
    except origins.OriginError:
        words = typed.casefold().strip()
        for place in site_places.table().places:
            if len(words) > 3 and words in f"{place.name} {place.address}".casefold():
                return Origin(place.name, place.lat, place.lon, approximate=True)
        raise


def patient_screen(
    request: HttpRequest,
    staff: Staff,
    patient: Patient,
    *,
    errors: Mapping[str, str] | None = None,
    gone: holds.SlotTaken | holds.HoldExpired | None = None,
    changed: bool = False,
    status: int = 200,
) -> HttpResponse:
    """Render the screen, with what went wrong if something did."""
    now = timezone.now()
    typed = take_draft(request)
    for name, values in request.POST.lists():
        typed.setdefault(name, values)
    referrals = list(
        patient.referrals.select_related("exam", "trust", "patient").order_by("target_day", "pk")
    )
    appointments = list(
        Appointment.objects.filter(referral__patient=patient)
        .select_related("site", "referral__exam", "referral__patient")
        .order_by("-start")
    )
    live = {one.referral_id: one for one in appointments if one.is_live}
    done = {one.pk for one in referrals if one.ended_at}
    chosen = _chosen(request, referrals, live, done)
    origin = _origin(request, patient)
    looked_for, problems = _wanted(request, chosen, now)
    booked = live.get(chosen.pk) if chosen else None
    to_come = booked if booked and booked.start > now else None
    held = caller.held_for(chosen, now) if chosen else None
    book = may(staff, Action.BOOK)
    undo = next((one for one in appointments if caller.can_undo(one, staff, now)), None)
    # While a booking is read back its page is short; other times are one press away.
    show_times = undo is None or not undo.is_live or "times" in request.GET
    found = []
    if chosen and origin and book and show_times and not gone:
        found = places.places(origin, looked_for, now=now, limit=PLACES, times=TIMES)
    context: dict[str, Any] = {
        "staff": staff,
        "may_book": book,
        "patient": patient,
        "family": [(one, may_open(request, staff, one)) for one in family_of(patient)],
        "others": caller.other_viewers(patient, staff, now),
        "referrals": [
            (one, breach_day(one.urgency, one.clock_start), live.get(one.pk), one.pk in done)
            for one in referrals
        ],
        "chosen": chosen,
        "seen": caller.version_token(to_come),
        "live": to_come,
        "passed": None if to_come else booked,
        "coming": [one for one in reversed(appointments) if one.is_live and one.start > now],
        "past": [one for one in appointments if not (one.is_live and one.start > now)],
        "rows": list(rows.open_rows(staff.trust_codes).filter(referral__patient=patient)),
        "notes": list(patient.notes.select_related("user").order_by("-pk")[:NOTES]),
        "held": held,
        "late": held and later_than_target(chosen, held.slot.start) if chosen else None,
        "origin": origin,
        "found": found,
        "wanted": looked_for,
        "errors": {**problems, **(errors or {})},
        "typed": typed,
        "filters": _filters(request),
        "undo": undo,
        "show_times": show_times,
        "read_back": undo
        and undo.is_live
        and caller.confirmation_script(undo, format_code(undo.reference)),
        "gone": gone,
        "offers": places.nearest_alternatives(gone.slot, origin, now=now) if gone else [],
        "expired": isinstance(gone, holds.HoldExpired),
        "changed": changed,
        "book_reasons": caller.BOOK_REASONS,
        "change_reasons": caller.CHANGE_REASONS,
        "cancel_reasons": caller.CANCEL_REASONS,
        "all_needs": NEEDS,
        "place_needs": site_needs,
        "today": now.astimezone(LONDON).date(),
        "now": now,
    }
    return render(request, "booking/clerk/patient.jinja", context, status=status)


def _chosen(
    request: HttpRequest, referrals: list[Referral], live: Mapping[int, object], done: set[int]
) -> Referral | None:
    """Return the referral whose times are shown: the one asked for, else the first unbooked."""
    asked = request.POST.get("referral") or request.GET.get("referral", "")
    for one in referrals:
        if str(one.pk) == asked:
            return one
    waiting = [one for one in referrals if one.pk not in live and one.pk not in done]
    still = [one for one in referrals if one.pk not in done]
    return next(iter(waiting or still), None)


def _origin(request: HttpRequest, patient: Patient) -> Origin | None:
    kept = request.session.get("origins", {}).get(str(patient.pk))
    if kept:
        return Origin(*kept)
    try:
        return postcodes.find(patient.postcode) if patient.postcode else None
    except postcodes.PostcodeError:
        return None


def _filters(request: HttpRequest) -> str:
    """Return the filters as a query string: from the address, or from a form's hidden field."""
    return (request.POST.get("filters") or request.GET.urlencode())[:500]


def _wanted(
    request: HttpRequest, referral: Referral | None, now: datetime
) -> tuple[SearchCriteria, dict[str, str]]:
    """Return what the filters ask for; with errors, what no filter asks for."""
    today = now.astimezone(LONDON).date()
    modality = referral.exam.modality if referral else "MR"
    params = QueryDict(_filters(request))
    chosen = {name: params.getlist(name) for name in ("daypart", "kind", "need")}
    try:
        return criteria.parse_criteria(modality, params, chosen, today), {}
    except criteria.SearchInvalid as error:
        return criteria.parse_criteria(modality, {}, {}, today), error.errors
