"""From a code and a date of birth to one's own referral."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from booking.appointments.booking import live_appointment
from booking.appointments.holds import release
from booking.identifiers.codes import format_code, normalise_code
from booking.models import Referral
from booking.patient import session, slot_views
from booking.patient.forms import FieldError, read_date_of_birth
from booking.patients.code_sign_in import CodeLocked, NotRecognised, authenticate_patient
from times.london import LONDON

NOT_RECOGNISED = FieldError(
    "We cannot find that booking code with that date of birth. Check both and try again",
    "#born-day",
)


@require_safe
def start(request: HttpRequest) -> HttpResponse:
    """What this is, and what you need to begin."""
    return render(request, "booking/patient/start.jinja")


@require_http_methods(["GET", "HEAD", "POST"])
def code(request: HttpRequest) -> HttpResponse:
    """Ask for the booking code. A well-formed one goes on, whether it exists or not."""
    error, typed = None, ""
    if request.method == "POST":
        typed = request.POST.get("code", "").strip()[:40]
        tidied = normalise_code(typed)
        if tidied:
            return redirect("arrive", tidied)
        what = (
            "Booking code must be 8 letters and numbers, like 7KQ4 9CRB"
            if typed
            else "Enter your booking code"
        )
        error = FieldError(what, "#code")
    return render(
        request,
        "booking/patient/code.jinja",
        {"error": error, "typed": typed},
        status=400 if error else 200,
    )


@require_http_methods(["GET", "HEAD", "POST"])
def arrive(request: HttpRequest, code: str) -> HttpResponse:
    """Ask for the date of birth. Opening the link changes nothing and shows nothing."""
    error, now = None, timezone.now()
    if request.method == "POST":
        born = read_date_of_birth(request.POST, now.astimezone(LONDON).date())
        if isinstance(born, FieldError):
            error = born
        else:
            try:
                referral = authenticate_patient(code, born, now=now)
            except NotRecognised:
                error = NOT_RECOGNISED
            except CodeLocked:
                return render(request, "booking/patient/locked.jinja", status=429)
            else:
                came_for = session.wanted_slot(request)
                session.sign_in(request, referral)
                if came_for is not None:
                    return slot_views.keep(request, referral, came_for)
                return redirect("appointment" if live_appointment(referral) else "referral")
    return render(
        request,
        "booking/patient/date_of_birth.jinja",
        {
            "code": format_code(normalise_code(code) or code[:40]),
            "error": error,
            "typed": request.POST,
        },
        status=400 if error else 200,
    )


@require_safe
@session.signed_in
def referral(request: HttpRequest, referral: Referral) -> HttpResponse:
    """Show what is to be scanned, by when, and how to prepare."""
    late = referral.target_day < timezone.now().astimezone(LONDON).date()
    return render(request, "booking/patient/referral.jinja", {"referral": referral, "late": late})


@require_POST
def sign_out(request: HttpRequest) -> HttpResponse:
    """End the session, and free a time that was only held."""
    held_for = Referral.objects.filter(pk=request.session.get("referral", 0)).first()
    if held_for:
        release(held_for, now=timezone.now())
    request.session.flush()
    return redirect("signed-out")


@require_safe
def signed_out(request: HttpRequest) -> HttpResponse:
    """Say that the session ended, what is safe, and how to come back."""
    return render(request, "booking/patient/signed_out.jinja")
