"""A referral's end and its opening again: the end is asked once more before."""

from hashlib import sha256
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from booking.alerts.state import open_alert
from booking.appointments.booking import AppointmentChanged
from booking.appointments.holds import ReferralEnded
from booking.clerk.forms.draft import FormDraft, show_errors
from booking.clerk.forms.referral import EndForm
from booking.clerk.idle import take_draft
from booking.clerk.notices import say_done
from booking.clerk.permissions import Action, may, referral_page
from booking.clerk.script import NO_TEXT
from booking.messages.outlook import why_no_text
from booking.models import Referral, Staff
from booking.pages.posted import form_only
from booking.referrals import ending
from booking.referrals.replacing import version_of

End = Referral.End
REASONS: list[Referral.End] = [end for end in End if end != End.DONE]
"""What a clerk may say; that the scan was done is said of the appointment: attended."""
CHANGED = "Something changed meanwhile. Nothing was done: read again what will happen"


@require_http_methods(["GET", "HEAD", "POST"])
@referral_page(Action.END)
def end(request: HttpRequest, staff: Staff, referral: Referral) -> HttpResponse:
    """Ask why it ends, say what that will do, and do it when it is pressed once more."""
    is_sent, now = request.method == "POST", timezone.now()
    form = EndForm(request.POST if is_sent else request.GET, reasons=_may_say(referral))
    if not form.is_valid():
        if is_sent and referral.ended_at:  # by somebody else, or by the first of two presses
            return _ask_reason(request, staff, referral, error=CHANGED)
        return _ask_reason(request, staff, referral, form if is_sent else None)
    reason, confirmed = form.cleaned_data["reason"], form.cleaned_data["confirm"] if is_sent else ""
    stops = ending.what_stops(referral, reason, now=now)
    if confirmed != _seen(stops):
        error = CHANGED if confirmed else ""
        return _say_what_stops(request, staff, referral, End(reason), stops, error)
    try:
        ending.end(referral, reason, now=now, actor=staff.actor)
    except (AppointmentChanged, ReferralEnded):
        referral.refresh_from_db()
        return _ask_reason(request, staff, referral, error=CHANGED)
    say_done(request, f"The request has ended: {End(reason).label}.")
    return _to_patient(referral)


@referral_page(Action.REOPEN)
@form_only("referral-end", "referral_id")
def reopen(request: HttpRequest, staff: Staff, referral: Referral) -> HttpResponse:
    """Open again what has ended."""
    ending.reopen(referral, now=timezone.now(), actor=staff.actor)
    say_done(request, "The request is open again, and so is its row on a list.")
    return _to_patient(referral)


def _may_say(referral: Referral) -> list[Referral.End]:
    """Return the reasons that can still be given: of what has ended, only a death."""
    if referral.ended_at is None:
        return REASONS
    return [] if referral.patient.died_at else [End.DIED]


def _seen(stops: ending.WhatStops) -> str:
    """Return what tells one state of what will stop from every other: the form carries it."""
    parts = [version_of(one) for one in stops.referrals]
    parts += [f"{one.reference}.{one.version}" for one in stops.appointments]
    return sha256(" ".join(parts).encode()).hexdigest()


def _ask_reason(
    request: HttpRequest,
    staff: Staff,
    referral: Referral,
    form: EndForm | None = None,
    error: str = "",
) -> HttpResponse:
    """Return the page that asks why it ends, or that says what ended it."""
    if form is None:
        form = FormDraft(take_draft(request)).fill(EndForm(reasons=_may_say(referral)))
        show_errors(form, {"": error} if error else {})
    return _end_page(request, staff, referral, form, {"reasons": _may_say(referral)})


def _say_what_stops(
    request: HttpRequest,
    staff: Staff,
    referral: Referral,
    reason: Referral.End,
    stops: ending.WhatStops,
    error: str,
) -> HttpResponse:
    """Return the page that says what will happen, with the button that does it."""
    carried = {"reason": reason, "confirm": _seen(stops)}
    form = EndForm(initial=carried, reasons=_may_say(referral))
    show_errors(form, {"": error} if error else {})
    why_not = why_no_text(referral.patient)
    stays = reason != End.DIED and not may(staff, Action.CLOSE_ALERT)
    context = {
        "alert_stays": stays and open_alert(referral) is not None,
        "reason": reason,
        "died": reason == End.DIED,
        "stops": stops,
        "no_text": NO_TEXT[why_not] if why_not else "",
    }
    return _end_page(request, staff, referral, form, context)


def _end_page(
    request: HttpRequest, staff: Staff, referral: Referral, form: EndForm, context: dict[str, Any]
) -> HttpResponse:
    context |= {
        "staff": staff,
        "referral": referral,
        "form": form,
        "ended_by": Staff.name_of(referral.ended_by),
        "may_reopen": may(staff, Action.REOPEN),
    }
    status = 409 if CHANGED in form.non_field_errors() else 400 if form.errors else 200
    return render(request, "booking/clerk/end.jinja", context, status=status)


def _to_patient(referral: Referral) -> HttpResponse:
    return redirect(f"/staff/patient/{referral.patient_id}/?referral={referral.pk}")
