"""Lets nobody on to places and times before the questions about their scan are answered."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone

from booking.exams.questions.outcomes import (
    BookingNotAllowed,
    MustPhone,
    TooSoonToCheck,
    must_allow_booking,
)
from booking.identifiers.actors import PATIENT
from booking.models import Referral
from booking.patient import session
from booking.patient.answering import name_of
from booking.patient.forms import SlotForm

View = Callable[..., HttpResponse]


def questions_first(view: View) -> View:
    """Make a view, inside session.signed_in, that opens once the questions are answered.

    Who has some open is asked them, and then comes back: to the time that a form was about, if it
    was about one. Whom a person must phone first is told so. What follows from the answers is the
    request's `outcome`, for the page to say.
    """

    @wraps(view)
    def asked(request: HttpRequest, referral: Referral, *args: Any, **kwargs: Any) -> HttpResponse:
        try:
            result = must_allow_booking(referral, now=timezone.now(), actor=PATIENT)
            request.outcome = result  # type: ignore[attr-defined]
            request.answering_for = name_of(request, referral)  # type: ignore[attr-defined]
            return view(request, referral, *args, **kwargs)
        except BookingNotAllowed as refusal:
            form = SlotForm(request.POST)
            return first_to(
                refusal, request, form.cleaned_data["slot"] if form.is_valid() else None
            )

    return asked


def first_to(refusal: BookingNotAllowed, request: HttpRequest, slot_id: int | None) -> HttpResponse:
    """Lead to what must come before a booking; the time that was wanted is remembered.

    A time that leaves a person no day to check the answers is refused by itself.
    """
    if isinstance(refusal, TooSoonToCheck):
        words = {"filters": session.filters(request)}
        return render(request, "booking/patient/too_soon_to_check.jinja", words, status=409)
    if slot_id is not None:
        session.want_slot(request, slot_id)
    request.session["on_to_places"] = True
    return redirect("questions-next" if isinstance(refusal, MustPhone) else "questions")
