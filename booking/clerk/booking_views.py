"""Hold, keep, let go, book, cancel, undo: each a form that ends on the patient's screen."""

from django.http import HttpRequest
from django.utils import timezone

from booking.appointments import booking, trust_answers
from booking.appointments import undo as undoing
from booking.appointments.choosing import earliest_for
from booking.clerk import caller
from booking.clerk.acts import FormInvalid, ReferralOver, appointment_act, read_form, referral_act
from booking.clerk.forms.booking import AttendForm, BookForm, CancelForm
from booking.clerk.forms.hidden import SlotForm
from booking.clerk.notices import say_done
from booking.clerk.permissions import Action
from booking.clerk.screen.origin import origin_of
from booking.clerk.script import say_news, say_undone
from booking.messages.outlook import outlook_of
from booking.models import Appointment, Referral, Staff
from booking.pages.subject import read_subject
from booking.patients import calls
from booking.patients.record import text_details
from booking.search.origin import way_of


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


def _is_booked(request: HttpRequest, referral: Referral) -> bool:
    live, form = booking.live_appointment(referral), SlotForm(request.POST)
    return live is not None and form.is_valid() and form.cleaned_data["slot"] == live.slot_id


@referral_act(Action.BOOK, is_done=_is_booked)
def book(request: HttpRequest, staff: Staff, referral: Referral) -> None:
    """Book the held time, or move the appointment to it; one with warnings when pressed again."""
    now, live = timezone.now(), booking.live_appointment(referral)
    is_change = live is not None and live.start > now
    sent = read_form(BookForm(request.POST, is_change=is_change))
    origin = origin_of(request.session, referral.patient)
    press = caller.Press(
        read_subject(request.POST),
        sent["known"],
        sent["reason"],
        earliest_for(referral, sent["slot"], origin, now=now),
        way_of(origin),
        calls.warnings_for(calls.call_of(calls.open_calls(referral.patient, now), staff)),
    )
    caller.book(referral, sent["slot"], staff, press, now=now)


@appointment_act(Action.BOOK)
def cancel(request: HttpRequest, staff: Staff, appointment: Appointment) -> None:
    """Cancel the appointment that the page showed.

    Where the reason says that the whole request is over, the next page asks whether to end it:
    the appointment stands until that is pressed.
    """
    reason = read_form(CancelForm(request.POST))["cancel_reason"]
    if reason in caller.ENDS:
        raise ReferralOver(appointment.referral, caller.ENDS[reason])
    booking.cancel(
        appointment,
        appointment.version,
        now=timezone.now(),
        actor=staff.actor,
        undo_window=undoing.UNDO,
        reason=reason,
    )


@appointment_act(Action.BOOK)
def undo(request: HttpRequest, staff: Staff, appointment: Appointment) -> None:
    """Take back what this clerk did in the last 30 seconds."""
    now = timezone.now()
    stands = undoing.undo(appointment, appointment.version, now=now, actor=staff.actor)
    say_done(request, say_undone(stands))


@appointment_act(Action.BOOK)
def text_again(request: HttpRequest, staff: Staff, appointment: Appointment) -> None:
    """Text the details of the appointment again."""
    now = timezone.now()
    text_details(appointment, now=now, actor=staff.actor)
    say_done(request, say_news(outlook_of(appointment, now)))


@appointment_act(Action.ATTEND)
def attend(request: HttpRequest, staff: Staff, appointment: Appointment) -> None:
    """Write down whether the patient came."""
    sent = read_form(AttendForm(request.POST))
    note = trust_answers.attended if sent["came"] == "yes" else trust_answers.missed
    try:
        note(appointment, appointment.version, now=timezone.now(), actor=staff.actor)
    except trust_answers.TooEarly:
        raise FormInvalid(
            {"appointments": f"{trust_answers.NOT_BEGUN}. Nothing of yours was done"}
        ) from None
    words = "attended" if sent["came"] == "yes" else "did not attend"
    say_done(request, f"It is written down: {words}.", next_act="to_do")
