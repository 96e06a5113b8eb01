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

from booking.appointments import booking, holds
from booking.appointments import undo as undoing
from booking.appointments.clashes import TimesOverlap
from booking.appointments.warnings import WarningsNotKnown, tokens
from booking.clerk.forms.hidden import ScreenForm
from booking.clerk.idle import is_typed, keep_draft
from booking.clerk.notices import say_changed, say_refused
from booking.clerk.permissions import Action, patient_page
from booking.clerk.screen.lost_time import name_lost_time, without_lost_time
from booking.exams.questions.outcomes import BookingNotAllowed
from booking.messages.outlook import NoText
from booking.models import Appointment, Offer, Patient, Referral, Staff
from booking.offers.answering import OfferOver
from booking.pages.forms import NhsForm
from booking.pages.posted import form_only
from booking.pages.subject import (
    OtherSubject,
    Subject,
    SubjectChanged,
    read_subject,
    subject_now,
    subject_of,
)
from booking.patients.record import NothingToText


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


NO_TEXT_TO = {
    NoText.DIED: "The patient has died. No text went",
    NoText.NO_MOBILE: "There is no mobile number to text. Type one first",
    NoText.NOT_A_MOBILE: "This number is not a UK mobile, so no text went. Type one that is",
    NoText.NOT_IN_USE: (
        "This number is not in use, so no text went. Type another, or save it again if it is right"
    ),
    NoText.OPTED_OUT: (
        "The patient asked for no more texts to this number, so none went. Tell them by phone"
    ),
}
"""Why the details were not texted, and what to do."""
REFUSALS = (
    FormInvalid,
    holds.ReferralEnded,
    holds.SlotNotSuitable,
    holds.SlotTaken,
    holds.HoldExpired,
    TimesOverlap,
    WarningsNotKnown,
    booking.AppointmentChanged,
    BookingNotAllowed,
    undoing.TooLateToUndo,
    NothingToText,
    OfferOver,
)
OVER = {
    Offer.State.ACCEPTED: "They said yes to it already",
    Offer.State.DECLINED: "They said no to it already",
    Offer.State.LAPSED: "Its deadline is over, and the time is not kept any more",
    Offer.State.WITHDRAWN: "The offer was taken back",
    Offer.State.GONE: "The time is gone",
}
"""What became of an offer that was answered too late."""


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
    the screen, with what was typed still in the form. A form of another patient's page, or of a
    page that has changed since, is answered 409.
    """

    def guard(act: Callable[..., None]) -> Callable[..., Any]:
        @wraps(act)
        @patient_page(action)
        @form_only("patient", "patient_id")
        def guarded(request: HttpRequest, staff: Staff, patient: Patient) -> HttpResponse:
            try:
                must_be_about(read_subject(request.POST), patient)
                act(request, staff, patient)
            except SubjectChanged as changed:
                page = reverse("patient", args=[patient.pk])
                return page_changed(request, staff, page, changed)
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


def referral_act(
    action: Action, *, is_done: Callable[[HttpRequest, Referral], bool] = lambda *_: False
) -> Callable[[Callable[..., None]], Callable[..., Any]]:
    """Make a view as patient_act does, given the patient's own referral that the form names.

    It must have the live appointment that the page showed. What `is_done` already, by the first
    of two presses, is not done again.
    """

    def guard(act: Callable[..., None]) -> Callable[..., Any]:
        @wraps(act)
        @patient_act(action)
        def guarded(request: HttpRequest, staff: Staff, patient: Patient) -> None:
            seen = read_subject(request.POST)
            referral = _find_referral(seen, patient)
            if not is_done(request, referral):
                seen.must_be(subject_now(referral))
                act(request, staff, referral)

        return guarded

    return guard


def appointment_act(action: Action) -> Callable[[Callable[..., None]], Callable[..., Any]]:
    """Make a view as patient_act does, given the appointment that the form names.

    It has the version that the page showed; who changes it passes that on, and so is never late.
    """

    def guard(act: Callable[..., None]) -> Callable[..., Any]:
        @wraps(act)
        @patient_act(action)
        def guarded(request: HttpRequest, staff: Staff, patient: Patient) -> None:
            seen = read_subject(request.POST)
            appointment = _find_appointment(seen, _find_referral(seen, patient))
            act(request, staff, appointment)

        return guarded

    return guard


def page_changed(
    request: HttpRequest,
    staff: Staff,
    page: str,
    changed: SubjectChanged,
    *,
    is_form_page: bool = False,
) -> HttpResponse:
    """Say that nothing was done, and lead to `page` as it is now.

    What was typed is kept for it, unless it was typed about somebody else. A page that is a form
    and no more, `is_form_page`, always says so.
    """
    other = isinstance(changed, OtherSubject)
    if not other:
        keep_draft(staff.pk, page, request, timezone.now())
    is_kept = not other and (is_form_page or is_typed(request))
    words = {"staff": staff, "page": page, "other": other, "kept": is_kept}
    return render(request, "booking/clerk/changed.jinja", words, status=409)


def screen_address(
    request: HttpRequest, patient: Patient, extra: Mapping[str, str] | None = None
) -> str:
    """Return the address of the screen that the form was on, with the filters that it had."""
    form, seen = read_form(ScreenForm(request.POST)), read_subject(request.POST)
    query = without_lost_time(QueryDict(form["filters"]))
    if seen.referral:
        query.setdefault("referral", str(seen.referral))
    query.update(extra or {})
    return reverse("patient", args=[patient.pk]) + (f"?{query.urlencode()}" if query else "")


def must_be_about(seen: Subject, patient: Patient) -> None:
    """Refuse a form of another patient's page. Raises OtherSubject."""
    if seen.patient != patient.pk:
        raise OtherSubject


