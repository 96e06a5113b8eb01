"""What is changed of a referral, each on a page of its own: its exam, its urgency, its number.

Each form carries the version of the referral that its page showed: if its trust or a colleague
changed it meanwhile, nothing is done, and what was typed is kept for the page as it is now.
"""

from collections.abc import Callable
from hashlib import sha256
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from booking.appointments.booking import AppointmentChanged
from booking.appointments.holds import ReferralEnded
from booking.clerk.acts import page_changed
from booking.clerk.forms.draft import FormDraft
from booking.clerk.forms.referral import CorrectForm, ExamForm, NumberForm, UrgencyForm
from booking.clerk.idle import take_draft
from booking.clerk.notices import say_done
from booking.clerk.permissions import Action, referral_page
from booking.clerk.script import NO_TEXT
from booking.messages.outlook import why_no_text
from booking.models import Exam, Referral, Staff
from booking.pages.filters import say_exam
from booking.pages.forms import form_page
from booking.pages.subject import (
    OtherSubject,
    Subject,
    SubjectChanged,
    read_subject,
    subject_token,
)
from booking.referrals import correcting
from booking.referrals.exam_change import ExamChange, what_changes
from booking.referrals.replacing import ReferralChanged, version_of
from booking.referrals.submission import ReferralInvalid
from booking.referrals.urgency import ReasonNeeded

SOMETHING_ELSE = "Something changed meanwhile. Nothing was done: read again what will happen"


@require_http_methods(["GET", "HEAD", "POST"])
@referral_page(Action.END)
def urgency(request: HttpRequest, staff: Staff, referral: Referral) -> HttpResponse:
    """Change how urgent it is; less urgent only for a reason."""
    form = UrgencyForm(request.POST or None, referral=referral)

    def save(seen: str) -> HttpResponse | None:
        sent = form.cleaned_data
        try:
            correcting.change_urgency(
                referral, sent["urgency"], seen,
                now=timezone.now(), actor=staff.actor, reason=sent["reason"],
            )  # fmt: skip
        except ReasonNeeded:
            form.add_error("reason", "Type why it is less urgent")
            return None
        say_done(request, f"It is {referral.get_urgency_display()} now.")
        return _to_patient(referral)

    return _form(request, referral, form, save, {"staff": staff, "template": "urgency"})


@require_http_methods(["GET", "HEAD", "POST"])
@referral_page(Action.END)
def number(request: HttpRequest, staff: Staff, referral: Referral) -> HttpResponse:
    """Change the number that the trust has for it."""
    form = NumberForm(request.POST or None, referral=referral)

    def save(seen: str) -> HttpResponse | None:
        sent = form.cleaned_data["trust_number"]
        try:
            correcting.change_number(referral, sent, seen, now=timezone.now(), actor=staff.actor)
        except correcting.NumberTaken:
            words = (
                "Another request of this trust has this number. Check the letter. If the other"
                " request is wrong, change its number first"
            )
            form.add_error("trust_number", words)
            return None
        except correcting.NumberReserved:
            form.add_error("trust_number", "A trust’s number does not begin so. Check the letter")
            return None
        say_done(request, "The trust’s number is saved.")
        return redirect("staff-referral", referral.pk)

    return _form(request, referral, form, save, {"staff": staff, "template": "number"})


@require_http_methods(["GET", "HEAD", "POST"])
@referral_page(Action.END)
def exam(request: HttpRequest, staff: Staff, referral: Referral) -> HttpResponse:
    """Change what is to be scanned: say what that will do, and do it when it is pressed again."""
    form = ExamForm(request.POST or None, referral=referral)
    words: dict[str, Any] = {"staff": staff, "template": "exam"}

    def save(seen: str) -> HttpResponse | None:
        sent, now = form.cleaned_data, timezone.now()
        to = Exam.objects.get(code=sent["exam"])
        change = what_changes(referral, to, now=now)
        if sent["confirm"] != _token(change, seen):
            words.update(_words_of(referral, to, change, seen))
            if sent["confirm"]:
                form.add_error(None, SOMETHING_ELSE)
            return None
        try:
            correcting.change_exam(referral, to, seen, now=now, actor=staff.actor)
        except ReferralInvalid as refused:
            form.add_errors(refused.errors)
            return None
        say_done(request, f"The scan is {say_exam(to)} now. {_say_time(referral, change)}".strip())
        return _to_patient(referral)

    return _form(request, referral, form, save, words)


def _form(
    request: HttpRequest,
    referral: Referral,
    form: CorrectForm,
    save: Callable[[str], HttpResponse | None],
    words: dict[str, Any],
) -> HttpResponse:
    """Show the form on its page; or save what was typed, if the referral is as it was shown."""
    if request.method == "POST":
        try:
            _must_be_about(request, referral, form)
            if form.is_valid() and (saved := save(form.cleaned_data["seen"])):
                return saved
        except SubjectChanged as changed:
            return page_changed(request, words["staff"], request.path, changed, is_form_page=True)
        except (ReferralChanged, ReferralEnded, AppointmentChanged):
            return page_changed(
                request, words["staff"], request.path, SubjectChanged(), is_form_page=True
            )
    elif referral.ended_at:
        return redirect("referral-end", referral.pk)
    else:
        FormDraft(take_draft(request)).fill(form)
    about = subject_token(Subject(referral.patient_id, referral.pk))
    words = {**words, "referral": referral, "about": about}
    page = form_page(request, f"booking/clerk/{words['template']}.jinja", form, words)
    if SOMETHING_ELSE in form.non_field_errors():
        page.status_code = 409
    return page


def _must_be_about(request: HttpRequest, referral: Referral, form: CorrectForm) -> None:
    """Refuse a form of another referral, or of this one as it is not any more."""
    seen = read_subject(request.POST)
    if seen.referral != referral.pk:
        raise OtherSubject
    if form["seen"].value() != version_of(referral):
        raise SubjectChanged


def _token(change: ExamChange, seen: str) -> str:
    """Return what tells one state of what will happen from every other: the form carries it."""
    live = change.live
    parts = [seen, f"{live.reference}.{live.version}" if live else "", str(change.stays)]
    return sha256(" ".join([*parts, str(change.is_held)]).encode()).hexdigest()


def _words_of(referral: Referral, to: Exam, change: ExamChange, seen: str) -> dict[str, Any]:
    why_not = why_no_text(referral.patient)
    return {
        "to": to,
        "change": change,
        "confirm": _token(change, seen),
        "no_text": NO_TEXT[why_not] if why_not else "",
    }


def _say_time(referral: Referral, change: ExamChange) -> str:
    """Return what became of the time that was booked."""
    if change.live is None:
        return ""
    if change.stays:
        return "The time that was booked stays. A row asks to tell the patient how to prepare."
    return "The time that was booked did not suit it and is cancelled. Offer another."


def _to_patient(referral: Referral) -> HttpResponse:
    return redirect(f"/staff/patient/{referral.patient_id}/?referral={referral.pk}")
