"""One row of a list: who sees to it, what was found out, what became of it, and which is next."""

from datetime import datetime

from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from booking.appointments import trust_answers
from booking.appointments.booking import AppointmentChanged
from booking.changes import audit
from booking.clerk.acts import page_changed
from booking.clerk.forms.attempts import TriedForm
from booking.clerk.forms.draft import FormDraft
from booking.clerk.forms.listing import ALL, ListForm, NextForm
from booking.clerk.forms.lists import CLOSE, GIVE, NOTE, REOPEN, SAID_OF_THE_PATIENT, TAKE, RowForm
from booking.clerk.idle import keep_draft, take_draft
from booking.clerk.notices import say_done, say_refused, take_notices
from booking.clerk.permissions import Action, may, staff_page
from booking.clerk.screen.actors_in_words import names_within
from booking.clerk.screen.calls import show_calls
from booking.clerk.screen.instead import show_instead
from booking.clerk.screen.questions import Answers, show_answers
from booking.models import Appointment, AuditAction, Referral, Staff, WorklistRow
from booking.models.worklist import WorklistEvent
from booking.pages.posted import form_only
from booking.pages.subject import SubjectChanged, read_subject, subject_of_row, subject_token
from booking.patients import same_person
from booking.worklists import listing, reopening, subjects
from booking.worklists import rows as worklist_rows
from booking.worklists.written import Written, written_of
from times.keyset import place_of

A_ROW = (
    "referral__patient",
    "referral__exam",
    "appointment__site",
    "appointment__slot",
    "owner",
    "trust",
)
SAME_PERSON = WorklistRow.Kind.SAME_PERSON
ENDS: dict[str, Referral.End] = {
    WorklistRow.Outcome.NOT_WANTED: Referral.End.NOT_WANTED,
    WorklistRow.Outcome.SENT_BACK: Referral.End.SENT_BACK,
}
"""What becomes of a row only with its referral's end."""
DONE = {
    TAKE: "This row is yours now.",
    GIVE: "Anybody may take it now.",
    NOTE: "The note is saved.",
    CLOSE: "It is closed.",
    REOPEN: "It is open again.",
}
ACT, NEXT = "#act", "#next"
"""The parts of a row's page that the keyboard lands on: what is to be done, and the next row."""


@require_http_methods(["GET", "HEAD", "POST"])
@staff_page(Action.LISTS)
def row(request: HttpRequest, staff: Staff, row_id: int) -> HttpResponse:
    """Show one row and its history; take it, give it back, note, or close it with an outcome.

    Its address says of which list it is, and where it stands there, so that the next is known.
    """
    mine = WorklistRow.objects.of_trusts(staff.trust_codes).select_related(*A_ROW)
    found = mine.filter(pk=row_id).first()
    if found is None:
        return render(request, "booking/clerk/no_row.jinja", {"staff": staff}, status=404)
    about, where = subject_of_row(found), ListForm(request.GET).where(found)
    page = f"{request.path}?{where}"
    if request.method == "POST":
        try:
            read_subject(request.POST).must_be(about)
        except SubjectChanged as changed:
            return page_changed(request, staff, page, changed)
        form, call_form = RowForm(request.POST, row=found), TriedForm()
        if form.is_valid():
            sent = form.cleaned_data
            if ends := _ends(found, sent["do"], sent["outcome"]):
                return ends
            refused = _act(found, staff, sent["do"], note=sent["note"], outcome=sent["outcome"])
            if refused:
                keep_draft(staff.pk, request.path, request, timezone.now())
                say_refused(request, {"main-content": refused})
                return redirect(page)
            say_done(request, DONE[sent["do"]])
            return redirect(page + (ACT if sent["do"] in (TAKE, REOPEN) else NEXT))
    else:
        typed, wrong = take_draft(request), take_notices(request).errors
        form = FormDraft(typed).fill(RowForm(row=found))
        call_form = FormDraft(typed, wrong).fill(TriedForm())
        _note_view(found, staff)
    written = _written_of(request, staff, [found]).get(found.pk)
    if written and written.is_open and request.method != "POST":
        _note_read(written, staff)
    return render(
        request,
        "booking/clerk/row.jinja",
        {
            "staff": staff,
            "row": found,
            "written": written,
            "about": subject_token(about),
            "events": _history(found),
            "pair": same_person.pair_of(found) if found.kind == SAME_PERSON else None,
            "may_merge": may(staff, Action.MERGE),
            "may_release": may(staff, Action.RELEASE),
            "form": form,
            "calls": show_calls(found, timezone.now(), call_form),
            "may_lead": may(staff, Action.LEAD_CALLS),
            "answers": _answers_of(found, staff),
            "instead": show_instead(found, request.session, timezone.now()),
            "may_reopen": may(staff, Action.REOPEN) and _may_reopen(found),
            "where": where,
            "back": _list_of(request, found),
            "now": timezone.now(),
        },
        status=400 if form.errors else 200,
    )


