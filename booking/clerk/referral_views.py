"""A referral's end, its opening again, and how urgent it is: each asked once more before."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from booking.appointments.booking import AppointmentChanged
from booking.appointments.holds import ReferralEnded
from booking.clerk.notices import say_done
from booking.clerk.permissions import Action, may, referral_page
from booking.identifiers.actors import staff_key
from booking.models import Referral, Staff
from booking.pages.posted import form_only
from booking.referrals import ending
from booking.referrals.urgency import LONGEST_REASON, ReasonNeeded, change_urgency

End = Referral.End
REASONS = [end for end in End if end != End.DONE]
"""What a clerk may say; that the scan was done is said of the appointment: attended."""
CHANGED = "Something changed meanwhile. Nothing was done: read again what will happen"


@require_http_methods(["GET", "HEAD", "POST"])
@referral_page(Action.END)
def end(request: HttpRequest, staff: Staff, referral: Referral) -> HttpResponse:
    """Ask why it ends, say what that will do, and do it when it is pressed once more."""
    asked = request.POST if request.method == "POST" else request.GET
    reason = asked.get("reason", "")
    if reason not in _may_say(referral):
        error = "Choose why it ends" if request.method == "POST" else ""
        return _end_page(request, staff, referral, error=error)
    stops = ending.what_stops(referral, reason, now=timezone.now())
    if request.POST.get("confirm") != _seen(stops):
        stale = CHANGED if "confirm" in request.POST else ""
        return _end_page(request, staff, referral, reason=reason, stops=stops, error=stale)
    try:
        ending.end(referral, reason, now=timezone.now(), actor=staff.actor)
    except (AppointmentChanged, ReferralEnded):
        referral.refresh_from_db()
        return _end_page(request, staff, referral, error=CHANGED)
    say_done(request, f"The request has ended: {End(reason).label}.")
    return _to_patient(referral)


@referral_page(Action.REOPEN)
@form_only("referral-end", "referral_id")
def reopen(request: HttpRequest, staff: Staff, referral: Referral) -> HttpResponse:
    """Open again what has ended."""
    ending.reopen(referral, now=timezone.now(), actor=staff.actor)
    say_done(request, "The request is open again. It is on the list of those to book.")
    return _to_patient(referral)


@require_http_methods(["GET", "HEAD", "POST"])
@referral_page(Action.END)
def urgency(request: HttpRequest, staff: Staff, referral: Referral) -> HttpResponse:
    """Change how urgent it is; less urgent only for a reason."""
    errors: dict[str, str] = {}
    chosen, reason = request.POST.get("urgency", ""), request.POST.get("reason", "")
    if request.method == "POST":
        if chosen not in Referral.Urgency.values:
            errors["urgency"] = "Choose how urgent it is"
        else:
            try:
                change_urgency(
                    referral, chosen, now=timezone.now(), actor=staff.actor, reason=reason
                )
            except ReasonNeeded:
                errors["reason"] = "Type why it is less urgent"
            except ReferralEnded:
                return redirect("referral-end", referral.pk)
            else:
                say_done(request, f"It is {referral.get_urgency_display()} now.")
                return _to_patient(referral)
    return render(
        request,
        "booking/clerk/urgency.jinja",
        {
            "staff": staff,
            "referral": referral,
            "urgencies": Referral.Urgency.choices,
            "chosen": chosen or referral.urgency,
            "reason": reason[:LONGEST_REASON],
            "longest": LONGEST_REASON,
            "errors": errors,
            "problems": [{"text": words, "href": f"#{part}"} for part, words in errors.items()],
        },
        status=400 if errors else 200,
    )


def _may_say(referral: Referral) -> list[str]:
    """Return the reasons that can still be given: of what has ended, only a death."""
    if referral.ended_at is None:
        return [str(reason) for reason in REASONS]
    return [] if referral.patient.died_at else [str(End.DIED)]


def _seen(stops: ending.WhatStops) -> str:
    """Return what tells one state of what will stop from every other: the form carries it."""
    referrals = ",".join(str(one.pk) for one in stops.referrals)
    return f"{referrals};" + ",".join(
        f"{one.reference}.{one.version}" for one in stops.appointments
    )


def _end_page(
    request: HttpRequest,
    staff: Staff,
    referral: Referral,
    *,
    reason: str = "",
    stops: ending.WhatStops | None = None,
    error: str = "",
) -> HttpResponse:
    context: dict[str, Any] = {
        "staff": staff,
        "referral": referral,
        "reasons": [(one, End(one).label) for one in _may_say(referral)],
        "reason": End(reason) if reason else None,
        "died": reason == End.DIED,
        "stops": stops,
        "seen": _seen(stops) if stops else "",
        "ended_by": _name_of(referral.ended_by),
        "may_reopen": may(staff, Action.REOPEN),
        "error": error,
        "problems": [{"text": error, "href": "#main-content" if stops else "#reason"}]
        if error
        else [],
    }
    status = (409 if error == CHANGED else 400) if error else 200
    return render(request, "booking/clerk/end.jinja", context, status=status)


def _name_of(actor: str) -> str:
    """Return the name of staff whom the audit names by a key; anybody else as they are named."""
    who = Staff.objects.filter(pk=staff_key(actor)).first()
    return who.name if who else actor


def _to_patient(referral: Referral) -> HttpResponse:
    return redirect(f"/staff/patient/{referral.patient_id}/?referral={referral.pk}")
