"""Whether the place suits where a mobile scanner stands now: two buttons on the appointment."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone

from booking.appointments import booking
from booking.identifiers.actors import PATIENT
from booking.models import Referral
from booking.offers.stop_moved import answering
from booking.pages.posted import form_only
from booking.pages.subject import SubjectChanged
from booking.patient import session
from booking.patient.forms import StopForm


def _is_let_go(request: HttpRequest, referral: Referral) -> bool:
    """Whether the first of two presses let the time go."""
    return StopForm.said_in(request.POST) == StopForm.NO and not booking.live_appointment(referral)


@form_only("appointment")
@session.done_already(_is_let_go)
@session.signed_in
def answer(request: HttpRequest, referral: Referral) -> HttpResponse:
    """Keep the time at the other place, or let it go; the appointment then says what is so."""
    live, said = booking.live_appointment(referral), StopForm.said_in(request.POST)
    question = answering.open_question(live) if live else None
    act = {StopForm.YES: answering.keep, StopForm.NO: answering.decline}.get(said)
    if question and act and question.appointment.start > timezone.now():
        try:
            act(question, now=timezone.now(), actor=PATIENT)
        except (answering.StopAnswered, booking.AppointmentChanged):
            raise SubjectChanged from None
    return redirect("appointment")
