"""The patient's screen, and what a clerk changes there: number, needs, notes, where from."""

from dataclasses import replace

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_safe

from booking.clerk.acts import FormInvalid, must_be_about, page_changed, patient_act, read_form
from booking.clerk.forms.patient import (
    MobileForm,
    NearForm,
    NeedsForm,
    NoteForm,
    OriginForm,
    OtherPhoneForm,
)
from booking.clerk.forms.times import NeedsFilterForm, TimesForm, narrowing_of
from booking.clerk.notices import say_done
from booking.clerk.permissions import Action, patient_page
from booking.clerk.screen.screen import show_screen
from booking.models import Patient, Staff
from booking.pages.posted import form_only
from booking.pages.subject import SubjectChanged, read_subject
from booking.patients import reach, record
from booking.patients.needs import change_needs
from booking.search.needs_there import keep_needs_there
from booking.search.origin import keep_origin, name_place, recall


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


@patient_act(Action.FIND, lands_at="#found")
def travel_from(request: HttpRequest, staff: Staff, patient: Patient) -> None:
    """Remember where the caller travels from, and how: typed, or a place of before by one press."""
    near = read_form(NearForm(request.POST))["near"]
    if near:
        origin = recall(request.session, patient, near)
        if origin is None:
            raise FormInvalid({"place": f"We do not know where {near} is. Type another place"})
    else:
        sent = read_form(OriginForm(request.POST))
        origin = replace(sent["place"], way=sent["way"])
        name_place(request.session, origin, patient.pk)
    keep_origin(request.session, origin, patient.pk)


@patient_page(Action.FIND)
@form_only("patient", "patient_id")
def look_for(request: HttpRequest, staff: Staff, patient: Patient) -> HttpResponse:
    """Show times that suit: the needs are kept in the session, the rest goes into the address."""
    page = reverse("patient", args=[patient.pk])
    try:
        must_be_about(read_subject(request.POST), patient)
    except SubjectChanged as changed:
        return page_changed(request, staff, page, changed)
    ticked = NeedsFilterForm(request.POST).ticked
    keep_needs_there(request.session, ticked, patient, of_clerk=True)
    query = narrowing_of(request.POST)
    # With nothing to put right the keyboard goes on at the first time, past the boxes.
    part = "times" if TimesForm(query).errors else "found"
    return redirect(f"{page}?{query.urlencode()}#{part}")


@patient_act(Action.BOOK)
def mobile(request: HttpRequest, staff: Staff, patient: Patient) -> None:
    """Correct the mobile number."""
    sent = read_form(MobileForm(request.POST))
    record.correct_mobile(patient, sent["mobile"], now=timezone.now(), actor=staff.actor)
    say_done(request, "The mobile number is saved.")


@patient_act(Action.BOOK)
def add_phone(request: HttpRequest, staff: Staff, patient: Patient) -> None:
    """Add a phone that is only rung, such as a landline."""
    sent = read_form(OtherPhoneForm(request.POST))
    try:
        reach.add_phone(patient, sent["other_phone"], now=timezone.now(), actor=staff.actor)
    except reach.PhoneRefused as refused:
        raise FormInvalid({"other_phone": str(refused)}) from None
    say_done(request, "The phone is added.")


@patient_act(Action.BOOK)
def needs(request: HttpRequest, staff: Staff, patient: Patient) -> None:
    """Write down what the patient needs."""
    sent = read_form(NeedsForm(request.POST))
    change_needs(patient, sent["needs"], shown=sent["shown"], now=timezone.now(), actor=staff.actor)
    keep_needs_there(request.session, None, patient, of_clerk=True)
    say_done(request, "The needs are saved.")


@patient_act(Action.BOOK)
def note(request: HttpRequest, staff: Staff, patient: Patient) -> None:
    """Add a note for the next clerk."""
    sent = read_form(NoteForm(request.POST))
    record.add_note(patient, sent["note"], staff, now=timezone.now())
    say_done(request, "The note is saved.")
