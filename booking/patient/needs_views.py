"""What the patient needs on the day: one page, from wherever it is shown, and back to there."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from booking.appointments.booking import live_appointment
from booking.identifiers.actors import PATIENT
from booking.models import Referral
from booking.pages.forms import form_page
from booking.patient import idle, session
from booking.patient.forms import NeedsForm
from booking.patients.needs import change_needs
from booking.search.needs_there import keep_needs_there

BACK = ("referral", "appointment", "check", "places")
"""Pages that lead here, by their address's name."""


@require_http_methods(["GET", "HEAD", "POST"])
@session.signed_in
def needs(request: HttpRequest, referral: Referral) -> HttpResponse:
    """Ask what the patient needs, and write it down."""
    patient = referral.patient
    back = _back(request, referral)
    form = NeedsForm(
        idle.sent_or_kept(request),
        initial={"needs": patient.needs, "shown": ",".join(patient.needs)},
    )
    if request.method == "POST" and form.is_valid():
        change_needs(
            patient,
            form.cleaned_data["needs"],
            shown=form.cleaned_data["shown"],
            now=timezone.now(),
            actor=PATIENT,
        )
        keep_needs_there(request.session, None, patient)
        return redirect(back)
    return form_page(request, "booking/patient/needs.jinja", form, {"back": back})


def _back(request: HttpRequest, referral: Referral) -> str:
    """Return the page that the patient came from: the address says which, never about whom."""
    name = request.GET.get("back", "")
    if name not in BACK:
        name = "appointment" if live_appointment(referral) else "referral"
    filters = session.filters(request) if name == "places" else ""
    return f"{reverse(name)}{filters}"
