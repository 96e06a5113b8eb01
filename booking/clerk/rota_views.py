"""The rota: who is told of suspected cancer, a page a week; gaps are shown before they happen."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import wraps
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from booking.alerts import rota as rotas
from booking.clerk.acts import page_changed
from booking.clerk.forms.rota import OVERRIDE, MobileForm, ShiftForm, WeekForm
from booking.clerk.notices import say_done
from booking.clerk.permissions import Action, staff_page
from booking.models import Shift, Staff
from booking.pages.posted import form_only
from booking.pages.subject import (
    SubjectChanged,
    read_subject,
    subject_of_shift,
    subject_token,
)
from sites.models import Trust
from times.london import LONDON, day_in_england

A_WEEK = timedelta(days=7)
MOST_AHEAD = timedelta(days=366)


@dataclass(frozen=True)
class Place:
    """One place of the chain in a week: each day's shifts, each with what its form carries."""

    label: str
    days: list[list[tuple[Shift, str]]]


def rota_page(view: Callable[..., HttpResponse]) -> Callable[..., Any]:
    """Give the view a trust of this person's own, by its code; others have no such page."""

    @wraps(view)
    @staff_page(Action.ROTA)
    def guarded(request: HttpRequest, staff: Staff, trust: str) -> HttpResponse:
        own = staff.trusts.filter(pk=trust).first()
        if own is None:
            return render(request, "booking/clerk/no_row.jinja", {"staff": staff}, status=404)
        return view(request, staff, own)

    return guarded


@require_safe
@staff_page(Action.ROTA)
def rotas_home(request: HttpRequest, staff: Staff) -> HttpResponse:
    """Lead to the rota of one's trust, the first of several."""
    first = staff.trusts.order_by("name").first()
    if first is None:
        return render(request, "booking/clerk/no_row.jinja", {"staff": staff}, status=404)
    return redirect("staff-rota-of", first.pk)


@require_http_methods(["GET", "HEAD", "POST"])
@rota_page
def rota(request: HttpRequest, staff: Staff, trust: Trust) -> HttpResponse:
    """Show a week of the rota and the gaps of the next 7 days; put somebody on it."""
    people = rotas.people(trust.pk)
    if request.method != "POST":
        return _show(request, staff, trust, ShiftForm(people=people, initial=_usual()))
    form = ShiftForm(request.POST, people=people)
    if form.is_valid():
        wanted = rotas.NewShift(
            trust.pk,
            form.cleaned_data["level"],
            form.chosen,
            form.begins_at,
            form.ends_at,
            is_override=OVERRIDE in form.cleaned_data["override"],
        )
        try:
            shift = rotas.add_shift(wanted, now=timezone.now(), actor=staff.actor)
        except rotas.ShiftInvalid as refusal:
            form.add_errors(refusal.errors)
        else:
            say_done(request, f"{shift.person.name} is on the rota.")
            return redirect(_week_address(trust, day_in_england(shift.begins_at)))
    return _show(request, staff, trust, form)


@rota_page
@form_only("staff-rota-of", "trust")
def remove(request: HttpRequest, staff: Staff, trust: Trust) -> HttpResponse:
    """Take a shift off the rota."""
    page = reverse("staff-rota-of", args=[trust.pk])
    try:
        seen = read_subject(request.POST)
        shift = Shift.objects.of_trust(trust.pk).filter(pk=seen.row, removed_at=None).first()
        if shift is None or seen != subject_of_shift(shift):
            raise SubjectChanged
        if not rotas.remove_shift(shift, now=timezone.now(), actor=staff.actor):
            raise SubjectChanged
    except SubjectChanged as changed:
        return page_changed(request, staff, page, changed)
    say_done(request, f"{shift.person.name} is off the rota then.")
    return redirect(_week_address(trust, day_in_england(max(shift.begins_at, timezone.now()))))


@rota_page
@form_only("staff-rota-of", "trust")
def mobile(request: HttpRequest, staff: Staff, trust: Trust) -> HttpResponse:
    """Keep somebody's mobile number, for texts about urgent requests."""
    people = rotas.people(trust.pk)
    form = MobileForm(request.POST, people=people)
    if not form.is_valid():
        usual = ShiftForm(people=people, initial=_usual())
        return _show(request, staff, trust, usual, form)
    rotas.set_phone(form.chosen, form.cleaned_data["mobile"], now=timezone.now(), actor=staff.actor)
    say_done(request, f"The mobile of {form.chosen.name} is kept.")
    return redirect("staff-rota-of", trust.pk)


def _show(
    request: HttpRequest,
    staff: Staff,
    trust: Trust,
    form: ShiftForm,
    mobile_form: MobileForm | None = None,
) -> HttpResponse:
    now = timezone.now()
    monday = _monday(request, day_in_england(now))
    begins = datetime.combine(monday, time(), LONDON)
    shifts = rotas.shifts_between(trust.pk, begins, begins + A_WEEK)
    people = rotas.people(trust.pk)
    days = [monday + timedelta(days=number) for number in range(7)]
    problem = mobile_form or form
    return render(
        request,
        "booking/clerk/rota.jinja",
        {
            "staff": staff,
            "trust": trust,
            "trusts": staff.trusts.order_by("name"),
            "days": days,
            "places": [_place(level, shifts, days) for level in Shift.Level],
            "before": _week_address(trust, monday - A_WEEK),
            "after": _week_address(trust, monday + A_WEEK),
            "gaps": rotas.gaps(trust.pk, now),
            "people": [(one, rotas.why_unreachable(one, trust.pk)) for one in people],
            "shift_form": form,
            "mobile_form": mobile_form or MobileForm(people=people),
            "form": problem,
            "now": now,
        },
        status=400 if problem.errors else 200,
    )


def _place(level: Shift.Level, shifts: list[Shift], days: list[date]) -> Place:
    ours = [one for one in shifts if one.level == level]
    return Place(str(level.label), [[(one, _carried(one)) for one in _on(ours, d)] for d in days])


def _on(shifts: list[Shift], day: date) -> list[Shift]:
    begins = datetime.combine(day, time(), LONDON)
    ends = datetime.combine(day + timedelta(days=1), time(), LONDON)
    return [one for one in shifts if one.begins_at < ends and one.ends_at > begins]


def _carried(shift: Shift) -> str:
    return subject_token(subject_of_shift(shift))


def _monday(request: HttpRequest, today: date) -> date:
    """Return the Monday of the week that the address asks for; this week’s for none of ours."""
    asked = WeekForm(request.GET)
    day = asked.cleaned_data["week"] if asked.is_valid() else None
    if day is None or abs(day - today) > MOST_AHEAD:
        day = today
    return day - timedelta(days=day.weekday())


def _week_address(trust: Trust, day: date) -> str:
    return f"{reverse('staff-rota-of', args=[trust.pk])}?week={day.isoformat()}"


def _usual() -> dict[str, Any]:
    """Return what a shift usually is: from today at 8 until tomorrow at 8."""
    today = day_in_england(timezone.now())
    return {
        "begins": today, "begins_hour": "08", "ends": today + timedelta(days=1), "ends_hour": "08",
    }  # fmt: skip
