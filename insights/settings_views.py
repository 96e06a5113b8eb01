"""Targets and re-basing, for network administrators: what holds, what was done, and setting it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from booking.clerk.acts import page_changed
from booking.clerk.forms.draft import FormDraft
from booking.clerk.idle import take_draft
from booking.clerk.notices import CHANGED, say_done, say_refused
from booking.clerk.permissions import Action, staff_page
from booking.clerk.screen.actors_in_words import names_of
from booking.models import Staff
from booking.pages.forms import form_page
from booking.pages.subject import SubjectChanged
from insights.forms.settings import RebaseForm, TargetForm, WhyForm, initial_of, say_month
from insights.measures import measure_of
from insights.models import Rebase, Target
from insights.targets import (
    ActsChanged,
    history,
    last_number,
    rebase,
    set_target,
    standing,
    take_rebase_away,
    take_target_away,
)
from sites.models import Trust
from times.london import say_date

Kind = TypeVar("Kind", Rebase, Target)
Form = TypeVar("Form", bound=WhyForm)
PAGE = "insights-settings"
METHODS = ["GET", "HEAD", "POST"]


@dataclass(frozen=True)
class Line:
    """An act as people read it. `value` is empty of a re-base."""

    number: int
    name: str
    trust: str
    month: str
    value: str
    is_on: bool
    why: str
    who: str
    day: str


@require_safe
@staff_page(Action.INSIGHT_SETTINGS)
def show(request: HttpRequest, staff: Staff) -> HttpResponse:
    """Show the targets and re-bases that hold, and all that was ever done to them."""
    words = {
        "staff": staff, "targets": _lines(standing(Target)), "rebases": _lines(standing(Rebase)),
        "target_acts": _lines(history(Target)), "rebase_acts": _lines(history(Rebase)),
    }  # fmt: skip
    return render(request, "insights/settings.jinja", words)


@require_http_methods(METHODS)
@staff_page(Action.INSIGHT_SETTINGS)
def target(request: HttpRequest, staff: Staff, number: int = 0) -> HttpResponse:
    """Set a target; of a number, one that stands is shown to be changed."""
    old = next((one for one in standing(Target) if one.number == number), None)
    start = {**(initial_of(old) if old else {}), "seen": last_number(Target)}
    form = _filled(request, TargetForm, start)
    if form.is_valid():
        try:
            set_target(form.about, form.cleaned_data["value"], **_rest(form, staff))
        except ActsChanged:
            return _changed(request, staff)
        say_done(request, "The target is set.")
        return redirect(PAGE)
    return form_page(request, "insights/target.jinja", form, {"staff": staff})


@require_http_methods(METHODS)
@staff_page(Action.INSIGHT_SETTINGS)
def new_rebase(request: HttpRequest, staff: Staff) -> HttpResponse:
    """Re-base a measure's charts from a month on."""
    form = _filled(request, RebaseForm, {"seen": last_number(Rebase)})
    if form.is_valid():
        try:
            rebase(form.about, **_rest(form, staff))
        except ActsChanged:
            return _changed(request, staff)
        say_done(request, "The chart is worked out anew from that month.")
        return redirect(PAGE)
    return form_page(request, "insights/rebase.jinja", form, {"staff": staff})


@require_http_methods(METHODS)
@staff_page(Action.INSIGHT_SETTINGS)
def target_away(request: HttpRequest, staff: Staff, number: int) -> HttpResponse:
    """Take a target away, with a reason."""
    return _away(request, staff, number, Target, take_target_away)


@require_http_methods(METHODS)
@staff_page(Action.INSIGHT_SETTINGS)
def rebase_away(request: HttpRequest, staff: Staff, number: int) -> HttpResponse:
    """Take a re-base away, with a reason."""
    return _away(request, staff, number, Rebase, take_rebase_away)


def _away(
    request: HttpRequest, staff: Staff, number: int, kind: type[Kind], take: Callable[..., Kind]
) -> HttpResponse:
    act = next((one for one in standing(kind) if one.number == number), None)
    if act is None:  # taken away, or changed, a moment ago
        say_refused(request, {"main-content": CHANGED})
        return redirect(PAGE)
    form = _filled(request, WhyForm, {"seen": last_number(kind)})
    if form.is_valid():
        try:
            take(act, **_rest(form, staff))
        except ActsChanged:
            return _changed(request, staff)
        say_done(request, "It is taken away.")
        return redirect(PAGE)
    words = {"staff": staff, "line": _lines([act])[0]}
    return form_page(request, "insights/away.jinja", form, words)


def _filled(request: HttpRequest, kind: type[Form], initial: dict[str, object]) -> Form:
    """Return what was sent; else what stands, with what was typed before somebody was first."""
    if request.method == "POST":
        return kind(request.POST)
    return FormDraft(take_draft(request)).fill(kind(initial=initial))


def _changed(request: HttpRequest, staff: Staff) -> HttpResponse:
    return page_changed(request, staff, request.path, SubjectChanged(), is_form_page=True)


def _rest(form: WhyForm, staff: Staff) -> dict[str, Any]:
    sent = form.cleaned_data
    return {"why": sent["why"], "seen": sent["seen"], "now": timezone.now(), "by": staff}


def _lines(acts: Sequence[Rebase | Target]) -> list[Line]:
    names = names_of({act.by for act in acts})
    trusts = dict(Trust.objects.values_list("code", "name"))
    return [_line(act, names, trusts) for act in acts]


def _line(act: Rebase | Target, names: dict[str, str], trusts: dict[str, str]) -> Line:
    measure = measure_of(act.measure)
    unit = measure.unit if measure else ""
    value = f"{act.value:g}{'' if unit == '%' else ' '}{unit}" if isinstance(act, Target) else ""
    trust = trusts.get(act.trust, act.trust) or "The network, and each trust"
    return Line(
        act.number, measure.name if measure else act.measure, trust, say_month(act.month),
        value.strip(), act.is_on, act.why, names[act.by], say_date(act.at),
    )  # fmt: skip
