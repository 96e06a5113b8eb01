"""From a code and a date of birth to one's own referral."""

from datetime import datetime, timedelta

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from booking.appointments.booking import live_appointment
from booking.appointments.holds import release
from booking.appointments.kept import must_be_called
from booking.exams import preparation
from booking.exams.questions.asking import asking_of
from booking.models import Referral
from booking.offers.showing import answerable_offers
from booking.pages.forms import form_page
from booking.pages.posted import form_only
from booking.patient import idle, session, slot_views
from booking.patient.codes_at_hand import (
    CodeForgotten,
    code_of,
    ending_of,
    keep_code,
    key_of,
    latest_code,
)
from booking.patient.forms import BirthdayForm, CodeForm
from booking.patients.code_sign_in import (
    AddressLimited,
    CodeLocked,
    NotRecognised,
    authenticate_patient,
)
from received.client import client_address
from times.london import LONDON

NOT_RECOGNISED = (
    "We cannot find that booking code with that date of birth. Check both and try again"
)

AN_HOUR, A_DAY = timedelta(hours=1), timedelta(days=1)


@require_safe
def start(request: HttpRequest) -> HttpResponse:
    """What this is, and what you need to begin."""
    return render(request, "booking/patient/start.jinja")


@require_http_methods(["GET", "HEAD", "POST"])
def code(request: HttpRequest) -> HttpResponse:
    """Ask for the booking code. A well-formed one goes on, whether it exists or not."""
    form = CodeForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        keep_code(request.session, form.cleaned_data["code"], now=timezone.now())
        return redirect("born")
    return form_page(request, "booking/patient/code.jinja", form)


@require_http_methods(["GET", "HEAD", "POST"])
def arrive(request: HttpRequest, code: str) -> HttpResponse:
    """Take the code of a link out of the address: whatever comes next stands where it is not.

    Opening the link changes nothing and shows nothing. A form of a page that still has the code in
    its address asks for the date of birth once more.
    """
    keep_code(request.session, code, now=timezone.now())
    return redirect("born")


@require_http_methods(["GET", "HEAD", "POST"])
def born(request: HttpRequest) -> HttpResponse:
    """Ask for the date of birth that goes with the code, and sign in.

    A form acts on the code that its page was about, whichever came since; on none if the browser
    has it no longer.
    """
    now = timezone.now()
    if request.method != "POST":
        latest = latest_code(request.session)
        if latest is None:
            return render(request, "booking/patient/code_forgotten.jinja")
        return _ask_birthday(request, BirthdayForm(initial={"whose": key_of(latest)}), latest)
    form = BirthdayForm(request.POST)
    try:
        code = code_of(request.session, BirthdayForm.whose_of(request.POST))
    except CodeForgotten:
        return render(request, "booking/patient/code_forgotten.jinja", status=409)
    if form.is_valid():
        try:
            found = authenticate_patient(
                code, form.cleaned_data["born"], now=now, address=client_address(request)
            )
            return _let_in(request, found)
        except NotRecognised:
            form.add_error("born", NOT_RECOGNISED)
        except CodeLocked as lock:
            return _locked(request, lock.until, now)
        except AddressLimited as limit:
            until = now + timedelta(seconds=limit.seconds)
            return _locked(request, until, now, address=True)
    return _ask_birthday(request, form, code)


def _ask_birthday(request: HttpRequest, form: BirthdayForm, code: str) -> HttpResponse:
    words = {"ending": ending_of(code)}
    return form_page(request, "booking/patient/date_of_birth.jinja", form, words)


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
    words = {
        "was_idle": idle.was_idle(request.session),
        "pressed": idle.pressed_too_late(request.session),
        "minutes": settings.PATIENT_IDLE_MINUTES,
    }
    return render(request, "booking/patient/signed_out.jinja", words)


def _locked(
    request: HttpRequest, until: datetime | None, now: datetime, *, address: bool = False
) -> HttpResponse:
    """Say until when no date of birth is looked at, and that we can be phoned meanwhile."""
    wait = until - now if until else A_DAY
    words = {"until": until, "closed": until is None, "day": wait > AN_HOUR, "address": address}
    page = render(request, "booking/patient/locked.jinja", words, status=429)
    page.headers["Retry-After"] = str(max(1, round(wait.total_seconds())))
    return page


def _let_in(request: HttpRequest, referral: Referral) -> HttpResponse:
    """Sign in, and go on to the time that the patient came for, or that is kept for them.

    Whoever was away too long goes on where they were.
    """
    left = idle.left_by(request.session, referral)
    came_for = session.wanted_slot(request)
    came_for = left.get("slot") if came_for is None else came_for
    session.sign_in(request, referral)
    if came_for is not None:
        return slot_views.keep(request, referral, came_for)
    if left.get("page") and not referral.ended_at:
        return redirect(left["page"])
    if answerable_offers(referral, now=timezone.now()):
        return redirect("offer")
    return redirect("appointment" if live_appointment(referral) else "referral")
