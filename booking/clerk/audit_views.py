"""Who saw and changed what: by patient, by user, as a file; and who opened another trust's."""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import chain
from typing import NamedTuple, cast

from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse, QueryDict
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from booking.clerk.forms.audit import AuditForm
from booking.clerk.forms.desk import OPEN_REASONS
from booking.clerk.forms.draft import FormDraft
from booking.clerk.idle import take_draft
from booking.clerk.permissions import Action, staff_page
from booking.models import AuditAction, AuditEntry, Patient, Staff
from booking.pages.csv_download import csv_download
from booking.pages.posted import form_only
from times.keyset import Key, Page, page_of
from times.london import LONDON

SHOWN = 200
NEWEST_FIRST = (Key("-pk", int),)
OPENED_SINCE = timedelta(days=90)


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
    page = None
    if form.is_valid():
        page = _page(form.search(_of_trusts(staff)), request.POST)
    return render(
        request,
        "booking/clerk/audit.jinja",
        {"staff": staff, "form": form, "page": page},
        status=400 if form.errors else 200,
    )


@staff_page(Action.AUDIT)
@form_only("audit")
def export(request: HttpRequest, staff: Staff) -> HttpResponseBase:
    """Send what the search finds, all of it, as CSV whose cells a spreadsheet never runs."""
    form = AuditForm(request.POST)
    if not form.is_valid():
        return cast("HttpResponse", search(request))
    entries = form.search(_of_trusts(staff))
    rows = _rows(entries.iterator(chunk_size=1000))
    return csv_download("audit.csv", chain([AuditRow._fields], rows))


@require_safe
@staff_page(Action.AUDIT)
def opened(request: HttpRequest, staff: Staff) -> HttpResponse:
    """List who opened this trust's patients from another trust, and why they said."""
    entries = _of_trusts(staff).filter(
        action=AuditAction.OPENED_WITH_REASON, at__gt=timezone.now() - OPENED_SINCE
    )
    page = _page(entries, request.GET)
    return render(request, "booking/clerk/opened.jinja", {"staff": staff, "page": page})


def _of_trusts(staff: Staff) -> QuerySet[AuditEntry]:
    """Return the entries about patients of this person's trusts, by any record of theirs."""
    whose = Patient.objects.of_trusts(staff.trust_codes)
    # What happened to a record before it was joined to theirs is told of them, too.
    records = Patient.objects.filter(Q(pk__in=whose) | Q(merged_into__in=whose))
    return AuditEntry.objects.filter(patient__in=records.values("pk"))


def _page(entries: QuerySet[AuditEntry], given: QueryDict) -> Page[AuditRow]:
    page = page_of(entries, NEWEST_FIRST, given, size=SHOWN)
    return replace(page, rows=list(_rows(page.rows)))


def _rows(entries: Iterable[AuditEntry]) -> Iterator[AuditRow]:
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
