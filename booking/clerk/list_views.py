"""The lists: what waits, who sees to it, and what became of it."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from booking.changes import audit
from booking.clerk.acts import page_changed
from booking.clerk.forms.draft import FormDraft
from booking.clerk.forms.lists import CLOSE, GIVE, TAKE, RowForm
from booking.clerk.idle import keep_draft, take_draft
from booking.clerk.notices import say_refused
from booking.clerk.permissions import Action, staff_page
from booking.identifiers.actors import staff_key
from booking.models import AuditAction, Staff, WorklistRow
from booking.models.worklist import WorklistEvent
from booking.pages.subject import SubjectChanged, read_subject, subject_of_row, subject_token
from booking.worklists import rows as worklist_rows

A_PAGE = 50


@require_safe
@staff_page(Action.LISTS)
def work_list(request: HttpRequest, staff: Staff, kind: str = "") -> HttpResponse:
    """Show one list, or all of them together: urgency first, then due time."""
    now = timezone.now()
    if kind and kind not in WorklistRow.Kind.values:
        return redirect("work-lists")
    typed = request.GET.get("page", "1")
    number = int(typed) if typed.isdigit() and typed.isascii() and len(typed) < 5 else 1
    start = (max(number, 1) - 1) * A_PAGE
    rows = list(worklist_rows.open_rows(staff.trust_codes, kind)[start : start + A_PAGE + 1])
    named = [one.referral.patient_id for one in rows if one.referral]
    audit.write_listed(named, now=now, actor=staff.actor)
    return render(
        request,
        "booking/clerk/lists.jinja",
        {
            "staff": staff,
            "kind": WorklistRow.Kind(kind) if kind else None,
            "counts": worklist_rows.counts(staff.trust_codes, now),
            "rows": rows[:A_PAGE],
            "more": number + 1 if len(rows) > A_PAGE else None,
            "before": number - 1 if number > 1 else None,
            "now": now,
        },
    )


@require_http_methods(["GET", "HEAD", "POST"])
@staff_page(Action.LISTS)
def row(request: HttpRequest, staff: Staff, row_id: int) -> HttpResponse:
    """Show one row and its history; take it, give it back, note, or close it with an outcome."""
    mine = WorklistRow.objects.select_related(
        "referral__patient", "referral__exam", "appointment__site", "owner", "trust"
    )
    found = mine.filter(pk=row_id).first()
    if found is None or (found.trust_id and found.trust_id not in staff.trust_codes):
        return render(request, "booking/clerk/no_row.jinja", {"staff": staff}, status=404)
    about = subject_of_row(found)
    if request.method == "POST":
        try:
            read_subject(request.POST).must_be(about)
        except SubjectChanged as changed:
            return page_changed(request, staff, request.path, changed)
        act = request.POST.get("do", "")
        form = RowForm(request.POST, act=act)
        if form.is_valid():
            refused = _act(found, staff, act, **form.cleaned_data)
            if refused:
                keep_draft(staff.pk, request.path, request, timezone.now())
                say_refused(request, {"main-content": refused})
            return redirect("work-row", row_id)
    else:
        form = FormDraft(take_draft(request)).fill(RowForm())
        _note_view(found, staff)
    return render(
        request,
        "booking/clerk/row.jinja",
        {
            "staff": staff,
            "row": found,
            "about": subject_token(about),
            "events": _history(found),
            "form": form,
            "now": timezone.now(),
        },
        status=400 if form.errors else 200,
    )


def _note_view(row: WorklistRow, staff: Staff) -> None:
    if row.referral:
        now = timezone.now()
        audit.write(
            AuditAction.VIEWED, now=now, actor=staff.actor, referral=row.referral, row=row.pk
        )


def _history(row: WorklistRow) -> list[tuple[WorklistEvent, str]]:
    """Return what happened to the row, and the name of who did it."""
    events = list(row.events.order_by("pk"))
    keys = {staff_key(event.actor) for event in events}
    people: dict[str, str] = {
        person.actor: person.name
        for person in Staff.objects.select_related("user").filter(pk__in=keys)
    }
    return [(event, people.get(event.actor, event.actor)) for event in events]


def _act(row: WorklistRow, staff: Staff, act: str, *, note: str, outcome: str) -> str:
    """Do what the pressed button says; return why that is refused, empty if it is done."""
    now = timezone.now()
    if act == TAKE and not worklist_rows.take(row, staff.user, now=now, actor=staff.actor):
        return "Somebody else has taken this"
    if act == GIVE:
        worklist_rows.give_back(row, now=now, actor=staff.actor)
    if act == CLOSE and not worklist_rows.close_row(row, outcome, now=now, actor=staff.actor):
        return "Somebody else has closed this"
    if note:
        worklist_rows.add_note(row, note, now=now, actor=staff.actor)
    return ""
