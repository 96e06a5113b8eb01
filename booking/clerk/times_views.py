"""What an open screen of a patient asks for by itself: whether its times are still to be had.

That is no use of the page (idle.py), and it shows nothing to who may not see the patient any more.
"""

from datetime import datetime, timedelta

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_safe

from booking.clerk.alert_views import NOTHING_NEW, STOP_ASKING
from booking.clerk.forms.hidden import OpenPageForm
from booking.clerk.permissions import Action, may, may_open, patient_page, staff_at_work
from booking.clerk.screen.listed import look_up
from booking.clerk.screen.origin import origin_of
from booking.models import Patient, Referral, Staff
from booking.search.needs_there import needs_there

ASKS_FOR = timedelta(minutes=15)
"""A page that was left open asks no longer than that: who comes back to it loads it again, or
presses, and is told."""


@patient_page(Action.BOOK)
def _to_the_screen(request: HttpRequest, staff: Staff, patient: Patient) -> HttpResponse:
    return redirect("patient", patient.pk)


@require_safe
def times_now(request: HttpRequest, patient_id: int) -> HttpResponse:
    """Answer the times as they are now, or that they are shown already; a browser's own call gets
    the screen."""
    if not request.headers.get("HX-Request"):
        answer: HttpResponse = _to_the_screen(request, patient_id=patient_id)
        return answer
    now, staff, form = timezone.now(), staff_at_work(request), OpenPageForm(request.GET)
    if not form.is_valid() or _has_asked_long_enough(form.cleaned_data["since"], now):
        return _stop()
    referral = _referral_of(form.cleaned_data["referral"], patient_id)
    if referral is None or staff is None or not _may_see(request, staff, referral):
        return _stop()
    patient = referral.patient
    needs = needs_there(request.session, patient, of_clerk=True).ticked
    listed = look_up(request.GET, origin_of(request.session, patient), needs, referral, now)
    if listed.seen == form.cleaned_data["times_seen"]:
        return HttpResponse(status=NOTHING_NEW)
    words = {"listed": listed, "patient": patient, "changed_at": now}
    return render(request, "booking/clerk/_found.jinja", words)


def _referral_of(pk: int, patient_id: int) -> Referral | None:
    """Return the referral whose times are shown, if it is still one to be booked."""
    open_ones = Referral.objects.filter(patient=patient_id, ended_at=None)
    return open_ones.select_related("patient", "exam", "trust").filter(pk=pk).first()


def _may_see(request: HttpRequest, staff: Staff, referral: Referral) -> bool:
    return may(staff, Action.BOOK) and may_open(request, staff, referral.patient)


def _has_asked_long_enough(since: int, now: datetime) -> bool:
    return now.timestamp() - since > ASKS_FOR.total_seconds()


def _stop() -> HttpResponse:
    """Have the page ask no more, and leave it as it is."""
    return HttpResponse(status=STOP_ASKING, headers={"HX-Reswap": "none"})
