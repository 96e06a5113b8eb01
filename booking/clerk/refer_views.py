"""The form for a referral that came on paper or by phone."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from booking.clerk.forms.draft import FormDraft
from booking.clerk.forms.hidden import PressForm
from booking.clerk.forms.merge import WhoseForm
from booking.clerk.forms.refer import ReferForm
from booking.clerk.idle import take_draft
from booking.clerk.notices import say_done
from booking.clerk.permissions import Action, may_open, staff_page
from booking.clerk.script import say_news
from booking.identifiers.codes import format_code, new_reference
from booking.identifiers.people import say_nhs_number
from booking.messages.outlook import outlook_of_invitation
from booking.models import Patient, Referral, Staff
from booking.pages.filters import say_phone
from booking.pages.forms import form_page
from booking.pages.subject import NOBODY, Subject, subject_token
from booking.patients import opening
from booking.referrals import intake, submission
from times.london import say_date

CHANGE = "change"
"""The press that goes back from "whose is it?" to the form, with what was typed."""


@require_http_methods(["GET", "HEAD", "POST"])
@staff_page(Action.REFER)
def refer(request: HttpRequest, staff: Staff) -> HttpResponse:
    """Take a referral; a doubled press makes one."""
    if request.method != "POST":
        form = _new_form(request, staff)
    else:
        form = ReferForm(request.POST, staff=staff, now=timezone.now())
        is_asked = PressForm(request.POST).pressed != CHANGE
        if form.is_valid() and is_asked and (saved := _save(request, staff, form)):
            return saved
    return render(
        request,
        "booking/clerk/refer.jinja",
        {"staff": staff, "form": form},
        status=400 if form.errors else 200,
    )


def _new_form(request: HttpRequest, staff: Staff) -> ReferForm:
    """Return the form with today as clock start, and with what a session's end cut off."""
    form = ReferForm(staff=staff, now=timezone.now())
    form.initial = {
        "form": new_reference(),
        "trust": form.only_trust,
        "clock_start": f"{form.today.day}/{form.today.month}/{form.today.year}",
    }
    return FormDraft(take_draft(request)).fill(form)


def _save(request: HttpRequest, staff: Staff, form: ReferForm) -> HttpResponse | None:
    """Save the referral and go on to its patient; None, and the form says why, if it is refused."""
    try:
        referral, is_new = intake.create_referral(
            form.submission, now=timezone.now(), actor=staff.actor, whose=intake.Whose.ASK
        )
    except submission.ReferralInvalid as refused:
        form.add_errors(refused.errors)
        return None
    except intake.LikelySame as likely:
        return _save_for(request, staff, form, likely.patients)
    return _saved(request, staff, referral, is_new)


def _save_for(
    request: HttpRequest, staff: Staff, form: ReferForm, alike: list[Patient]
) -> HttpResponse | None:
    """Save the referral for whom the clerk says that it is; ask whose it is before.

    A choice among others than are here now is asked again.
    """
    shown = [
        (subject_token(Subject(patient=one.pk)), _say_record(request, staff, one)) for one in alike
    ]
    now_alike = ",".join(token for token, _ in shown)
    choice = WhoseForm(request.POST, patients=shown)
    is_answer = choice["alike"].value() == now_alike
    if not is_answer:
        choice = WhoseForm(patients=shown)
    choice.initial["alike"] = now_alike
    if not is_answer or not choice.is_valid():
        return _ask_whose(request, staff, choice)
    by_token: dict[str, Patient] = {
        token: one for (token, _), one in zip(shown, alike, strict=True)
    }
    whose = by_token.get(choice.cleaned_data["whose"], intake.Whose.NEW)
    try:
        referral, is_new = intake.create_referral(
            form.submission, now=timezone.now(), actor=staff.actor, whose=whose
        )
    except submission.ReferralInvalid as refused:
        form.add_errors(refused.errors)
        return None
    return _saved(request, staff, referral, is_new)


def _ask_whose(request: HttpRequest, staff: Staff, choice: WhoseForm) -> HttpResponse:
    """Ask whose the referral is; the page carries all that was typed."""
    typed = [
        (name, value)
        for name, values in request.POST.lists()
        if name not in (*choice.fields, "csrfmiddlewaretoken", "about", "do")
        for value in values
    ]
    words = {"staff": staff, "typed": typed, "about": subject_token(NOBODY)}
    return form_page(request, "booking/clerk/whose.jinja", choice, words)


def _say_record(request: HttpRequest, staff: Staff, patient: Patient) -> str:
    """Return what tells two records of one name apart; of another trust's only the name."""
    name = f"Same person: {patient.name}, born {say_date(patient.born)}"
    if not may_open(request, staff, patient):
        return f"{name}, a patient of another trust"
    known = [
        f"NHS number {say_nhs_number(patient.nhs_number or '')}",
        f"mobile {say_phone(patient.mobile) or 'not known'}",
        f"postcode {patient.postcode or 'not known'}",
    ]
    return ", ".join([name, *known])


def _saved(request: HttpRequest, staff: Staff, referral: Referral, is_new: bool) -> HttpResponse:
    """Say that it is saved, on the patient's screen; who was another trust's is told of."""
    if is_new:
        opening.follow_referral(referral, staff, now=timezone.now())
    word = "is saved" if is_new else "was there already"
    invited = say_news(outlook_of_invitation(referral, timezone.now())) if is_new else ""
    said = f"The referral {word}. Code {format_code(referral.code)}. {invited}"
    say_done(request, said.strip())
    screen = reverse("patient", args=[referral.patient_id])
    return redirect(f"{screen}?referral={referral.pk}")
