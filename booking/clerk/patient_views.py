"""The patient's screen, and what a clerk changes there: number, needs, notes, where from."""

from dataclasses import replace

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from booking.clerk.acts import patient_act, read_form
from booking.clerk.forms.patient import MobileForm, NeedsForm, NoteForm, OriginForm
from booking.clerk.notices import say_done
from booking.clerk.permissions import Action, patient_page
from booking.clerk.screen.screen import show_screen
from booking.models import Patient, Staff
from booking.patients import record
from booking.search.origin import keep_origin


@require_safe
@patient_page(Action.FIND)
def patient(request: HttpRequest, staff: Staff, patient: Patient) -> HttpResponse:
    """Show all that a clerk needs for one caller."""
    screen = show_screen(request, staff, patient, timezone.now())
    return render(
        request,
        "booking/clerk/patient.jinja",
        {
            "staff": staff,
            "patient": patient,
            "screen": screen,
            "problems": screen.problems,
        },
    )


@patient_act(Action.FIND, lands_at="#times")
def travel_from(request: HttpRequest, staff: Staff, patient: Patient) -> None:
    """Remember where the caller travels from, and how."""
    sent = read_form(OriginForm(request.POST))
    keep_origin(request.session, replace(sent["place"], way=sent["way"]), patient.pk)


@patient_act(Action.BOOK)
def mobile(request: HttpRequest, staff: Staff, patient: Patient) -> None:
    """Correct the mobile number."""
    sent = read_form(MobileForm(request.POST))
    record.correct_mobile(patient, sent["mobile"], now=timezone.now(), actor=staff.actor)
    say_done(request, "The mobile number is saved.")


@patient_act(Action.BOOK)
def needs(request: HttpRequest, staff: Staff, patient: Patient) -> None:
    """Write down what the patient needs."""
    sent = read_form(NeedsForm(request.POST))
    record.set_needs(patient, sent["needs"], now=timezone.now(), actor=staff.actor)
    say_done(request, "The needs are saved.")


@patient_act(Action.BOOK)
def note(request: HttpRequest, staff: Staff, patient: Patient) -> None:
    """Add a note for the next clerk."""
    sent = read_form(NoteForm(request.POST))
    record.add_note(patient, sent["note"], staff, now=timezone.now())
    say_done(request, "The note is saved.")
