"""Who saw and changed what: by patient, by user, as a file; and who opened another trust's."""

import csv
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import NamedTuple, cast

from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from booking.clerk.forms.audit import AuditForm
from booking.clerk.forms.desk import OPEN_REASONS
from booking.clerk.forms.draft import FormDraft
from booking.clerk.idle import take_draft
from booking.clerk.permissions import Action, staff_page
from booking.models import AuditAction, AuditEntry, Staff
from times.london import LONDON

SHOWN = 200
OPENED_SINCE = timedelta(days=90)
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n")
"""What makes a spreadsheet take a cell for a formula (OWASP, CSV injection)."""


class AuditRow(NamedTuple):
    """One entry as people read it, on the pages and in the file."""

    at: str
    who: str
    did: str
    patient: str
    referral: str
    appointment: str
    reason: str


@require_http_methods(["GET", "HEAD", "POST"])
@staff_page(Action.AUDIT)
def search(request: HttpRequest, staff: Staff) -> HttpResponse:
    """Search by patient, by user, or both. What is typed is posted: it names people."""
    form = AuditForm(request.POST if request.method == "POST" else None)
    if request.method == "GET":
        form = FormDraft(take_draft(request)).fill(form)
    rows = None
    if form.is_valid():
        rows = list(_rows(form.search(_of_trusts(staff))[:SHOWN]))
    return render(
        request,
        "booking/clerk/audit.jinja",
        {"staff": staff, "form": form, "rows": rows, "shown": SHOWN},
        status=400 if form.errors else 200,
    )


@require_POST
@staff_page(Action.AUDIT)
def export(request: HttpRequest, staff: Staff) -> HttpResponseBase:
    """Send what the search finds, all of it, as CSV whose cells a spreadsheet never runs."""
    form = AuditForm(request.POST)
    if not form.is_valid():
        return cast("HttpResponse", search(request))
    entries = form.search(_of_trusts(staff))
    writer = csv.writer(_Echo())
    lines = (
        writer.writerow([escape_formula(cell) for cell in row])
        for row in [AuditRow._fields, *_rows(entries.iterator(chunk_size=1000))]
    )
    return StreamingHttpResponse(
        lines,
        content_type="text/csv; charset=utf-8",
        headers={
            "Content-Disposition": 'attachment; filename="audit.csv"',
            "Cache-Control": "no-store",
        },
    )


@require_safe
@staff_page(Action.AUDIT)
def opened(request: HttpRequest, staff: Staff) -> HttpResponse:
    """List who opened this trust's patients from another trust, and why they said."""
    entries = (
        _of_trusts(staff)
        .filter(action=AuditAction.OPENED_WITH_REASON, at__gt=timezone.now() - OPENED_SINCE)
        .order_by("-pk")[:SHOWN]
    )
    return render(
        request, "booking/clerk/opened.jinja", {"staff": staff, "rows": list(_rows(entries))}
    )


class _Echo:
    """What csv.writer writes to: gives each line back."""

    def write(self, line: str) -> str:
        return line


def _of_trusts(staff: Staff) -> QuerySet[AuditEntry]:
    """Return the entries about patients of this person's trusts."""
    return AuditEntry.objects.of_trusts(staff.trust_codes).distinct()


def _rows(entries: QuerySet[AuditEntry] | Iterator[AuditEntry]) -> Iterator[AuditRow]:
    people: dict[str, str] = {
        person.actor: person.name for person in Staff.objects.select_related("user")
    }
    for entry in entries:
        reason = str(entry.detail.get("reason", ""))
        yield AuditRow(
            at=_say(entry.at),
            who=people.get(entry.actor, entry.actor),
            did=entry.action,
            patient=str(entry.patient_id or ""),
            referral=str(entry.referral_id or ""),
            appointment=str(entry.appointment_id or ""),
            reason=OPEN_REASONS.get(reason, reason),
        )


def _say(moment: datetime) -> str:
    return f"{moment.astimezone(LONDON):%Y-%m-%d %H:%M:%S}"


def escape_formula(text: str) -> str:
    """Return a cell that no spreadsheet runs: one that looks like a formula starts with a quote."""
    return f"'{text}" if text.lstrip(" ").startswith(FORMULA_STARTS) else text
