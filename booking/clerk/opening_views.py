"""Opening another trust's patient: the reason, the wait when it was done often, a lead's yes or no.

A wait is never the end: its page says until when, who can say yes, and whom to ring meanwhile.
"""

from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from booking.alerts import rota
from booking.clerk.forms.desk import OpeningForm, ReasonForm
from booking.clerk.notices import CHANGED, say_done, say_refused
from booking.clerk.permissions import Action, may_open, staff_page
from booking.models import Opening, Patient, Staff
from booking.pages.posted import form_only
from booking.patients import opening


@dataclass(frozen=True)
class ToRing:
    """Somebody who is on call for a trust now; they open the patient at once, as their own."""

    trust: str
    name: str
    phone: str


@require_http_methods(["GET", "HEAD", "POST"])
@staff_page(Action.FIND)
def reason(request: HttpRequest, staff: Staff, patient_id: int) -> HttpResponse:
    """Ask why another trust's patient is opened; write it down for that trust's lead."""
    now = timezone.now()
    patient = Patient.objects.filter(pk=patient_id).first()
    if patient is None:
        return render(request, "booking/clerk/no_patient.jinja", status=404)
    if patient.merged_into_id:
        return redirect("patient-reason", patient.merged_into_id)
    if may_open(request, staff, patient):
        return redirect("patient", patient.pk)
    if waits := opening.waiting(patient, staff, now=now):
        return _wait(request, staff, waits, now)
    form = ReasonForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        try:
            opening.open_patient(patient, staff, form.cleaned_data["reason"], now=now)
        except opening.OpeningWaits as waits_:
            return _wait(request, staff, waits_.opening, now)
        request.session["opened"] = [*request.session.get("opened", []), patient.pk]
        return redirect("patient", patient.pk)
    whose = " and ".join(one.name for one in opening.trusts_of(patient)) or "another trust"
    form.fields["reason"].hint = (  # type: ignore[attr-defined]
        f"This is a patient of {whose}. Their lead and yours see your name and your reason."
    )
    words = {"form": form, "staff": staff}
    status = 400 if form.errors else 200
    return render(request, "booking/clerk/reason.jinja", words, status=status)


@staff_page(Action.OPENINGS)
@form_only("audit-opened")
def answer(request: HttpRequest, staff: Staff, opening_id: int) -> HttpResponse:
    """Say yes or no to a colleague who waits to open another trust's patient."""
    form = OpeningForm(request.POST)
    if not form.is_valid():
        say_refused(request, {"asked": "Press one of the two buttons"})
        return redirect("audit-opened")
    try:
        said = opening.answer(opening_id, is_yes=form.is_yes, now=timezone.now(), by=staff)
    except opening.NotToAnswer:
        say_refused(request, {"main-content": CHANGED})
        return redirect("audit-opened")
    can = "can open the patient now" if form.is_yes else "is told to ring the patient’s own trust"
    say_done(request, f"{said.staff.name} {can}.")
    return redirect("audit-opened")


def _wait(request: HttpRequest, staff: Staff, waits: Opening, now: datetime) -> HttpResponse:
    """Say that the patient does not open yet: how long, who can say yes, and whom to ring."""
    leads = Staff.who_work_for(staff.trust_codes).filter(role__in=opening.MUST_BE)
    words = {
        "staff": staff,
        "waits": waits,
        "is_no": waits.answer == Opening.Answer.NO,
        "trusts": list(opening.trusts_of(waits.patient)),
        "to_ring": _on_call(waits.patient, now),
        "leads": [one.name for one in leads.exclude(pk=staff.pk)],
        "help_phone": settings.HELP_PHONE,
        "free": opening.FREE_AN_HOUR,
    }
    return render(request, "booking/clerk/opening_waits.jinja", words, status=429)


def _on_call(patient: Patient, now: datetime) -> list[ToRing]:
    """Return who is on call now for the trusts whose patient it is, and has a phone."""
    found = []
    for trust in opening.trusts_of(patient):
        for duty in rota.duties(trust.pk, now).values():
            if duty.person and duty.person.phone:
                found.append(ToRing(trust.name, duty.person.name, duty.person.phone))
    return found
