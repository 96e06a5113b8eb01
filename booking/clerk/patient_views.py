"""What a clerk changes about the patient: number, needs, notes."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.views.decorators.http import require_POST

from booking.clerk.desk_views import patient_screen
from booking.clerk.permissions import Action, patient_page
from booking.models import Patient, Staff
from booking.patients import record


@require_POST
@patient_page(Action.BOOK)
def mobile(request: HttpRequest, staff: Staff, patient: Patient) -> HttpResponse:
    """Correct the mobile number."""
    typed = request.POST.get("mobile", "")[:40]
    try:
        record.correct_mobile(patient, typed, now=timezone.now(), actor=staff.actor)
    except record.NotAMobile as error:
        wrong = {"mobile": str(error)}
        return patient_screen(request, staff, patient, errors=wrong, status=400)
    request.session["said"] = "The mobile number is saved."
    return redirect("patient", patient.pk)


@require_POST
@patient_page(Action.BOOK)
def needs(request: HttpRequest, staff: Staff, patient: Patient) -> HttpResponse:
    """Write down what the patient needs."""
    record.set_needs(patient, request.POST.getlist("needs"), now=timezone.now(), actor=staff.actor)
    request.session["said"] = "The needs are saved."
    return redirect("patient", patient.pk)


@require_POST
@patient_page(Action.BOOK)
def note(request: HttpRequest, staff: Staff, patient: Patient) -> HttpResponse:
    """Add a note for the next clerk."""
    if not request.POST.get("note", "").strip():
        wrong = {"note": "Type the note"}
        return patient_screen(request, staff, patient, errors=wrong, status=400)
    record.add_note(patient, request.POST["note"], staff, now=timezone.now())
    request.session["said"] = "The note is saved."
    return redirect("patient", patient.pk)
