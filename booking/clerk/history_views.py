"""What happened with a patient, and who has looked at them: read only when somebody asks."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_safe

from booking.clerk.permissions import Action, may, patient_page
from booking.clerk.screen.history import history_of_patient
from booking.clerk.screen.lookers import lookers
from booking.models import Patient, Staff


@require_safe
@patient_page(Action.FIND)
def history(request: HttpRequest, staff: Staff, patient: Patient) -> HttpResponse:
    """Show who did what when; the lines alone to the patient's screen, which asks for them."""
    shown = history_of_patient(request, staff, patient, timezone.now())
    is_part = bool(request.headers.get("HX-Request"))
    template = "_history" if is_part else "history"
    page = reverse("patient-history", args=[patient.pk])
    words = {"staff": staff, "patient": patient, "history": shown, "more_at": page}
    return render(request, f"booking/clerk/{template}.jinja", words)


@require_safe
@patient_page(Action.AUDIT)
def looked(request: HttpRequest, staff: Staff, patient: Patient) -> HttpResponse:
    """Show who has looked at a patient: when, from which trust, and with what reason."""
    words = {"staff": staff, "patient": patient, "page": lookers(patient, request.GET)}
    words["may_see"] = may(staff, Action.FIND)
    return render(request, "booking/clerk/looked.jinja", words)
