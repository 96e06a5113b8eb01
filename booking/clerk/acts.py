"""A form of the patient's screen: it does its act, and the browser is sent back to the screen.

So the screen is only ever loaded, never the answer to a form: loading it again asks nothing again.
"""

from collections.abc import Callable, Mapping
from functools import wraps
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST

from booking.appointments import booking, holds
from booking.appointments import undo as undoing
from booking.clerk import caller
from booking.clerk.forms.hidden import ScreenForm
from booking.clerk.idle import keep_draft
from booking.clerk.notices import say_changed, say_refused
from booking.clerk.permissions import Action, patient_page
from booking.clerk.screen.lost_time import name_lost_time, without_lost_time
from booking.models import Patient, Referral, Staff
from booking.pages.forms import NhsForm
from booking.patients.record import NothingToText
from times.london import say_date


class FormInvalid(Exception):
    """A form cannot be used. `errors` maps each field to what to do."""

    def __init__(self, errors: Mapping[str, str]) -> None:
        """Keep every error, so that the page can show them all at once."""
        super().__init__("; ".join(errors.values()))
        self.errors = errors


class ReferralOver(Exception):
    """The reason given says that the whole request is over: its end is asked on its own page."""

    def __init__(self, referral: Referral, reason: str) -> None:
        """Keep which, and why, for the page that asks."""
        super().__init__(f"referral {referral.pk} is over")
        self.referral, self.reason = referral, reason


REFUSALS = (
    FormInvalid,
    caller.LateNotSaid,
    holds.ReferralEnded,
    holds.SlotNotSuitable,
    holds.SlotTaken,
    holds.HoldExpired,
    booking.AppointmentChanged,
    undoing.TooLateToUndo,
    NothingToText,
)


def read_form(form: NhsForm) -> dict[str, Any]:
    """Return what a form holds. Raises FormInvalid."""
    if not form.is_valid():
        raise FormInvalid({name: str(found[0]) for name, found in form.errors.items()})
    return form.cleaned_data


def patient_act(
    action: Action, *, lands_at: str = ""
) -> Callable[[Callable[..., None]], Callable[..., Any]]:
    """Make a view of what a form asks, given the request, the staff member and the patient.

    `lands_at` is the part of the screen that the browser then scrolls to. A refusal is said on
    the screen, with what was typed still in the form.
    """

    def guard(act: Callable[..., None]) -> Callable[..., Any]:
        @wraps(act)
        @require_POST
        @patient_page(action)
        def guarded(request: HttpRequest, staff: Staff, patient: Patient) -> HttpResponse:
            try:
                act(request, staff, patient)
            except Http404:
                return render(request, "booking/clerk/no_patient.jinja", status=404)
            except ReferralOver as over:
                page = reverse("referral-end", args=[over.referral.pk])
                return redirect(f"{page}?reason={over.reason}")
            except REFUSALS as refusal:
                page = reverse("patient", args=[patient.pk])
                keep_draft(staff.pk, page, request, timezone.now())
                return redirect(screen_address(request, patient, _explain(request, refusal)))
            return redirect(screen_address(request, patient) + lands_at)

        return guarded

    return guard


def referral_act(action: Action) -> Callable[[Callable[..., None]], Callable[..., Any]]:
    """Make a view as patient_act does, given the patient's own referral that the form names."""

    def guard(act: Callable[..., None]) -> Callable[..., Any]:
        @wraps(act)
        @patient_act(action)
        def guarded(request: HttpRequest, staff: Staff, patient: Patient) -> None:
            act(request, staff, _find_referral(request, patient))

        return guarded

    return guard


def screen_address(
    request: HttpRequest, patient: Patient, extra: Mapping[str, str] | None = None
) -> str:
    """Return the address of the screen that the form was on, with the filters that it had."""
    form = read_form(ScreenForm(request.POST))
    query = without_lost_time(QueryDict(form["filters"]))
    if form["referral"]:
        query.setdefault("referral", str(form["referral"]))
    query.update(extra or {})
    return reverse("patient", args=[patient.pk]) + (f"?{query.urlencode()}" if query else "")


def _find_referral(request: HttpRequest, patient: Patient) -> Referral:
    form = read_form(ScreenForm(request.POST))
    own = patient.referrals.select_related("exam", "patient")
    referral = own.filter(pk=form["referral"]).first()
    if referral is None:
        raise Http404
    return referral


def _explain(request: HttpRequest, refusal: Exception) -> Mapping[str, str]:
    """Let the screen say why it was refused; return what its address has to say for that."""
    match refusal:
        case holds.SlotTaken() | holds.HoldExpired():
            return name_lost_time(refusal)
        case booking.AppointmentChanged():
            say_changed(request)
        case FormInvalid(errors=errors):
            say_refused(request, errors)
        case caller.LateNotSaid(target=target):
            words = f"This time is after the target day, {say_date(target)}. Press again to book it"
            say_refused(request, {"late": words})
            return {"late": target.isoformat()}
        case holds.ReferralEnded(referral=over):
            words = f"This request has ended: {over.get_end_reason_display()}. A lead can open it"
            say_refused(request, {"referrals": words})
        case holds.SlotNotSuitable():
            words = "That time is not for this kind of scan. Choose another"
            say_refused(request, {"times": words})
        case undoing.TooLateToUndo():
            words = "It is too late to undo. Change or cancel the appointment instead"
            say_refused(request, {"appointments": words})
        case NothingToText():
            words = "There is no mobile number to text. Type one first"
            say_refused(request, {"mobile": words})
    return {}
