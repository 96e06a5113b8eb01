"""Both of two scans on one day at one place: found together, held together, booked one by one."""

from dataclasses import replace

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_safe

from booking.appointments import booking
from booking.clerk import caller
from booking.clerk.acts import page_changed
from booking.clerk.forms.both import BothForm, PairForm
from booking.clerk.forms.times import TimesForm
from booking.clerk.notices import say_done, say_refused
from booking.clerk.permissions import Action, patient_page
from booking.clerk.screen.origin import origin_of
from booking.exams.needed import needed_of
from booking.models import Patient, Referral, Staff
from booking.pages.posted import form_only
from booking.pages.subject import (
    FIELD,
    Subject,
    SubjectChanged,
    read_subject,
    subject_now,
    subject_of,
    subject_token,
)
from booking.search.both import both
from booking.search.criteria import SearchCriteria
from booking.search.needs_there import needs_there, search_of

PLACES = 10
HELD = "Both times are held. Book this one, then the other."
TAKEN = "One of the two times has just been taken. Neither is held. Choose again"


@require_safe
@patient_page(Action.BOOK)
def find(request: HttpRequest, staff: Staff, patient: Patient) -> HttpResponse:
    """Show the nearest places where both scans can be had on one day."""
    now, form = timezone.now(), BothForm(request.GET)
    two = _two(patient, form)
    if two is None:
        return redirect("patient", patient.pk)
    origin = origin_of(request.session, patient)
    needs = needs_there(request.session, patient, of_clerk=True).ticked
    one, other = two

    def wanted(referral: Referral) -> SearchCriteria:
        needed = needed_of(referral, now=now)
        asked = TimesForm(search_of(request.GET), exam=referral.exam, needed=needed)
        return replace(asked.wanted, needs=needs)

    found = both(origin, wanted(one), wanted(other), now=now, limit=PLACES) if origin else []
    words = {
        "staff": staff, "patient": patient, "one": one, "other": other, "origin": origin,
        "found": found, "now": now,
        "about": subject_token(subject_of(one, None)),
        "about_other": subject_token(subject_of(other, None)),
    }  # fmt: skip
    return render(request, "booking/clerk/both.jinja", words)


@patient_page(Action.BOOK)
@form_only("patient", "patient_id")
def hold(request: HttpRequest, staff: Staff, patient: Patient) -> HttpResponse:
    """Hold a time for each of the two, or neither; nothing if either was booked meanwhile."""
    now, form = timezone.now(), PairForm(request.POST)
    screen = reverse("patient", args=[patient.pk])
    try:
        one, other = (
            _shown(patient, read_subject(request.POST)),
            _shown(patient, read_subject({FIELD: form.data.get("about_other", "")})),
        )
    except SubjectChanged as changed:
        return page_changed(request, staff, screen, changed)
    page = f"{reverse('patient-both', args=[patient.pk])}?referral={one.pk}&other={other.pk}"
    if not form.is_valid():
        return redirect(page)
    first, second = form.slots
    try:
        caller.hold_both((one, first), (other, second), staff, now=now)
    except caller.NotBothHeld:
        say_refused(request, {"found": TAKEN})
        return redirect(page)
    say_done(request, HELD)
    return redirect(f"{screen}?referral={one.pk}")


def _two(patient: Patient, form: BothForm) -> tuple[Referral, Referral] | None:
    """Return the two requests that an address names, if both are still to be booked."""
    if not form.is_valid():
        return None
    keys = [form.cleaned_data["referral"], form.cleaned_data["other"]]
    found = {one.pk: one for one in _to_book(patient)}
    if keys[0] == keys[1] or not all(key in found for key in keys):
        return None
    return found[keys[0]], found[keys[1]]


def _to_book(patient: Patient) -> list[Referral]:
    ones = Referral.objects.filter(patient=patient, ended_at=None).select_related("exam", "patient")
    return [one for one in ones if booking.live_appointment(one) is None]


def _shown(patient: Patient, seen: Subject) -> Referral:
    """Return the request that a form is about, as it was shown. Raises SubjectChanged."""
    ones = Referral.objects.filter(patient=patient, pk=seen.referral)
    referral = ones.select_related("exam", "patient").first()
    if referral is None:
        raise SubjectChanged
    seen.must_be(subject_now(referral))
    return referral
