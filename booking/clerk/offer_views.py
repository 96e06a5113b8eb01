"""What a caller says to a time that is kept for them: each a form of the patient's screen."""

from django.http import Http404, HttpRequest
from django.utils import timezone

from booking.appointments import booking
from booking.appointments import undo as undoing
from booking.clerk.acts import appointment_act, read_form, referral_act
from booking.clerk.forms.hidden import OfferPressForm, PressForm
from booking.clerk.notices import say_done
from booking.clerk.permissions import Action
from booking.models import Appointment, Offer, Referral, Staff
from booking.offers import answering, showing
from booking.offers.stop_moved import answering as stop_answers

YES, NO = "yes", "no"
WAITS = (
    "They said yes. Somebody who was asked before may take the time; the text that says who"
    " has it goes by the deadline."
)

STOP_SAID = {
    True: "The other place suits: the time stays as it is.",
    False: "The other place does not suit: the time is let go. Find another time now.",
}


def _offer_of(request: HttpRequest, referral: Referral) -> Offer:
    offer = showing.find(referral, read_form(OfferPressForm(request.POST))["offer"])
    if offer is None:
        raise Http404
    return offer


def _is_done(request: HttpRequest, referral: Referral) -> bool:
    """Return whether the first of two presses booked what is offered."""
    offer, live = _offer_of(request, referral), booking.live_appointment(referral)
    is_taken = offer.state == Offer.State.ACCEPTED and live is not None
    return is_taken and live is not None and live.slot_id == offer.slot_id


@referral_act(Action.BOOK, is_done=_is_done)
def answer(request: HttpRequest, staff: Staff, referral: Referral) -> None:
    """Book the offered time, or let it go, as the caller says."""
    offer, now = _offer_of(request, referral), timezone.now()
    pressed = read_form(OfferPressForm(request.POST))["do"]
    if pressed == YES:
        booked = answering.accept(offer, now=now, actor=staff.actor, undo_window=undoing.UNDO)
        if booked is None:
            say_done(request, WAITS)
    elif pressed == NO:
        answering.decline(offer, now=now, actor=staff.actor)
        say_done(request, "They do not want it: the time is let go.")


@appointment_act(Action.BOOK)
def stop_answer(request: HttpRequest, staff: Staff, appointment: Appointment) -> None:
    """Keep the time at the place where the mobile scanner stands now, or let it go."""
    question, now = stop_answers.open_question(appointment), timezone.now()
    act = {YES: stop_answers.keep, NO: stop_answers.decline}.get(PressForm(request.POST).pressed)
    if act is None or question is None:
        return  # the first of two presses answered it, and the screen says how it stands
    try:
        act(question, now=now, actor=staff.actor)
    except stop_answers.StopAnswered:
        raise booking.AppointmentChanged from None
    say_done(request, STOP_SAID[act is stop_answers.keep])
