"""Requests of suspected cancer: the banner of every page, the screen of them all, and one of them.

An open page asks for news by itself every few seconds; that is no use of it (idle.py), and shows
nothing to who is not signed in any more.
"""

from collections.abc import Callable
from datetime import datetime
from functools import wraps
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from booking.alerts import acknowledging, closing, figures
from booking.alerts.rota import duties
from booking.alerts.state import AlertChanged
from booking.changes import audit
from booking.clerk.accounts import waiting_of
from booking.clerk.acts import page_changed
from booking.clerk.forms.alerts import ACKNOWLEDGE, CLOSE, BoardForm, CloseForm
from booking.clerk.forms.hidden import PressForm
from booking.clerk.notices import say_done, say_refused
from booking.clerk.permissions import Action, may, staff_at_work, staff_page
from booking.clerk.screen import alerts as screen
from booking.models import Alert, AuditAction, Staff
from booking.pages.subject import (
    SubjectChanged,
    read_subject,
    subject_of_alert,
    subject_token,
)
from times.keyset import Key, page_of

A_PAGE = 50
OLDEST_FIRST = (Key("raised_at", datetime), Key("pk", int))
NOTHING_NEW = 204
STOP_ASKING = 286
"""htmx's own: what is shown now is the last, and the page asks no more."""


def banner_of(staff: Staff) -> figures.Waiting | None:
    """Return what the banner of every page says to this person; None to who has no part in it."""
    return waiting_of(staff) if may(staff, Action.ALERTS) else None


@staff_page(Action.ALERTS)
def _to_the_screen(request: HttpRequest, staff: Staff) -> HttpResponse:
    return redirect("staff-alerts")


def news(view: Callable[[HttpRequest, Staff], HttpResponse]) -> Callable[..., HttpResponse]:
    """Make a view of what an open page asks for by itself; a browser's own call gets the screen."""

    @require_safe
    @wraps(view)
    def guarded(request: HttpRequest) -> HttpResponse:
        if not request.headers.get("HX-Request"):
            answer: HttpResponse = _to_the_screen(request)
            return answer
        staff = staff_at_work(request)
        if staff is None or not may(staff, Action.ALERTS):
            return render(request, "booking/clerk/_urgent_out.jinja", status=STOP_ASKING)
        return view(request, staff)

    return guarded


@news
def banner(request: HttpRequest, staff: Staff) -> HttpResponse:
    """Answer what the banner says now, or that it says so already."""
    waiting = waiting_of(staff)
    if _is_seen(request, waiting):
        return HttpResponse(status=NOTHING_NEW)
    return render(request, "booking/clerk/_urgent.jinja", {"waiting": waiting})


@news
def board(request: HttpRequest, staff: Staff) -> HttpResponse:
    """Answer the list of the screen as it is now, or that it is shown already."""
    waiting = waiting_of(staff)
    if _is_seen(request, waiting):
        return HttpResponse(status=NOTHING_NEW)
    return render(request, "booking/clerk/_alerts.jinja", _board(request, staff, waiting))


@require_safe
@staff_page(Action.ALERTS)
def alerts(request: HttpRequest, staff: Staff) -> HttpResponse:
    """Show all open alerts of one's trusts, the oldest first, and who is told of a new one."""
    waiting, now = waiting_of(staff), timezone.now()
    on_duty = [
        (trust, list(duties(trust.pk, now).values())) for trust in staff.trusts.order_by("name")
    ]
    context = _board(request, staff, waiting) | {"staff": staff, "on_duty": on_duty}
    return render(request, "booking/clerk/alerts.jinja", context)


@require_http_methods(["GET", "HEAD", "POST"])
@staff_page(Action.ALERTS)
def alert(request: HttpRequest, staff: Staff, alert_id: int) -> HttpResponse:
    """Show one alert and its history; acknowledge it, or close it with a reason."""
    found = (
        Alert.objects.of_trusts(staff.trust_codes)
        .select_related("referral__patient", "referral__exam", "appointment__site", "trust")
        .filter(pk=alert_id)
        .first()
    )
    if found is None:
        return render(request, "booking/clerk/no_row.jinja", {"staff": staff}, status=404)
    reasons = [Alert.Reason.ENDED] if found.referral.ended_at else closing.BY_A_LEAD
    form = CloseForm(reasons=reasons)
    if request.method == "POST":
        try:
            form = CloseForm(request.POST, reasons=reasons)
            if done := _act(request, staff, found, form):
                return done
        except SubjectChanged as changed:
            return page_changed(request, staff, request.path, changed)
        except AlertChanged:
            return page_changed(request, staff, request.path, SubjectChanged())
    now = timezone.now()
    audit.write(AuditAction.VIEWED, now=now, actor=staff.actor, referral=found.referral)
    return render(
        request,
        "booking/clerk/alert.jinja",
        {
            "staff": staff,
            "one": screen.show([found], now)[0],
            "events": screen.history(found),
            "form": form,
            "may_acknowledge": may(staff, Action.ACKNOWLEDGE),
            "may_close": may(staff, Action.CLOSE_ALERT),
            "about": subject_token(subject_of_alert(found)),
            "now": now,
        },
        status=400 if form.errors else 200,
    )


def _act(request: HttpRequest, staff: Staff, alert: Alert, form: CloseForm) -> HttpResponse | None:
    """Do what was pressed; None if the form must say why not. Raises SubjectChanged."""
    seen, now = read_subject(request.POST), timezone.now()
    pressed = PressForm(request.POST).pressed
    action = {ACKNOWLEDGE: Action.ACKNOWLEDGE, CLOSE: Action.CLOSE_ALERT}.get(pressed)
    if action is None or not may(staff, action):
        say_refused(request, {"main-content": "Press one of the buttons"})
        return redirect("staff-alert", alert.pk)
    if seen.row != alert.pk or seen.referral != alert.referral_id:
        raise SubjectChanged
    if pressed == ACKNOWLEDGE:
        acknowledging.acknowledge(alert.pk, seen.version, now=now, actor=staff.actor)
        say_done(request, "Acknowledged. Nobody further is told. Now see that it is booked.")
        return redirect("staff-alerts")
    seen.must_be(subject_of_alert(alert))
    if not form.is_valid():
        return None
    sent = form.cleaned_data
    closing.close(alert.pk, seen.version, sent["reason"], sent["words"], now=now, actor=staff.actor)
    say_done(request, "Closed. A row on “Needs a person” asks for the referrer to be told.")
    return redirect("staff-alerts")


def _is_seen(request: HttpRequest, waiting: figures.Waiting) -> bool:
    form = BoardForm(request.GET)
    return form.is_valid() and form.cleaned_data["heard"] == waiting.seen


def _board(request: HttpRequest, staff: Staff, waiting: figures.Waiting) -> dict[str, Any]:
    """Return what the list of the screen shows, and write down whose names stood on it."""
    now = timezone.now()
    rows = figures.of_staff(staff).select_related(
        "referral__patient", "referral__exam", "appointment__site", "trust"
    )
    given = request.GET.copy()  # where in a long list somebody is, and what their page shows
    given.pop("heard", None)
    page = page_of(rows, OLDEST_FIRST, given, size=A_PAGE)
    audit.write_listed((one.referral.patient_id for one in page.rows), now=now, actor=staff.actor)
    return {
        "page": page,
        "shown": screen.show(page.rows, now),
        "waiting": waiting,
        "query": given.urlencode(),
        "may_acknowledge": may(staff, Action.ACKNOWLEDGE),
        "now": now,
    }
