"""The form for a referral that came on paper or by phone."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from booking.clerk.idle import take_draft
from booking.clerk.permissions import Action, staff_page
from booking.identifiers.codes import format_code, new_reference
from booking.models import NEEDS, Exam, Referral, Staff
from booking.referrals import intake as referrals
from booking.referrals import submission
from notifications.wording.dates import LONDON


@require_http_methods(["GET", "HEAD", "POST"])
@staff_page(Action.REFER)
def refer(request: HttpRequest, staff: Staff) -> HttpResponse:
    """Take a referral; a doubled press makes one."""
    now = timezone.now()
    trusts = list(staff.trusts.order_by("name"))
    today = now.astimezone(LONDON).date()
    typed: dict[str, Any] = {"clock_start": f"{today.day}/{today.month}/{today.year}"}
    kept = dict(request.POST.lists()) if request.method == "POST" else take_draft(request)
    typed |= {name: values[0] for name, values in kept.items() if values}
    typed["needs"] = kept.get("needs", [])
    errors: dict[str, str] = {}
    if request.method == "POST":
        trust = request.POST.get("trust", "")
        if trust not in staff.trust_codes:
            errors["trust"] = "Choose the trust that asks for the scan"
        sent = submission.ReferralSubmission(
            trust=trust,
            identifier=referrals.FORM_PREFIX + request.POST.get("form", "")[:20],
            needs=tuple(request.POST.getlist("needs")),
            **{
                name: request.POST.get(name, "")[:400]
                for name in submission.TYPED
                if name != "identifier"
            },
        )
        try:
            if errors:
                referrals.validate(sent, now=now)
            else:
                referral, new = referrals.create_referral(sent, now=now, actor=staff.actor)
                word = "is saved" if new else "was there already"
                request.session["said"] = f"The referral {word}. Code {format_code(referral.code)}."
                return redirect(f"/staff/patient/{referral.patient_id}/?referral={referral.pk}")
        except submission.ReferralInvalid as refused:
            errors |= refused.errors
    return render(
        request,
        "booking/clerk/refer.jinja",
        {
            "staff": staff,
            "trusts": trusts,
            "exams": Exam.objects.order_by("modality", "name"),
            "urgencies": Referral.Urgency.choices,
            "needs": NEEDS,
            "typed": typed,
            "errors": errors,
            "form": typed.get("form") or new_reference(),
        },
        status=400 if errors else 200,
    )
