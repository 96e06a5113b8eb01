"""Check, confirm, see, put in a calendar, change, cancel."""

from datetime import datetime

from django.conf import settings
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from booking.appointments import booking, calendar_file, holds, trust_answers
from booking.appointments.time_state import state_of_former
from booking.appointments.why_off import REFUSED, why_off
from booking.identifiers.actors import PATIENT
from booking.identifiers.codes import format_code
from booking.messages.outlook import outlook_of, why_no_text
from booking.models import Appointment, Referral, Slot
from booking.pages.subject import SubjectChanged, lock_subject, read_subject
from booking.patient import session
from booking.patient.choose_views import time_gone
from booking.patient.forms import ConfirmForm, LateForm, SlotForm
from booking.patient.off_words import say_off
from booking.search.origin import kept_origin
from booking.waits.targets import later_than_target
from notifications import timing
from sites import places as site_places


@require_safe
@session.signed_in
def check(request: HttpRequest, referral: Referral) -> HttpResponse:
    """Show what will be booked, and keep the time for another fifteen minutes."""
    chosen = session.slot_id(request)
    live = booking.live_appointment(referral)
    if live and live.slot_id == chosen:
        return redirect("appointment")
    if chosen is None:
        return redirect("places")
    now = timezone.now()
    try:
        slot = holds.renew(referral, chosen, now=now)
    except holds.SlotNotSuitable:
        session.keep_slot(request, None)
        return redirect("places")
    except holds.ReferralEnded as over:
        return session.ended_page(request, over.referral)
    except (holds.SlotTaken, holds.HoldExpired) as gone:
        return time_gone(request, gone)
    late = later_than_target(referral, slot.start)
    is_asked_again = late is not None and LateForm(request.GET).names(late)
    carried = {"slot": slot.pk, "late": late.isoformat() if late and is_asked_again else ""}
    return render(
        request,
        "booking/patient/check.jinja",
        {
            "referral": referral,
            "slot": slot,
            "late": late,
            "is_asked_again": is_asked_again,
            "form": ConfirmForm(initial=carried),
            "place": site_places.get(slot.site_id),
            "origin": kept_origin(request.session),
            "changes": live if live and live.start > now else None,
            "passed": live if live and live.start <= now else None,
            "trust_confirms": trust_answers.confirms(slot.trust_id),
            "why_no_text": why_no_text(referral.patient),
            "reminders": _reminder_days(slot.start),
            "filters": session.filters(request),
        },
    )


def _is_booked(request: HttpRequest, referral: Referral) -> bool:
    live, form = booking.live_appointment(referral), SlotForm(request.POST)
    return live is not None and form.is_valid() and form.cleaned_data["slot"] == live.slot_id


def _is_cancelled(_request: HttpRequest, referral: Referral) -> bool:
    return booking.live_appointment(referral) is None


@require_POST
@session.done_already(_is_booked)
@session.signed_in
def confirm(request: HttpRequest, referral: Referral) -> HttpResponse:
    """Book the held time. A second press, or Back and again, finds the same appointment.

    A time later than the target day is booked only when that is pressed once more.
    """
    form, held = ConfirmForm(request.POST), session.slot_id(request)
    if held is None or not form.is_valid() or form.cleaned_data["slot"] != held:
        # An old page in another tab: what it shows is not what is held now.
        return redirect("check" if held else "appointment")
    start = Slot.objects.filter(pk=held).values_list("start", flat=True).first()
    late = later_than_target(referral, start) if start else None
    if late and not form.names(late):
        return redirect(f"{reverse('check')}?late={late.isoformat()}")
    try:
        with transaction.atomic():
            lock_subject(read_subject(request.POST), referral, held)
            booking.book(referral, held, now=timezone.now(), actor=PATIENT)
    except holds.ReferralEnded as over:
        return session.ended_page(request, over.referral)
    except holds.SlotNotSuitable:
        return redirect("places")
    except (holds.SlotTaken, holds.HoldExpired) as gone:
        return time_gone(request, gone)
    except booking.AppointmentChanged:
        return redirect("check")  # the old time went in the same moment; the new one is still held
    return redirect("appointment")


@require_safe
@session.signed_in
def appointment(request: HttpRequest, referral: Referral) -> HttpResponse:
    """Show the appointment, whatever became of it; without one, the referral."""
    latest = _latest(referral)
    if latest is None:
        return redirect("referral")
    now, off = timezone.now(), why_off([latest]).get(latest.pk)
    return render(
        request,
        "booking/patient/appointment.jinja",
        {
            "referral": referral,
            "appointment": latest,
            "reference": format_code(latest.reference),
            "place": site_places.get(latest.site_id),
            "past": latest.is_live and latest.start <= now,
            "is_refused": off is not None and off.why == REFUSED,
            "off_words": say_off(off, latest) if off else "",
            "time_state": state_of_former(latest, now=now) if off else "",
            "outlook": outlook_of(latest, now),
            "filters": session.filters(request),
        },
    )


@require_safe
@session.signed_in
def calendar(request: HttpRequest, referral: Referral) -> HttpResponse:
    """Send the appointment as an .ics file."""
    live = booking.live_appointment(referral)
    if live is None:
        return redirect("appointment")
    entry = calendar_file.entry(
        live,
        site_places.get(live.site_id),
        link=f"{settings.PUBLIC_BASE_URL}/a/{referral.code}",
        now=timezone.now(),
    )
    return HttpResponse(
        entry,
        content_type="text/calendar; charset=utf-8",
        headers={
            "Content-Disposition": 'attachment; filename="scan-appointment.ics"',
            "Cache-Control": "no-store",
        },
    )


@require_http_methods(["GET", "HEAD", "POST"])
@session.done_already(_is_cancelled)
@session.signed_in
def cancel(request: HttpRequest, referral: Referral) -> HttpResponse:
    """Ask once, then cancel the appointment that was shown."""
    live = booking.live_appointment(referral)
    if live is None or live.start <= timezone.now():
        return redirect("appointment")  # it shows that it is cancelled already, or has passed
    if request.method == "POST":
        seen = read_subject(request.POST)
        if live.pk != seen.appointment:
            raise SubjectChanged
        try:
            booking.cancel(live, seen.version, now=timezone.now(), actor=PATIENT)
        except booking.AppointmentChanged:
            raise SubjectChanged from None
        session.keep_slot(request, None)
        return redirect("appointment")
    return render(
        request,
        "booking/patient/cancel.jinja",
        {"appointment": live, "place": site_places.get(live.site_id), "referral": referral},
    )


def _reminder_days(start: datetime) -> list[datetime]:
    """Return when reminders of an appointment at `start` are still to come, if booked now."""
    return [due for _, due, _ in timing.reminder_times(start, timezone.now())]


def _latest(referral: Referral) -> Appointment | None:
    live = booking.live_appointment(referral)
    made = referral.appointments.select_related("site__trust", "slot", "referral__trust")
    return live or made.order_by("-changed_at", "-pk").first()
