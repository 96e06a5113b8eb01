"""What is done with many rows of a list at once: whose they are, a phone list, a text."""

from collections.abc import Iterable, Iterator
from datetime import datetime

from django.http import HttpRequest, HttpResponse, QueryDict
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone

from booking.changes import audit
from booking.clerk.forms.bulk import ASK, CSV, GIVE, PRINT, TEXT, BulkForm, tokens_of
from booking.clerk.forms.listing import ListForm
from booking.clerk.notices import say_refused
from booking.clerk.permissions import MAY, Action, staff_page
from booking.models import AuditAction, Staff, WorklistRow
from booking.pages.csv_download import csv_download
from booking.pages.filters import say_phone
from booking.pages.posted import form_only
from booking.worklists import bulk
from times.london import LONDON

HEAD = ("List", "Urgency", "Patient", "Phone", "Why", "Due", "Who has it")


def colleagues_of(staff: Staff) -> list[Staff]:
    """Return who works the lists of a trust of this person's, by name."""
    theirs = Staff.who_work_for(staff.trust_codes).filter(role__in=MAY[Action.LISTS])
    return sorted(theirs.exclude(pk=staff.pk), key=lambda one: one.name)


@staff_page(Action.LISTS)
@form_only("work-lists")
def act(request: HttpRequest, staff: Staff) -> HttpResponseBase:
    """Do what the pressed button says with the rows that are ticked."""
    form = BulkForm(request.POST, colleagues=colleagues_of(staff))
    if not form.is_valid():
        say_refused(request, {"main-content": str(next(iter(form.errors.values()))[0])})
        return render(request, "booking/clerk/bulk_refused.jinja", _words(staff, form), status=400)
    do, now = form.cleaned_data["do"], timezone.now()
    if do in (PRINT, CSV):
        return _phone_list(request, staff, form, now)
    if do == ASK:
        return _ask(request, staff, form)
    if do == TEXT:
        done = bulk.text(form.seen, staff.trust_codes, now=now, actor=staff.actor)
        return _say(request, staff, form, done, "asked by text to phone us")
    to = staff
    if do == GIVE:
        to = Staff.objects.select_related("user").get(pk=form.cleaned_data["colleague"])
    done = bulk.assign(form.seen, to, staff.trust_codes, now=now, actor=staff.actor)
    return _say(request, staff, form, done, "yours" if to == staff else f"given to {to.name}")


def _words(staff: Staff, form: BulkForm) -> dict[str, object]:
    kind = form.data.get("kind", "")
    known = kind in WorklistRow.Kind.values
    page = reverse("work-list", args=[kind]) if known else reverse("work-lists")
    given = QueryDict(form.data.get("narrowed", ""))
    query = ListForm(given).address(many="1" if "many" in given else "")
    return {
        "staff": staff,
        "kind": kind if known else "",
        "narrowed": query,
        "back": f"{page}?{query}" if query else page,
    }


def _say(
    request: HttpRequest, staff: Staff, form: BulkForm, done: bulk.Done, what: str
) -> HttpResponse:
    """Say how many rows are done, and name each that is not, with the way to it."""
    named = WorklistRow.objects.of_trusts(staff.trust_codes).select_related("referral__patient")
    by_key = named.in_bulk([*done.changed, *done.not_for])
    words = {
        **_words(staff, form),
        "what": what,
        "count": len(done.done),
        "changed": [by_key[key] for key in done.changed if key in by_key],
        "hidden": sum(key not in by_key for key in done.changed),
        "not_for": [by_key[key] for key in done.not_for if key in by_key],
        "is_text": form.cleaned_data["do"] == TEXT,
    }
    status = 200 if done.done or not done.changed else 409
    return render(request, "booking/clerk/bulk_done.jinja", words, status=status)


def _ask(request: HttpRequest, staff: Staff, form: BulkForm) -> HttpResponse:
    """Show what a text would say and to how many it would go, before any goes."""
    same, changed = bulk.read(form.seen, staff.trust_codes)
    reached = [row for row in same if bulk.may_be_texted(row)]
    words = {
        **_words(staff, form),
        "reached": len(reached),
        "left": len(same) - len(reached),
        "changed": len(changed),
        "tokens": ",".join(tokens_of(reached).values()),
    }
    return render(request, "booking/clerk/bulk_text.jinja", words)


def _phone_list(
    request: HttpRequest, staff: Staff, form: BulkForm, now: datetime
) -> HttpResponseBase:
    """Show the people of the rows and their phones, to print or as a file; written down of each."""
    same, changed = bulk.read(form.seen, staff.trust_codes)
    people = [row.referral.patient_id for row in same if row.referral]
    audit.write_listed(people, now=now, actor=staff.actor, action=AuditAction.PHONE_LIST)
    if form.cleaned_data["do"] == CSV:
        return csv_download("phone-list.csv", [HEAD, *_lines(same)])
    words = {**_words(staff, form), "head": HEAD, "lines": list(_lines(same)), "now": now}
    return render(request, "booking/clerk/bulk_print.jinja", {**words, "changed": len(changed)})


def _lines(rows: Iterable[WorklistRow]) -> Iterator[tuple[str, ...]]:
    for row in rows:
        patient = row.referral.patient if row.referral else None
        phones = [] if patient is None or patient.died_at else patient.lines_to_ring
        yield (
            row.get_kind_display(),
            row.referral.get_urgency_display() if row.referral else "",
            patient.name if patient else "Not matched",
            "; ".join(f"{say_phone(number)} ({whose})" for number, whose in phones),
            row.reason,
            f"{row.due_at.astimezone(LONDON):%Y-%m-%d %H:%M}",
            (row.owner.get_full_name() or row.owner.get_username()) if row.owner else "",
        )
