"""What a patient's browser session remembers: who proved what, and the answers so far.

Kept on our side; the cookie holds a random key. Nothing of it is ever in an address.
"""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone

from booking.changes import audit
from booking.identifiers.actors import PATIENT
from booking.models import Appointment, AuditAction, Referral


def sign_in(request: HttpRequest, referral: Referral) -> None:
    """Start a fresh session for the patient of `referral`: nothing of an earlier one is left."""
    request.session.flush()
    request.session["referral"] = referral.pk


def who(request: HttpRequest) -> Referral | None:
    """Return the referral of the patient who is signed in, None if nobody is."""
    return (
        Referral.objects.select_related("patient", "exam", "trust")
        .filter(pk=request.session.get("referral", 0))
        .first()
    )


def signed_in(
    view: Callable[..., HttpResponse],
) -> Callable[..., HttpResponse]:
    """Give the view the patient's referral, and write down that it was seen.

    Who has none is sent to the start. Of one that has ended every page says what happened and
    whom to phone.
    """

    @wraps(view)
    def with_referral(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        referral = who(request)
        if referral is None:
            return redirect("signed-out")
        if request.method in ("GET", "HEAD"):
            audit.write(AuditAction.VIEWED, now=timezone.now(), actor=PATIENT, referral=referral)
        if referral.ended_at:
            return ended_page(request, referral)
        return view(request, referral, *args, **kwargs)

    return with_referral


def ended_page(request: HttpRequest, referral: Referral) -> HttpResponse:
    """Say why a request is over and whom to phone; a form that was pressed did nothing."""
    keep_slot(request, None)
    came = referral.appointments.filter(status=Appointment.Status.ATTENDED)
    return render(
        request,
        "booking/patient/ended.jinja",
        {
            "referral": referral,
            "came": came.select_related("site").order_by("-start").first(),
            "pressed": request.method == "POST",
        },
        status=409 if request.method == "POST" else 200,
    )


def keep_slot(request: HttpRequest, slot_id: int | None) -> None:
    """Remember the time that the patient chose, or forget it."""
    request.session["slot"] = slot_id


def slot_id(request: HttpRequest) -> int | None:
    """Return the slot that the patient chose, None before."""
    chosen: int | None = request.session.get("slot")
    return chosen


def want_slot(request: HttpRequest, slot_id: int) -> None:
    """Remember, until somebody signs in, the time that they came for."""
    request.session["wanted_slot"] = slot_id


def wanted_slot(request: HttpRequest) -> int | None:
    """Return the time that somebody came for before signing in, None if for none."""
    wanted: int | None = request.session.get("wanted_slot")
    return wanted


def keep_filters(request: HttpRequest) -> None:
    """Remember the filters of the list, so that a way back to it keeps them."""
    if request.session.get("filters", "") != request.GET.urlencode():
        request.session["filters"] = request.GET.urlencode()[:500]


def filters(request: HttpRequest) -> str:
    """Return the list's filters as a query string, empty if none."""
    kept = request.session.get("filters", "")
    return f"?{kept}" if kept else ""
