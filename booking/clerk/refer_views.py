"""The form for a referral that came on paper or by phone."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from booking.clerk.forms.draft import FormDraft
from booking.clerk.forms.refer import ReferForm
from booking.clerk.idle import take_draft
from booking.clerk.notices import say_done
from booking.clerk.permissions import Action, staff_page
from booking.clerk.script import say_news
from booking.identifiers.codes import format_code, new_reference
from booking.messages.outlook import outlook_of_invitation
from booking.models import Staff
from booking.referrals import intake, submission


@require_http_methods(["GET", "HEAD", "POST"])
@staff_page(Action.REFER)
def refer(request: HttpRequest, staff: Staff) -> HttpResponse:
    """Take a referral; a doubled press makes one."""
    if request.method != "POST":
        form = _new_form(request, staff)
    else:
        form = ReferForm(request.POST, staff=staff, now=timezone.now())
        if form.is_valid() and (saved := _save(request, staff, form)):
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
            form.submission, now=timezone.now(), actor=staff.actor
        )
    except submission.ReferralInvalid as refused:
        form.add_errors(refused.errors)
        return None
    word = "is saved" if is_new else "was there already"
    invited = say_news(outlook_of_invitation(referral, timezone.now())) if is_new else ""
    said = f"The referral {word}. Code {format_code(referral.code)}. {invited}"
    say_done(request, said.strip())
    screen = reverse("patient", args=[referral.patient_id])
    return redirect(f"{screen}?referral={referral.pk}")
