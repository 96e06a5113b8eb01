"""The desk: one box that finds, what waits, and what is held."""

from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from booking.changes import audit
from booking.clerk import caller
from booking.clerk.forms.desk import FindForm
from booking.clerk.forms.draft import FormDraft
from booking.clerk.idle import take_draft
from booking.clerk.permissions import Action, may, may_be_opened, staff_page
from booking.clerk.screen.appointments import part_of
from booking.clerk.screen.call import keep_given
from booking.models import Appointment, Patient, Staff
from booking.models.appointment import LIVE
from booking.patients import calls
from booking.patients.lookup import Found
from booking.worklists import rows
from times.keyset import page_of

FIRST = 5
"""Rows of the lists that the desk shows; all others are a press away, on the lists."""
HELD_SHOWN = 50


@require_safe
@staff_page(Action.ACCOUNT)
def home(request: HttpRequest, staff: Staff) -> HttpResponse:
    """Send each role to the page that its work begins on."""
    if may(staff, Action.FIND):
        return redirect("desk")
    return redirect("audit")


@require_http_methods(["GET", "HEAD", "POST"])
@staff_page(Action.FIND)
def desk_page(request: HttpRequest, staff: Staff) -> HttpResponse:
    """Find a patient; see the lists' counts and the times that clerks hold."""
    form, found = FindForm(request.POST if request.method == "POST" else None), None
    if request.method == "GET":
        form = FormDraft(take_draft(request)).fill(form)
    if form.is_valid():
        found = form.cleaned_data["who"]
        given = {one.patient.pk: calls.given_by(one) for one in found.matches}
        keep_given(request.session, given, timezone.now())
        if found.only:
            return redirect(_screen_of(found.only, found.code))
    return _show_desk(request, staff, form, found)


def _screen_of(patient: Patient, code: str) -> str:
    """Return the address of a patient's screen: at the appointment whose reference was said, as who
    says that calls about it, if it is still to come."""
    screen = reverse("patient", args=[patient.pk])
    coming = Appointment.objects.filter(
        reference=code, status__in=LIVE, start__gt=timezone.now(), referral__patient=patient
    )
    said = coming.first() if code else None
    return f"{screen}#{part_of(said)}" if said else screen


def _show_desk(
    request: HttpRequest, staff: Staff, form: FindForm, found: Found | None
) -> HttpResponse:
    """Show what waits and what is held; of several who fit, which one is calling."""
    now = timezone.now()
    may_list = may(staff, Action.LISTS)  # who may not open a row is not shown it
    waiting = rows.open_rows(staff.trust_codes)
    waiting = waiting if may_list else waiting.none()
    first = page_of(waiting, rows.ORDER, QueryDict(), size=FIRST)
    slots = caller.held_by_clerks(staff.trust_codes, now)
    held = page_of(slots, caller.FREED_FIRST, request.GET, size=HELD_SHOWN, parameter="held")
    held = held.map(caller.held_time)
    openable = may_be_opened(request, staff, found.patients) if found else set()
    named = [row.referral.patient_id for row in first.rows if row.referral]
    named += [one.referral.patient_id for one in held.rows]
    named += sorted(openable)
    audit.write_listed(named, now=now, actor=staff.actor)
    return render(
        request,
        "booking/clerk/desk.jinja",
        {
            "staff": staff,
            "form": form,
            "found": found,
            "openable": openable,
            "may_list": may_list,
            "counts": rows.counts(staff.trust_codes, now) if may_list else [],
            "first": first,
            "held": held,
            "now": now,
        },
        status=400 if form.errors else 200,
    )
