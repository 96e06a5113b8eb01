"""Hold, keep, let go, book, cancel, undo: each a POST that ends on the patient's screen."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST

from booking.appointments import booking, holds, trust_answers
from booking.appointments import undo as undoing
from booking.clerk import caller
from booking.clerk.desk_views import patient_screen
from booking.clerk.permissions import Action, patient_page
from booking.models import Appointment, Patient, Referral, Staff
from booking.patients.record import NothingToText, text_details
from notifications.wording.dates import say_date


def _back(request: HttpRequest, patient: Patient, referral: Referral | None = None) -> HttpResponse:
    """Send the browser to the patient's screen, with the filters that it had."""
    filters = request.POST.get("filters", "")[:500]
    if referral and "referral=" not in filters:
        filters = f"referral={referral.pk}&{filters}".strip("&")
    return redirect(f"/staff/patient/{patient.pk}/" + (f"?{filters}" if filters else ""))


def _with_referral(view: Callable[..., HttpResponse]) -> Callable[..., Any]:
    """Give the view the patient's own referral that the form names, and turn refusals to pages."""

    @wraps(view)
    def guarded(
        request: HttpRequest, staff: Staff, patient: Patient, **kwargs: Any
    ) -> HttpResponse:
        referral = patient.referrals.select_related("exam", "patient").filter(
            pk=_number(request, "referral")
        )
        found = referral.first()
        if found is None:
            return render(request, "booking/clerk/no_patient.jinja", status=404)
        try:
            return view(request, staff, patient, found, **kwargs)
        except holds.SlotNotSuitable:
            wrong = {"slot": "That time is not for this kind of scan. Choose another"}
            return patient_screen(request, staff, patient, errors=wrong, status=400)
        except (holds.SlotTaken, holds.HoldExpired) as gone:
            status = 410 if isinstance(gone, holds.HoldExpired) else 409
            return patient_screen(request, staff, patient, gone=gone, status=status)
        except booking.AppointmentChanged:
            return patient_screen(request, staff, patient, changed=True, status=409)
        except holds.ReferralEnded as over:
            why = over.referral.get_end_reason_display()
            wrong = {"referrals": f"This request has ended: {why}. A lead can open it again"}
            return patient_screen(request, staff, patient, errors=wrong, status=409)
        except undoing.TooLateToUndo:
            late = {"undo": "It is too late to undo. Change or cancel the appointment instead"}
            return patient_screen(request, staff, patient, errors=late, status=409)

    return guarded


@require_POST
@patient_page(Action.BOOK)
@_with_referral
def hold(request: HttpRequest, staff: Staff, patient: Patient, referral: Referral) -> HttpResponse:
    """Hold a time for the caller, or hold it for another fifteen minutes."""
    caller.hold_for_caller(referral, _number(request, "slot"), staff, now=timezone.now())
    return _back(request, patient, referral)


@require_POST
@patient_page(Action.BOOK)
@_with_referral
def keep(request: HttpRequest, staff: Staff, patient: Patient, referral: Referral) -> HttpResponse:
    """Hold the same time for another fifteen minutes."""
    caller.keep_holding(referral, _number(request, "slot"), staff, now=timezone.now())
    return _back(request, patient, referral)


@require_POST
@patient_page(Action.BOOK)
@_with_referral
def let_go(
    request: HttpRequest, staff: Staff, patient: Patient, referral: Referral
) -> HttpResponse:
    """Free what is held: the caller does not want it, or has hung up."""
    caller.release(referral, staff, now=timezone.now())
    return _back(request, patient, referral)


@require_POST
@patient_page(Action.BOOK)
@_with_referral
def book(request: HttpRequest, staff: Staff, patient: Patient, referral: Referral) -> HttpResponse:
    """Book the held time, or move the appointment to it; a late one only when pressed again."""
    seen = request.POST.get("seen", "")
    reasons = caller.CHANGE_REASONS if seen else caller.BOOK_REASONS
    reason = request.POST.get("reason", "")
    if reason not in reasons:
        wrong = {"reason": "Choose a reason"}
        return patient_screen(request, staff, patient, errors=wrong, status=400)
    late = caller.late_target(referral, _number(request, "slot"))
    if late and request.POST.get("late") != late.isoformat():
        wrong = {
            "late": f"This time is after the target day, {say_date(late)}. Press again to book it"
        }
        return patient_screen(request, staff, patient, errors=wrong, status=409)
    caller.book(
        referral, _number(request, "slot"), staff, seen=seen, reason=reason, now=timezone.now()
    )
    return _back(request, patient, referral)


@require_POST
@patient_page(Action.BOOK)
@_with_referral
def cancel(
    request: HttpRequest, staff: Staff, patient: Patient, referral: Referral
) -> HttpResponse:
    """Cancel the appointment that the page showed.

    Where the reason says that the whole request is over, the next page asks whether to end it:
    the appointment stands until that is pressed.
    """
    reason = request.POST.get("cancel_reason", "")
    if reason not in caller.CANCEL_REASONS:
        wrong = {"cancel_reason": "Choose why it is cancelled"}
        return patient_screen(request, staff, patient, errors=wrong, status=400)
    if reason in caller.ENDS:
        return redirect(
            f"{reverse('referral-end', args=[referral.pk])}?reason={caller.ENDS[reason]}"
        )
    booking.cancel(
        _appointment(request, referral),
        _number(request, "version"),
        now=timezone.now(),
        actor=staff.actor,
        undo_window=undoing.UNDO,
        reason=reason,
    )
    return _back(request, patient, referral)


@require_POST
@patient_page(Action.BOOK)
@_with_referral
def undo(request: HttpRequest, staff: Staff, patient: Patient, referral: Referral) -> HttpResponse:
    """Take back what this clerk did in the last 30 seconds."""
    undoing.undo(
        _appointment(request, referral),
        _number(request, "version"),
        now=timezone.now(),
        actor=staff.actor,
    )
    return _back(request, patient, referral)


@require_POST
@patient_page(Action.BOOK)
@_with_referral
def text_again(
    request: HttpRequest, staff: Staff, patient: Patient, referral: Referral
) -> HttpResponse:
    """Text the details of the appointment again."""
    try:
        text_details(_appointment(request, referral), now=timezone.now(), actor=staff.actor)
    except NothingToText:
        wrong = {"mobile": "There is no mobile number to text. Type one first"}
        return patient_screen(request, staff, patient, errors=wrong, status=400)
    request.session["said"] = "The details are on their way by text."
    return _back(request, patient, referral)


@require_POST
@patient_page(Action.ATTEND)
@_with_referral
def attend(
    request: HttpRequest, staff: Staff, patient: Patient, referral: Referral
) -> HttpResponse:
    """Write down whether the patient came."""
    say = trust_answers.attended if request.POST.get("came") == "yes" else trust_answers.missed
    try:
        say(
            _appointment(request, referral),
            _number(request, "version"),
            now=timezone.now(),
            actor=staff.actor,
        )
    except trust_answers.TooEarly:
        raise booking.AppointmentChanged from None
    return _back(request, patient, referral)


def _appointment(request: HttpRequest, referral: Referral) -> Appointment:
    """Return the referral's own appointment that the form names. Raises AppointmentChanged."""
    named = referral.appointments.select_related("site", "referral__patient", "referral__exam")
    found = named.filter(reference=request.POST.get("appointment", "")).first()
    if found is None:
        raise booking.AppointmentChanged
    return found


def _number(request: HttpRequest, name: str) -> int:
    typed = request.POST.get(name, "")
    return int(typed) if typed.isascii() and typed.isdigit() and len(typed) < 19 else 0
