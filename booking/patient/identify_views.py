"""From a code and a date of birth to one's own referral."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from booking.appointments.booking import live_appointment
from booking.appointments.holds import release
from booking.appointments.kept import must_be_called
from booking.exams import preparation
from booking.exams.questions.asking import asking_of
from booking.identifiers.codes import format_code, read_code
from booking.models import Referral
from booking.offers.showing import answerable_offers
from booking.pages.forms import form_page
from booking.pages.posted import form_only
from booking.patient import session, slot_views
from booking.patient.forms import BirthdayForm, CodeForm
from booking.patients.code_sign_in import CodeLocked, NotRecognised, authenticate_patient
from times.london import LONDON

NOT_RECOGNISED = (
    "We cannot find that booking code with that date of birth. Check both and try again"
)


@require_safe
def start(request: HttpRequest) -> HttpResponse:
    """What this is, and what you need to begin."""
    return render(request, "booking/patient/start.jinja")


@require_http_methods(["GET", "HEAD", "POST"])
def code(request: HttpRequest) -> HttpResponse:
    """Ask for the booking code. A well-formed one goes on, whether it exists or not."""
    form = CodeForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        return redirect("arrive", form.cleaned_data["code"])
    return form_page(request, "booking/patient/code.jinja", form)


@require_http_methods(["GET", "HEAD", "POST"])
def arrive(request: HttpRequest, code: str) -> HttpResponse:
    """Ask for the date of birth. Opening the link changes nothing and shows nothing."""
    form = BirthdayForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        try:
            return _let_in(
                request, authenticate_patient(code, form.cleaned_data["born"], now=timezone.now())
            )
        except NotRecognised:
            form.add_error("born", NOT_RECOGNISED)
        except CodeLocked:
            return render(request, "booking/patient/locked.jinja", status=429)
    shown = format_code(read_code(code) or code[:40])
    return form_page(request, "booking/patient/date_of_birth.jinja", form, {"code": shown})


@require_safe
@session.signed_in
def referral(request: HttpRequest, referral: Referral) -> HttpResponse:
    """Show what is to be scanned, by when, and how to prepare."""
    now = timezone.now()
    late = referral.target_day < now.astimezone(LONDON).date()
    asked = asking_of(referral, now=now)
    words = {
        "referral": referral,
        "late": late,
        "how": preparation.in_general(referral.exam),
        "open": len(asked.unanswered),
        "is_answered": bool(asked.questions) and not asked.unanswered,
    }
    return render(request, "booking/patient/referral.jinja", words)


@form_only("appointment")
def sign_out(request: HttpRequest) -> HttpResponse:
    """End the session, and free a time that was only held, but for one that waits for a call."""
    held_for = Referral.objects.filter(pk=request.session.get("referral", 0)).first()
    now = timezone.now()
    if held_for and not must_be_called(held_for, now=now):
        release(held_for, now=now)
    request.session.flush()
    return redirect("signed-out")


@require_safe
def signed_out(request: HttpRequest) -> HttpResponse:
    """Say that the session ended, what is safe, and how to come back."""
    return render(request, "booking/patient/signed_out.jinja")


def _let_in(request: HttpRequest, referral: Referral) -> HttpResponse:
    """Sign in, and go on to the time that the patient came for, or that is kept for them."""
    came_for = session.wanted_slot(request)
    session.sign_in(request, referral)
    if came_for is not None:
        return slot_views.keep(request, referral, came_for)
    if answerable_offers(referral, now=timezone.now()):
        return redirect("offer")
    return redirect("appointment" if live_appointment(referral) else "referral")
