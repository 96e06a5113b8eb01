"""The call: who is on the phone, its end, and calls of ours that reached nobody."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone

from booking.clerk.acts import FormInvalid, must_be_about, page_changed, patient_act, read_form
from booking.clerk.call_words import say_done_in
from booking.clerk.forms.call import CALL_BACK, CallForm, CallSeenForm, UnansweredForm
from booking.clerk.notices import say_done
from booking.clerk.permissions import Action, patient_page
from booking.clerk.screen.call import forget_given
from booking.models import Patient, Staff
from booking.pages.posted import form_only
from booking.pages.subject import SubjectChanged, read_subject
from booking.patients import calls
from booking.worklists import attempts
from times.london import say_date, say_time


@patient_act(Action.BOOK, lands_at="#call")
def call(request: HttpRequest, staff: Staff, patient: Patient) -> None:
    """Write down who calls, and what they gave to be sure who it is."""
    now = timezone.now()
    form = CallForm(request.POST, patient=patient, contacts=list(patient.contacts.all()), now=now)
    sent = read_form(form)
    try:
        calls.check(patient, staff, form.who, sent["checked"], seen=sent["call_seen"], now=now)
    except calls.CallerInvalid as wrong:
        raise FormInvalid({wrong.field: str(wrong)}) from None
    except calls.CallChanged:
        raise SubjectChanged from None


@patient_page(Action.BOOK)
@form_only("patient", "patient_id")
def call_end(request: HttpRequest, staff: Staff, patient: Patient) -> HttpResponse:
    """End the call and go to the desk, for the next caller; it says what was done."""
    try:
        must_be_about(read_subject(request.POST), patient)
        form = CallSeenForm(request.POST)
        seen = form.cleaned_data["call_seen"] if form.is_valid() else ""
        ended = calls.end(patient, staff, seen=seen, now=timezone.now())
    except SubjectChanged as changed:
        return page_changed(request, staff, reverse("patient", args=[patient.pk]), changed)
    except calls.CallChanged:
        page = reverse("patient", args=[patient.pk])
        return page_changed(request, staff, page, SubjectChanged())
    forget_given(request.session)
    say_done(request, say_done_in(calls.acts_in(ended)))
    return redirect("desk")


@patient_act(Action.BOOK, lands_at="#call")
def call_tried(request: HttpRequest, staff: Staff, patient: Patient) -> None:
    """Write down that a call of ours reached nobody, or when they ask us to call again."""
    form, now = UnansweredForm(request.POST), timezone.now()
    sent = read_form(form)
    try:
        if sent["tried"] != CALL_BACK:
            calls.note_unanswered(patient, staff, sent["tried"], seen=sent["rows_seen"], now=now)
            say_done(request, "The call is written down.")
            return
        referral = patient.referrals.filter(pk=read_subject(request.POST).referral).first()
        calls.call_back(
            patient, referral, staff, form.call_back_at, seen=sent["rows_seen"], now=now
        )
    except calls.CallChanged:
        raise SubjectChanged from None
    except calls.NothingToCallAbout:
        words = "No request is open, so nobody would phone. Write a note instead"
        raise FormInvalid({"call_day": words}) from None
    except attempts.CallTooLate as late:
        by = f"{say_time(late.last)} on {say_date(late.last)}"
        words = f"The time must be later than now, and by {by}"
        raise FormInvalid({"call_day": words}) from None
    say_done(
        request, f"Phone them at {say_time(form.call_back_at)} on {say_date(form.call_back_at)}."
    )
