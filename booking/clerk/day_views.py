"""The day list: who comes to a place on a day, on a screen, on paper or as a file; and who came."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_safe

from booking.appointments import trust_answers
from booking.appointments.attendance import mark_many
from booking.changes import audit
from booking.clerk.forms.day import DayForm, SheetForm
from booking.clerk.notices import say_refused
from booking.clerk.permissions import Action, may, staff_page
from booking.clerk.screen.day import (
    DayList,
    Line,
    day_address,
    places_on,
    show_day,
    unmarked_days,
    ways_from,
)
from booking.identifiers.codes import format_code
from booking.models import AuditAction, Referral, Staff
from booking.pages.csv_download import csv_download
from booking.pages.filters import say_exam, say_phone
from booking.pages.posted import form_only
from sites import places
from sites.places import Place
from times.london import LONDON

HEAD = (
    "Where", "From", "Until", "Visit", "Given name", "Family name", "Born", "Scan", "Minutes",
    "Needs", "Safety notes", "Questions not answered", "Phone", "Reference", "State",
)  # fmt: skip


@dataclass(frozen=True)
class Asked:
    """What the address of a day list says: the place, None for all of them, the day and scan."""

    place: Place | None
    day: date
    scan: str
    form: DayForm


@require_safe
@staff_page(Action.DAY)
def day(request: HttpRequest, staff: Staff) -> HttpResponse:
    """Show who comes to a place on a day; without a place, to which places anybody comes."""
    asked, now = _asked(request, staff), timezone.now()
    if asked is None:
        return _no_place(request, staff)
    words = {"staff": staff, "form": asked.form, "day": asked.day, "now": now}
    words["ways"] = ways_from(
        asked.place.slug if asked.place else "", asked.day, asked.scan, now=now
    )
    status = 400 if asked.form.errors else 200
    if asked.place is None:
        words["places"] = places_on(staff, asked.day, asked.scan, now=now)
        words["unmarked"] = unmarked_days(staff, now=now)
        return render(request, "booking/clerk/days.jinja", words, status=status)
    shown = show_day(staff, asked.place, asked.day, asked.scan, now=now)
    audit.write_listed(shown.patient_ids, now=now, actor=staff.actor, answers_of=shown.with_notes)
    words["shown"], words["may_see_notes"] = shown, may(staff, Action.ANSWERS)
    return render(request, "booking/clerk/day.jinja", words, status=status)


@require_safe
@staff_page(Action.DAY)
def on_paper(request: HttpRequest, staff: Staff) -> HttpResponse:
    """Show the day list of a place to print; who stands on it is written down as taken."""
    taken = _take(request, staff)
    if taken is None:
        return _no_place(request, staff)
    words = {"staff": staff, "shown": taken, "now": timezone.now(), "back": _address_of(taken)}
    return render(request, "booking/clerk/day_print.jinja", words)


@require_safe
@staff_page(Action.DAY)
def as_file(request: HttpRequest, staff: Staff) -> HttpResponseBase:
    """Return the day list of a place as a file for a spreadsheet; written down as taken."""
    taken = _take(request, staff)
    if taken is None:
        return _no_place(request, staff)
    name = f"day-list-{taken.place.slug}-{taken.day.isoformat()}.csv"
    return csv_download(name, [HEAD, *_cells(taken)])


@staff_page(Action.ATTEND)
@form_only("staff-day")
def mark(request: HttpRequest, staff: Staff) -> HttpResponse:
    """Say of the people of a sheet whether they came; name each of whom it was not said."""
    asked = _asked(request, staff)
    back = reverse("staff-day")
    if asked and asked.place:
        back = day_address("staff-day", place=asked.place.slug, day=asked.day, scan=asked.scan)
    form, now = SheetForm(request.POST), timezone.now()
    if not form.is_valid():
        say_refused(request, {"main-content": str(next(iter(form.errors.values()))[0])})
        words = {"staff": staff, "back": f"{back}#came"}
        return render(request, "booking/clerk/bulk_refused.jinja", words, status=400)
    done = mark_many(form.marks, staff.trust_codes, now=now, actor=staff.actor)
    named = [*done.missed, *done.changed, *done.early]
    audit.write_listed([one.referral.patient_id for one in named], now=now, actor=staff.actor)
    words = {
        "staff": staff,
        "back": back,
        "done": done,
        "missed": [
            (one, trust_answers.NEXT_STEP[Referral.Urgency(one.referral.urgency)])
            for one in done.missed
        ],
        "left": len(done.changed) + len(done.early) + done.gone,
    }
    status = 409 if words["left"] and not done.done else 200
    return render(request, "booking/clerk/day_done.jinja", words, status=status)


def _asked(request: HttpRequest, staff: Staff) -> Asked | None:
    """Return what is asked for; None if the place is none of this person's trusts."""
    own = places.places_of(staff.trust_codes)
    sent = request.POST if request.method == "POST" else request.GET
    form = DayForm(sent, places=own)
    form.is_valid()
    if "place" in form.errors:
        return None
    slug = form.cleaned_data["place"]
    place = next((one for one in own if one.slug == slug), None)
    return Asked(place, form.shown_day, form.cleaned_data.get("scan") or "", form)


def _no_place(request: HttpRequest, staff: Staff) -> HttpResponse:
    return render(request, "booking/clerk/day_no_place.jinja", {"staff": staff}, status=404)


def _take(request: HttpRequest, staff: Staff) -> DayList | None:
    """Return the list of a place that is asked for, and write down that it was taken."""
    asked, now = _asked(request, staff), timezone.now()
    if asked is None or asked.place is None:
        return None
    taken = show_day(staff, asked.place, asked.day, asked.scan, now=now)
    audit.write_listed(
        taken.patient_ids,
        now=now,
        actor=staff.actor,
        action=AuditAction.DAY_LIST,
        answers_of=taken.with_notes,
    )
    return taken


def _cells(taken: DayList) -> Iterator[tuple[str, ...]]:
    for group, lines in taken.groups:
        for line in lines:
            yield _cells_of(group, line)


def _cells_of(group: str, line: Line) -> tuple[str, ...]:
    one, visit, notes = line.appointment, line.visit, line.notes
    patient = one.referral.patient
    return (
        group,
        _clock(visit.start),
        _clock(visit.end),
        f"{visit.number} of {visit.of}",
        patient.given_name,
        patient.family_name,
        patient.born.isoformat(),
        say_exam(one.referral.exam),
        str(visit.minutes),
        "; ".join(line.needs),
        "; ".join(notes.words) if notes else "",
        str(notes.unanswered) if notes else "",
        say_phone(line.phone) if line.phone else "",
        format_code(one.reference),
        line.said or ("Not confirmed" if one.status == "pending" else ""),
    )


def _clock(moment: datetime) -> str:
    return f"{moment.astimezone(LONDON):%H:%M}"


def _address_of(shown: DayList) -> str:
    return day_address("staff-day", place=shown.place.slug, day=shown.day, scan=shown.scan)
