"""The desk: one box that finds, what waits, and one patient on one screen."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from booking.changes import audit
from booking.clerk import caller
from booking.clerk.permissions import Action, may, may_open, staff_page
from booking.models import Patient, Staff
from booking.patients.lookup import NotUnderstood, find
from booking.worklists import rows

FIRST = 5
"""Rows of the lists that the desk shows."""
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
            found = find(typed)
        except NotUnderstood as wrong:
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
