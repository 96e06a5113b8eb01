"""Check, confirm, see, put in a calendar, change, cancel."""

from datetime import datetime

from django.conf import settings
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.views.decorators.http import require_http_methods, require_safe

from booking.appointments import booking, calendar_file, holds, trust_answers
from booking.appointments.choices import visits_of
from booking.appointments.clashes import TimesOverlap, must_not_overlap
from booking.appointments.time_state import state_of_former
from booking.appointments.warnings import (
    WarningsNotKnown,
    are_known,
    require_known,
    tokens,
    warnings_of,
)
from booking.appointments.why_off import REFUSED, why_off
from booking.changes.patient_lock import lock_patient_of
from booking.exams.preparation import instructions
from booking.identifiers.actors import PATIENT
from booking.identifiers.codes import format_code
from booking.messages.outlook import are_texts_held, outlook_of, why_no_text
from booking.models import Appointment, Referral
from booking.offers.showing import answerable_offers
from booking.offers.sooner import wishes
from booking.offers.stop_moved.answering import open_question
from booking.pages.posted import form_only
from booking.pages.scanners import van_of
from booking.pages.subject import SubjectChanged, lock_subject, read_subject
from booking.patient import session
from booking.patient.answering import name_of
from booking.patient.answers_said import answers_said, number_to_ring
from booking.patient.choose_views import not_suitable, time_gone, times_overlap
from booking.patient.forms import ConfirmForm, KnownForm, SlotForm
from booking.patient.off_words import say_off
from booking.patient.question_gate import questions_first
from booking.search.origin import kept_origin, way_of
from booking.search.places import journey_to
from notifications import timing
from sites import places as site_places


@require_safe
@session.signed_in
@questions_first
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
        must_not_overlap(referral, slot, visits_of(referral, slot, now=now))
    except holds.SlotNotSuitable as refusal:
        session.keep_slot(request, None)
        return not_suitable(request, refusal)
    except holds.ReferralEnded as over:
        return session.ended_page(request, over.referral)
    except (holds.SlotTaken, holds.HoldExpired) as gone:
        return time_gone(request, gone)
    except TimesOverlap as overlap:
        return times_overlap(request, overlap)
    visits = visits_of(referral, slot, now=now)
    origin = kept_origin(request.session)
    warnings = warnings_of(referral, slot, now=now, way=way_of(origin))
    is_asked_again = bool(warnings) and are_known(warnings, KnownForm(request.GET).said)
    carried = {"slot": slot.pk, "known": tokens(warnings) if is_asked_again else ""}
    return render(
        request,
        "booking/patient/check.jinja",
        {
            "referral": referral,
            "slot": slot,
            "visits": visits,
            "how": instructions(referral.exam, visits),
            "is_longest": holds.reached_limit(slot, referral),
            "warnings": warnings,
            "is_asked_again": is_asked_again,
            "form": ConfirmForm(initial=carried),
            "place": site_places.get(slot.site_id),
            "van": van_of(slot),
            "origin": origin,
            "journey": journey_to(slot.site_id, origin),
            "changes": live if live and live.start > now else None,
            "passed": live if live and live.start <= now else None,
            "trust_confirms": trust_answers.confirms(slot.trust_id),
            "why_no_text": why_no_text(referral.patient),
            "texts_held": are_texts_held(),
            "reminders": _reminder_days(slot.start),
            "filters": session.filters(request),
        },
    )


def _is_booked(request: HttpRequest, referral: Referral) -> bool:
    live, form = booking.live_appointment(referral), SlotForm(request.POST)
    return live is not None and form.is_valid() and form.cleaned_data["slot"] == live.slot_id


def _is_cancelled(_request: HttpRequest, referral: Referral) -> bool:
    return booking.live_appointment(referral) is None


@form_only("check")
@session.done_already(_is_booked)
@session.signed_in
@questions_first
def confirm(request: HttpRequest, referral: Referral) -> HttpResponse:
    """Book the held time. A second press, or Back and again, finds the same appointment.

    A time with warnings is booked only when they are pressed once more.
    """
    form, held = ConfirmForm(request.POST), session.slot_id(request)
    if held is None or not form.is_valid() or form.cleaned_data["slot"] != held:
        # An old page in another tab: what it shows is not what is held now.
        return redirect("check" if held else "appointment")
    now, known = timezone.now(), form.cleaned_data["known"]
    way = way_of(kept_origin(request.session))
    try:
        with transaction.atomic():
            lock_patient_of(referral)
            lock_subject(read_subject(request.POST), referral, held)
            require_known(referral, held, known, now=now, way=way)
            booking.book(referral, held, now=now, actor=PATIENT)
    except WarningsNotKnown as unsaid:
        return redirect(f"{reverse('check')}?{urlencode({'known': tokens(unsaid.warnings)})}")
    except TimesOverlap as overlap:
        return times_overlap(request, overlap)
    except holds.ReferralEnded as over:
        return session.ended_page(request, over.referral)
    except holds.SlotNotSuitable as refusal:
        return not_suitable(request, refusal)
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
    is_to_come = latest.is_live and latest.start > now
    return render(
        request,
        "booking/patient/appointment.jinja",
        {
            "referral": referral,
            "appointment": latest,
            "how": instructions(referral.exam, latest.visits()),
            "reference": format_code(latest.reference),
            "place": site_places.get(latest.site_id),
            "van": van_of(latest.slot),
            "origin": kept_origin(request.session),
            "journey": journey_to(latest.site_id, kept_origin(request.session)),
            "past": latest.is_live and latest.start <= now,
            "is_refused": off is not None and off.why == REFUSED,
            "off_words": say_off(off, latest) if off else "",
            "time_state": state_of_former(latest, now=now) if off else "",
            "outlook": outlook_of(latest, now),
            "answers": answers_said(referral, now=now) if is_to_come else None,
            "number": number_to_ring(referral),
            "name": name_of(request, referral),
            "may_come_sooner": is_to_come and wishes.why_not_on(referral, now=now) is None,
            "is_on_sooner_list": referral.pk in wishes.on_the_list([referral.pk]),
            "filters": session.filters(request),
            "stop": open_question(latest) if is_to_come else None,
            "offered": next((one.offer for one in answerable_offers(referral, now=now)), None),
        },
    )


@require_safe
@session.signed_in_even_if_ended
def calendar(request: HttpRequest, referral: Referral) -> HttpResponse:
    """Send an .ics file that puts the appointment into a calendar or, once it is off, takes it out.

    Of a request that has ended, too: its appointment still stands in the patient's calendar.
    """
    latest = _latest(referral)
    if latest is None or not calendar_file.has_file(latest):
        return redirect("appointment")
    entry = calendar_file.entry(
        latest,
        site_places.get(latest.site_id),
        link=f"{settings.PUBLIC_BASE_URL}{reverse('start')}",
        now=timezone.now(),
    )
    method = calendar_file.method_of(latest)
    name = "scan-appointment" if latest.is_live else "scan-appointment-cancelled"
    return HttpResponse(
        entry,
        content_type=f"text/calendar; charset=utf-8; method={method}",
        headers={
            "Content-Disposition": f'attachment; filename="{name}.ics"',
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
