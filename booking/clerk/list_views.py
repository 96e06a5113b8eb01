"""The lists: what waits, who sees to it, and what became of it."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from booking.appointments import trust_answers
from booking.appointments.booking import AppointmentChanged
from booking.changes import audit
from booking.clerk.permissions import Action, staff_page
from booking.models import Appointment, Referral, Staff, WorklistRow
from booking.worklists import rows as worklist_rows

A_PAGE = 50
SAID_OF_THE_PATIENT = (WorklistRow.Outcome.ATTENDED, WorklistRow.Outcome.DID_NOT_ATTEND)
ENDS: dict[str, Referral.End] = {
    WorklistRow.Outcome.NOT_WANTED: Referral.End.NOT_WANTED,
    WorklistRow.Outcome.SENT_BACK: Referral.End.SENT_BACK,
}
"""What becomes of a row only with its referral's end."""


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
    now, error = timezone.now(), ""
    if request.method == "POST":
        if ends := _ends(request, found):
            return ends
        error = _do(request, staff, found)
        if not error:
            return redirect("work-row", row_id)
    elif found.referral:
        audit.write("viewed", now=now, actor=staff.actor, referral=found.referral, row=found.pk)
    events = list(found.events.order_by("pk"))
    keys = {int(event.actor.split()[1]) for event in events if event.actor.startswith("staff ")}
    people = {
        person.actor: person.name
        for person in Staff.objects.select_related("user").filter(pk__in=keys)
    }
    return render(
        request,
        "booking/clerk/row.jinja",
        {
            "staff": staff,
            "row": found,
            "events": [(event, people.get(event.actor, event.actor)) for event in events],
            "outcomes": outcomes_of(found),
            "error": error,
            "typed": request.POST,
            "now": now,
        },
        status=400 if error else 200,
    )


def outcomes_of(row: WorklistRow) -> list[WorklistRow.Outcome]:
    """Return what may become of a row: of "Did they come?" only whether they did."""
    if row.kind == WorklistRow.Kind.UNMARKED:
        return list(SAID_OF_THE_PATIENT)
    return [one for one in WorklistRow.Outcome if one not in SAID_OF_THE_PATIENT]


def _ends(request: HttpRequest, found: WorklistRow) -> HttpResponse | None:
    """Send on to the referral's end whoever says that the scan is over; the row waits for that."""
    reason = ENDS.get(request.POST.get("outcome", ""))
    if request.POST.get("do") != "close" or not reason or found.referral is None:
        return None
    return redirect(f"{reverse('referral-end', args=[found.referral.pk])}?reason={reason}")


def _mark(staff: Staff, appointment: Appointment, outcome: str) -> str:
    """Say whether the patient came, which closes the row; return what is wrong, or nothing."""
    came = outcome == WorklistRow.Outcome.ATTENDED
    say = trust_answers.attended if came else trust_answers.missed
    try:
        say(appointment, appointment.version, now=timezone.now(), actor=staff.actor)
    except (AppointmentChanged, trust_answers.TooEarly):
        return "Somebody else has just changed this appointment"
    return ""


def _do(request: HttpRequest, staff: Staff, found: WorklistRow) -> str:
    """Do what the form asks; return what is wrong, empty if it is done."""
    now, what = timezone.now(), request.POST.get("do", "")
    note = request.POST.get("note", "").strip()
    if what == "take" and not worklist_rows.take(found, staff.user, now=now, actor=staff.actor):
        return "Somebody else has taken this"
    if what == "give":
        worklist_rows.give_back(found, now=now, actor=staff.actor)
    if what == "close":
        outcome = request.POST.get("outcome", "")
        if outcome not in outcomes_of(found):
            return "Choose what became of it"
        if found.appointment and outcome in SAID_OF_THE_PATIENT:
            return _mark(staff, found.appointment, outcome)
        if not worklist_rows.close_row(found, outcome, now=now, actor=staff.actor):
            return "Somebody else has closed this"
    if note:
        worklist_rows.add_note(found, note, now=now, actor=staff.actor)
    elif what == "note":
        return "Type the note"
    return ""