def _find_referral(seen: Subject, patient: Patient) -> Referral:
    own = patient.referrals.select_related("exam", "patient")
    referral = own.filter(pk=seen.referral).first()
    if referral is None:
        raise Http404
    return referral


def _find_appointment(seen: Subject, referral: Referral) -> Appointment:
    own = referral.appointments.select_related("site", "referral__patient", "referral__exam")
    appointment = own.filter(pk=seen.appointment).first()
    if appointment is None:
        raise SubjectChanged
    seen.must_be(subject_of(referral, appointment))
    return appointment


def _explain(request: HttpRequest, refusal: Exception) -> Mapping[str, str]:
    """Let the screen say why it was refused; return what its address has to say for that."""
    match refusal:
        case holds.SlotTaken() | holds.HoldExpired():
            return name_lost_time(refusal)
        case booking.AppointmentChanged():
            say_changed(request)
        case FormInvalid(errors=errors):
            say_refused(request, errors)
        case WarningsNotKnown(warnings=warnings):
            words = "Read what is said of this time. Press again to book it"
            say_refused(request, {"warnings": words})
            return {"known": tokens(warnings)}
        case _:
            say_refused(request, _why_refused(refusal))
    return {}


def _why_refused(refusal: Exception) -> dict[str, str]:
    """Return what is wrong, by the part of the screen where it stands."""
    match refusal:
        case TimesOverlap(clash=clash):
            words = (
                f"The patient has another appointment then, at {clash.place.name}."
                " It was not undone. Change or cancel that one first"
            )
            return {"appointments": words}
        case holds.ReferralEnded(referral=over):
            words = f"This request has ended: {over.get_end_reason_display()}. A lead can open it"
            return {"referrals": words}
        case OfferOver(state=state):
            return {"referrals": f"{OVER[state]}. Nothing was done. Offer another time"}
        case BookingNotAllowed():
            words = (
                "It was not booked: an answer stands against it. Read the answers, and what to do"
            )
            return {"referrals": words}
        case holds.SlotNotSuitable(misfit=misfit):
            why = misfit.plainly if misfit else "That time is not in our list any more"
            what = "Ask the hospital, or choose another" if misfit and misfit.is_unknown else ""
            return {"times": f"{why}. {what or 'Choose another'}"}
        case undoing.TooLateToUndo():
            words = (
                "It is too late to undo: 30 seconds are over, or something else was done since."
                " Nothing was undone. Change or cancel the appointment instead"
            )
            return {"appointments": words}
        case NothingToText(why_not=NoText() as why_not):
            return {"mobile": NO_TEXT_TO[why_not]}
        case NothingToText():
            return {"appointments": "This appointment is not to come, so no text went"}
    raise refusal
