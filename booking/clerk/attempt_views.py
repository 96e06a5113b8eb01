"""What came of a call about a row, and the letter to who does not answer."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_safe

from booking.changes import audit
from booking.clerk.acts import page_changed
from booking.clerk.forms.attempts import TriedForm
from booking.clerk.forms.listing import ListForm
from booking.clerk.idle import keep_draft
from booking.clerk.notices import say_done, say_refused
from booking.clerk.permissions import Action, may, staff_page
from booking.clerk.row_views import NEXT
from booking.messages.texts import link
from booking.models import AuditAction, Staff, WorklistRow
from booking.models.appointment import LIVE
from booking.pages.posted import form_only
from booking.pages.subject import SubjectChanged, read_subject, version_of_row
from booking.worklists import attempts
from booking.worklists.attempts import What
from times.london import say_date, say_time

READ = ("referral__patient", "referral__exam", "referral__trust", "appointment", "owner", "trust")


@staff_page(Action.LISTS)
@form_only("work-row", "row_id")
def tried(request: HttpRequest, staff: Staff, row_id: int) -> HttpResponse:
    """Write down what came of a call, once; a row that has changed since is answered 409."""
    row = _find(staff, row_id)
    if row is None:
        return render(request, "booking/clerk/no_row.jinja", {"staff": staff}, status=404)
    form = TriedForm(request.POST)
    page = _page(request, row, form)
    try:
        read_subject(request.POST).must_be(version_of_row(row))
    except SubjectChanged as changed:
        return page_changed(request, staff, page, changed)
    errors = _record(row, form, staff)
    if errors is None:
        return page_changed(request, staff, page, SubjectChanged())
    if errors:
        keep_draft(staff.pk, page, request, timezone.now())
        say_refused(request, errors)
    else:
        say_done(request, "It is written down.")
    return redirect(page if errors or form.data.get("from_screen") else page + NEXT)


@require_safe
@staff_page(Action.LISTS)
def letter(request: HttpRequest, staff: Staff, row_id: int) -> HttpResponse:
    """Show the letter to a patient whom no call reaches, to be printed."""
    row = _find(staff, row_id)
    if row is None or row.referral is None or not attempts.is_phoned(row):
        return render(request, "booking/clerk/no_row.jinja", {"staff": staff}, status=404)
    now = timezone.now()
    audit.write(
        AuditAction.LETTER_SHOWN, now=now, actor=staff.actor, referral=row.referral, row=row.pk
    )
    words = {
        "row": row,
        "patient": row.referral.patient,
        "is_booked": row.referral.appointments.filter(status__in=LIVE).exists(),
        "now": now,
        "link": link(row.referral),
    }
    return render(request, "booking/clerk/letter.jinja", words)


def _find(staff: Staff, row_id: int) -> WorklistRow | None:
    mine = WorklistRow.objects.of_trusts(staff.trust_codes).select_related(*READ)
    return mine.filter(pk=row_id).first()


def _page(request: HttpRequest, row: WorklistRow, form: TriedForm) -> str:
    """Return the page that the form stood on."""
    if form.data.get("from_screen") and row.referral:
        return f"{reverse('patient', args=[row.referral.patient_id])}?referral={row.referral_id}"
    return f"{reverse('work-row', args=[row.pk])}?{ListForm(request.GET).where(row)}"


def _record(row: WorklistRow, form: TriedForm, staff: Staff) -> dict[str, str] | None:
    """Do what the button says; return what is wrong by field, None if the row has changed."""
    if not form.is_valid():
        return {
            name if name in form.fields else "main-content": str(found[0])
            for name, found in form.errors.items()
        }
    what, now = form.cleaned_data["what"], timezone.now()
    if what == What.PHONE_ON and not may(staff, Action.LEAD_CALLS):
        return {"main-content": "A lead decides. Phone a lead"}
    try:
        attempts.record(row, what, call_at=form.call_at, now=now, actor=staff.actor)
    except attempts.RowChanged:
        return None
    except attempts.CallTooLate as late:
        by = f"{say_time(late.last)} on {say_date(late.last)}"
        words = f"The time must be later than now, and by {by}"
        return {"call_day": words}
    return {}