@staff_page(Action.LISTS)
@form_only("work-lists")
def next_row(request: HttpRequest, staff: Staff) -> HttpResponse:
    """Give whoever asks the next row of a list, and show it; no two who ask get the same."""
    form = NextForm(request.POST)
    form.is_valid()
    asked = ListForm(form.given)
    kind, narrowed = asked.list_of(None), asked.narrowed
    seen = form.cleaned_data.get("seen", 0)
    found = listing.take_next(
        listing.Asked(staff, kind, narrowed, form.given), seen=seen, now=timezone.now()
    )
    if found is None:
        say_done(request, "No other row waits here for you: the rest is somebody’s, or for later.")
        return redirect(list_address(kind, asked))
    say_done(request, DONE[TAKE])
    where = asked.address(list=kind or ALL, after=place_of(found, narrowed.order))
    return redirect(f"{reverse('work-row', args=[found.pk])}?{where}{ACT}")


def list_address(kind: str, asked: ListForm) -> str:
    """Return the address of a list, or of all together, narrowed as was asked."""
    page = reverse("work-list", args=[kind]) if kind else reverse("work-lists")
    query = asked.address()
    return f"{page}?{query}" if query else page


def _list_of(request: HttpRequest, row: WorklistRow) -> str:
    asked = ListForm(request.GET)
    return list_address(asked.list_of(row), asked)


def _may_reopen(row: WorklistRow) -> bool:
    return row.closed_at is not None and reopening.asks_again(row)


def _answers_of(row: WorklistRow, staff: Staff) -> Answers | None:
    """Return the answers that a row is about, for who may see them; None of any other row."""
    if row.referral is None or not may(staff, Action.ANSWERS):
        return None
    if row.about != subjects.of_answers(row.referral).about:
        return None
    return show_answers(row.referral, staff, timezone.now())


def _ends(row: WorklistRow, act: str, outcome: str) -> HttpResponse | None:
    """Send on to the referral's end whoever says that the scan is over; the row waits for that."""
    reason = ENDS.get(outcome)
    if act != CLOSE or not reason or row.referral is None:
        return None
    return redirect(f"{reverse('referral-end', args=[row.referral.pk])}?reason={reason}")


def _mark(staff: Staff, appointment: Appointment, outcome: str) -> str:
    """Say whether the patient came, which closes the row; return what is wrong, or nothing."""
    came = outcome == WorklistRow.Outcome.ATTENDED
    say = trust_answers.attended if came else trust_answers.missed
    try:
        say(appointment, appointment.version, now=timezone.now(), actor=staff.actor)
    except AppointmentChanged:
        return "Somebody else has just changed this appointment"
    except trust_answers.TooEarly:
        return trust_answers.NOT_BEGUN
    return ""


def _note_view(row: WorklistRow, staff: Staff) -> None:
    if row.referral:
        now = timezone.now()
        audit.write(
            AuditAction.VIEWED, now=now, actor=staff.actor, referral=row.referral, row=row.pk
        )


def _written_of(request: HttpRequest, staff: Staff, rows: list[WorklistRow]) -> dict[int, Written]:
    return written_of(rows, staff.trust_codes, request.session.get("opened", []))


def _note_read(written: Written, staff: Staff) -> None:
    """Write down whose texts were read, as the page of texts does."""
    now = timezone.now()
    with transaction.atomic():
        for patient in written.people:
            audit.write(AuditAction.TEXTS_SEEN, now=now, actor=staff.actor, patient=patient)


def _history(row: WorklistRow) -> list[tuple[WorklistEvent, str]]:
    """Return what happened to the row, and the name of who did it."""
    events = list(row.events.order_by("pk"))
    who = names_within({event.actor for event in events})
    return [(event, who[event.actor]) for event in events]


def _close(row: WorklistRow, staff: Staff, outcome: str) -> str:
    """Close the row with its outcome; return why that is refused, empty if it is done."""
    if subjects.is_about_staff(row.about, staff.pk):
        return "This is about you: a colleague closes it"
    if row.appointment and outcome in SAID_OF_THE_PATIENT:
        return _mark(staff, row.appointment, outcome)
    if not worklist_rows.close_row(row, outcome, now=timezone.now(), actor=staff.actor):
        return "Somebody else has closed this"
    return ""


def _reopen(row: WorklistRow, staff: Staff, now: datetime) -> str:
    """Open the row again; return why that is refused, empty if it is done."""
    if not may(staff, Action.REOPEN):
        return "A lead opens a row again. Phone a lead"
    try:
        reopening.reopen(row, now=now, actor=staff.actor)
    except reopening.NothingToAsk:
        return "There is nothing to ask any more: what the row was about is done or over"
    except reopening.OpenAlready:
        return "It is open already, or another row about the same is"
    return ""


def _act(row: WorklistRow, staff: Staff, act: str, *, note: str, outcome: str) -> str:
    """Do what the pressed button says; return why that is refused, empty if it is done."""
    now = timezone.now()
    if act == TAKE and not worklist_rows.take(row, staff.user, now=now, actor=staff.actor):
        return "Somebody else has taken this"
    if act == GIVE:
        worklist_rows.give_back(row, now=now, actor=staff.actor)
    if act == CLOSE and (refused := _close(row, staff, outcome)):
        return refused
    if act == REOPEN and (refused := _reopen(row, staff, now)):
        return refused
    if note:
        worklist_rows.add_note(row, note, now=now, actor=staff.actor)
    return ""
