"""Who saw and changed what: by patient, by user, as a file; and who opened another trust's."""

import csv
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import NamedTuple, cast

from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from booking.clerk.desk_views import OPEN_REASONS
from booking.clerk.permissions import Action, staff_page
from booking.models import AuditEntry, Staff
from booking.patients.lookup import LookupInvalid, find_patients
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
    entries, error = _found(request, staff)
    rows = list(_rows(entries[:SHOWN])) if request.method == "POST" and not error else []
    return render(
        request,
        "booking/clerk/audit.jinja",
        {
            "staff": staff,
            "rows": rows,
            "searched": request.method == "POST" and not error,
            "shown": SHOWN,
            "typed": request.POST,
            "error": error,
            "colleagues": _colleagues(staff),
        },
        status=400 if error else 200,
    )


@require_POST
@staff_page(Action.AUDIT)
def export(request: HttpRequest, staff: Staff) -> HttpResponseBase:
    """Send what the search finds, all of it, as CSV whose cells a spreadsheet never runs."""
    entries, error = _found(request, staff)
    if error:
        return cast("HttpResponse", search(request))
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
        .filter(action="opened with a reason", at__gt=timezone.now() - OPENED_SINCE)
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
    ours = Q(patient__referrals__trust__in=staff.trust_codes)
    return AuditEntry.objects.filter(ours).distinct()


def _found(request: HttpRequest, staff: Staff) -> tuple[QuerySet[AuditEntry], str]:
    """Return the entries that the form asks for, newest first, and what is wrong with it."""
    entries = _of_trusts(staff)
    who, user = request.POST.get("who", "").strip(), request.POST.get("user", "")
    if request.method == "POST" and not who and not user:
        return entries.none(), "Say which patient or which user to look for"
    if who:
        try:
            patients = find_patients(who).patients
        except LookupInvalid as error:
            return entries.none(), str(error)
        entries = entries.filter(patient__in=[one.pk for one in patients])
    if user == "patient":
        entries = entries.filter(actor="patient")
    elif user:
        entries = entries.filter(actor=f"staff {user[:20]}")
    return entries.order_by("-pk"), ""


def _colleagues(staff: Staff) -> list[Staff]:
    """Return everybody who may have looked: all staff, for another trust's are the point."""
    return list(Staff.objects.select_related("user").order_by("user__username")[:500])


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
