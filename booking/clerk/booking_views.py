"""Hold, keep, let go, book, cancel, undo: each a form that ends on the patient's screen."""

from typing import Any

from django.http import HttpRequest
from django.utils import timezone

from booking.appointments import booking, trust_answers
from booking.appointments import undo as undoing
from booking.clerk import caller
from booking.clerk.acts import ReferralOver, read_form, referral_act
from booking.clerk.forms.booking import AttendForm, BookForm, CancelForm
from booking.clerk.forms.hidden import AppointmentForm, SlotForm
from booking.clerk.notices import say_done
from booking.clerk.permissions import Action
from booking.models import Appointment, Referral, Staff
from booking.patients.record import text_details


@referral_act(Action.BOOK)
def hold(request: HttpRequest, staff: Staff, referral: Referral) -> None:
    """Hold a time for the caller, or hold it for another fifteen minutes."""
    sent = read_form(SlotForm(request.POST))
    caller.hold_for_caller(referral, sent["slot"], staff, now=timezone.now())


@referral_act(Action.BOOK)
def keep(request: HttpRequest, staff: Staff, referral: Referral) -> None:
    """Hold the same time for another fifteen minutes."""
    sent = read_form(SlotForm(request.POST))
    caller.keep_holding(referral, sent["slot"], staff, now=timezone.now())


@referral_act(Action.BOOK)
def let_go(request: HttpRequest, staff: Staff, referral: Referral) -> None:
    """Free what is held: the caller does not want it, or has hung up."""
    caller.release(referral, staff, now=timezone.now())


@referral_act(Action.BOOK)
def book(request: HttpRequest, staff: Staff, referral: Referral) -> None:
    """Book the held time, or move the appointment to it; a late one only when pressed again."""
    sent = read_form(BookForm(request.POST))
    caller.require_late_is_known(referral, sent["slot"], known=sent["late"])
    caller.book(
        referral,
        sent["slot"],
        staff,
        seen=sent["seen"],
        reason=sent["reason"],
        now=timezone.now(),
    )


@referral_act(Action.BOOK)
def cancel(request: HttpRequest, staff: Staff, referral: Referral) -> None:
    """Cancel the appointment that the page showed.

    Where the reason says that the whole request is over, the next page asks whether to end it:
    the appointment stands until that is pressed.
    """
    sent = read_form(CancelForm(request.POST))
    reason = sent["cancel_reason"]
    if reason in caller.ENDS:
        raise ReferralOver(referral, caller.ENDS[reason])
    booking.cancel(
        _find_appointment(referral, sent),
        sent["version"],
        now=timezone.now(),
        actor=staff.actor,
        undo_window=undoing.UNDO,
        reason=reason,
    )


@referral_act(Action.BOOK)
def undo(request: HttpRequest, staff: Staff, referral: Referral) -> None:
    """Take back what this clerk did in the last 30 seconds."""
    sent = read_form(AppointmentForm(request.POST))
    appointment = _find_appointment(referral, sent)
    undoing.undo(appointment, sent["version"], now=timezone.now(), actor=staff.actor)


@referral_act(Action.BOOK)
def text_again(request: HttpRequest, staff: Staff, referral: Referral) -> None:
    """Text the details of the appointment again."""
    sent = read_form(AppointmentForm(request.POST))
    appointment = _find_appointment(referral, sent)
    text_details(appointment, now=timezone.now(), actor=staff.actor)
    say_done(request, "The details are on their way by text.")


@referral_act(Action.ATTEND)
def attend(request: HttpRequest, staff: Staff, referral: Referral) -> None:
    """Write down whether the patient came."""
    sent = read_form(AttendForm(request.POST))
    appointment = _find_appointment(referral, sent)
    note = trust_answers.attended if sent["came"] == "yes" else trust_answers.missed
    try:
        note(appointment, sent["version"], now=timezone.now(), actor=staff.actor)
    except trust_answers.TooEarly:
        raise booking.AppointmentChanged from None


def _find_appointment(referral: Referral, sent: dict[str, Any]) -> Appointment:
    """Return the referral's own appointment that the form names. Raises AppointmentChanged."""
    own = referral.appointments.select_related("site", "referral__patient", "referral__exam")
    appointment = own.filter(reference=sent["appointment"]).first()
    if appointment is None:
        raise booking.AppointmentChanged
    return appointment
