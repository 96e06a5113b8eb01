"""Who saw and changed what: by patient, by user, by act, by days, as a file; and who opened
another trust's patients."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import chain, islice
from typing import cast

from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse, QueryDict
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from booking.changes import audit
from booking.changes.sign_ins import NOBODY
from booking.clerk.forms.audit import AuditForm
from booking.clerk.forms.desk import OPEN_REASONS
from booking.clerk.forms.draft import FormDraft
from booking.clerk.idle import take_draft
from booking.clerk.permissions import Action, may, staff_page
from booking.clerk.screen.actors_in_words import names_of
from booking.models import AuditAction, AuditEntry, Patient, Staff
from booking.pages.csv_download import csv_download
from booking.pages.posted import form_only
from booking.patients import opening
from times.keyset import Key, Page, page_of
from times.london import LONDON

SHOWN = 200
AT_ONCE = 1000
"""Entries whose names are read together, of a file."""
NEWEST_FIRST = (Key("-pk", int),)
OPENED_SINCE = timedelta(days=90)
HEAD = ("at", "who", "did", "patient", "referral", "appointment", "reason")


@dataclass(frozen=True)
class AuditRow:
    """One entry as people read it. Of a patient who was joined to another record, that other."""

    entry: AuditEntry
    at: str
    who: str
    reason: str

    @property
    def patient(self) -> Patient | None:
        """Whom it is about, as they are known now."""
        patient = self.entry.patient
        return (patient.merged_into or patient) if patient else None

    @property
    def cells(self) -> tuple[str, ...]:
        """The line of the file: patients are numbers in it, for a file goes astray."""
        entry = self.entry
        keys = (entry.patient_id, entry.referral_id, entry.appointment_id)
        return (self.at, self.who, entry.action, *(str(key or "") for key in keys), self.reason)


@require_http_methods(["GET", "HEAD", "POST"])
@staff_page(Action.AUDIT)
def search(request: HttpRequest, staff: Staff) -> HttpResponse:
    """Search by patient, user, act and days. What is typed is posted: it names people."""
    form = AuditForm(request.POST if request.method == "POST" else None)
    if request.method == "GET":
        form = FormDraft(take_draft(request)).fill(form)
    page = None
    if form.is_valid():
        page = _page(form.search(_of_trusts(staff)), request.POST, staff)
    return render(
        request,
        "booking/clerk/audit.jinja",
        {"staff": staff, "form": form, "page": page, "may_open": may(staff, Action.FIND)},
        status=400 if form.errors else 200,
    )


@staff_page(Action.AUDIT)
@form_only("audit")
def export(request: HttpRequest, staff: Staff) -> HttpResponseBase:
    """Send what the search finds, all of it, as CSV whose cells a spreadsheet never runs."""
    form = AuditForm(request.POST)
    if not form.is_valid():
        return cast("HttpResponse", search(request))
    entries = form.search(_of_trusts(staff)).iterator(chunk_size=AT_ONCE)
    named = [one.pk for one in form.cleaned_data["patients"] or []]
    theirs = Patient.objects.of_trusts(staff.trust_codes).filter(pk__in=named)
    audit.write_export(
        "audit",
        theirs.values_list("pk", flat=True),
        now=timezone.now(),
        actor=staff.actor,
    )
    return csv_download("audit.csv", chain([HEAD], (row.cells for row in _rows(entries))))


@require_safe
@staff_page(Action.AUDIT)
def opened(request: HttpRequest, staff: Staff) -> HttpResponse:
    """List who opened this trust's patients from another trust, and why they said."""
    entries = _of_trusts(staff).filter(
        action=AuditAction.OPENED_WITH_REASON, at__gt=timezone.now() - OPENED_SINCE
    )
    page = _page(entries, request.GET, staff)
    now = timezone.now()
    counts = opening.counts_of_day(staff, now=now)
    names = names_of({actor for actor, _ in counts})
    asked = list(opening.to_answer(staff, now=now))
    audit.write_listed((one.patient_id for one in asked), now=now, actor=staff.actor)
    words = {
        "staff": staff, "page": page, "may_open": may(staff, Action.FIND), "asked": asked,
        "counts": [(names[actor], count) for actor, count in counts], "reasons": OPEN_REASONS,
        "free": opening.FREE_A_DAY,
    }  # fmt: skip
    return render(request, "booking/clerk/opened.jinja", words)


def _of_trusts(staff: Staff) -> QuerySet[AuditEntry]:
    """Return the entries about patients of this person's trusts, by any record of theirs; and
    what those who work there did that is about none: signing in, feeds, keys, accounts, files.
    """
    whose = Patient.objects.of_trusts(staff.trust_codes)
    # What happened to a record before it was joined to theirs is told of them, too.
    records = Patient.objects.filter(Q(pk__in=whose) | Q(merged_into__in=whose))
    colleagues = Staff.objects.filter(pk__in=Staff.at_trusts(staff.trust_codes))
    actors = [NOBODY, *(one.actor for one in colleagues)]
    of_nobody = Q(patient=None, actor__in=actors)
    return AuditEntry.objects.filter(Q(patient__in=records.values("pk")) | of_nobody)


def _page(entries: QuerySet[AuditEntry], given: QueryDict, staff: Staff) -> Page[AuditRow]:
    """Return a page of rows, and write down whose names stand on it."""
    named = entries.select_related("patient__merged_into")
    page = page_of(named, NEWEST_FIRST, given, size=SHOWN)
    rows = {row.entry.pk: row for row in _rows(page.rows)}
    seen = (row.patient.pk for row in rows.values() if row.patient)
    audit.write_listed(seen, now=timezone.now(), actor=staff.actor)
    return page.map(lambda entry: rows[entry.pk])


def _rows(entries: Iterable[AuditEntry]) -> Iterator[AuditRow]:
    left = iter(entries)
    while some := list(islice(left, AT_ONCE)):
        names = names_of({entry.actor for entry in some})
        for entry in some:
            reason = str(entry.detail.get("reason", ""))
            words = OPEN_REASONS.get(reason, reason)
            yield AuditRow(entry, _say(entry.at), names[entry.actor], words)


def _say(moment: datetime) -> str:
    return f"{moment.astimezone(LONDON):%Y-%m-%d %H:%M:%S}"
