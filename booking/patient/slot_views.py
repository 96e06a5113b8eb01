"""The door for who comes with one time in hand: a link that others show (booking-deep-link)."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from booking.appointments import holds
from booking.appointments.time_state import TimeState, state_of
from booking.models import Referral, Slot
from booking.pages.subject import SubjectChanged
from booking.patient import session
from booking.patient.choose_views import time_gone
from sites import places as site_places
from sites.models import MODALITIES

MAX_ID = 2**63
"""Ids are 64-bit."""


@require_http_methods(["GET", "HEAD", "POST"])
def slot(request: HttpRequest, slot_id: int) -> HttpResponse:
    """Show one time; on the press of the button keep it, after signing in if need be.

    Opening the link changes nothing. Nothing personal is in it.
    """
    found = Slot.objects.select_related("site").filter(pk=min(slot_id, MAX_ID - 1)).first()
    if found is None or found.status == Slot.Status.WITHDRAWN:
        return render(request, "booking/patient/slot_unknown.jinja", status=404)
    referral = session.who(request)
    if referral and referral.ended_at:
        return redirect("referral")
    if request.method == "POST":
        return _take(request, referral, found.pk)
    if referral and found.modality != referral.exam.modality:
        return render(request, "booking/patient/not_suitable.jinja")
    state = state_of(found, referral, now=timezone.now())
    is_free = state in (TimeState.FREE, TimeState.KEPT)
    if referral and not is_free:
        return time_gone(request, holds.SlotTaken(found))
    return render(
        request,
        "booking/patient/slot.jinja",
        {
            "slot": found,
            "place": site_places.get(found.site_id),
            "scan": MODALITIES[found.modality],
            "is_free": is_free,
            "state": state,
            "referral": referral,
        },
    )


def _take(request: HttpRequest, referral: Referral | None, slot_id: int) -> HttpResponse:
    """Keep the time for the patient whom the page was about; let nobody yet sign in first."""
    try:
        session.must_be_about(request, referral)
    except SubjectChanged as changed:
        if referral is None:
            return redirect("signed-out")
        return session.page_changed(request, changed)
    if referral:
        return keep(request, referral, slot_id)
    session.want_slot(request, slot_id)
    return redirect("code")


def keep(request: HttpRequest, referral: Referral, slot_id: int) -> HttpResponse:
    """Hold the time that a patient came for and go on; if it has gone, show what is near.

    If the request has ended, its page says so.
    """
    try:
        held = holds.hold(referral, slot_id, now=timezone.now())
    except holds.ReferralEnded:
        return redirect("referral")
    except (holds.SlotTaken, holds.SlotNotSuitable):
        return redirect("slot-page", slot_id)
    session.keep_slot(request, held.pk)
    return redirect("check")
