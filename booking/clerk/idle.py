"""Ends a staff session that nobody has used, and keeps what was being typed."""

from collections.abc import Callable
from datetime import datetime, timedelta

from django.conf import settings
from django.contrib.auth import logout
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from booking.clerk.permissions import came_from
from booking.models import Draft
from received.text import keep_fit

NOTED_EVERY = timedelta(seconds=30)
"""That a session is used is written at most this often."""
NEVER_KEPT = {"csrfmiddlewaretoken", "password", "code", "slot"}
LONGEST_FIELD = 5000


def end_idle_sessions(
    get_response: Callable[[HttpRequest], HttpResponse],
) -> Callable[[HttpRequest], HttpResponse]:
    """Sign out who was away longer than STAFF_IDLE_MINUTES; patients' sessions are not touched.

    What a form brought is kept for the user and filled in again once they are back; nothing
    that it asked for is done.
    """

    def check(request: HttpRequest) -> HttpResponse:
        if request.user.is_authenticated:
            now = timezone.now()
            seen = datetime.fromisoformat(request.session.get("seen", now.isoformat()))
            if now - seen > timedelta(minutes=settings.STAFF_IDLE_MINUTES):
                return _end(request, now)
            if now - seen > NOTED_EVERY or "seen" not in request.session:
                request.session["seen"] = now.isoformat()
        return get_response(request)

    return check


def _end(request: HttpRequest, now: datetime) -> HttpResponse:
    page = request.path if request.method in ("GET", "HEAD") else came_from(request)
    if request.method == "POST":
        keep_draft(request.user.pk or 0, page, request, now)
    logout(request)
    return redirect_to_login(page, login_url="/staff/sign-in/?idle=1")


def keep_draft(user_id: int, page: str, request: HttpRequest, now: datetime) -> None:
    """Keep the fields of a form for the user, in place of what was kept for that page before."""
    fields = {
        name: [keep_fit(value[:LONGEST_FIELD]) for value in values]
        for name, values in request.POST.lists()
        if name not in NEVER_KEPT
    }
    Draft.objects.update_or_create(
        user_id=user_id, page=page.partition("?")[0], defaults={"fields": fields, "kept_at": now}
    )


def take_draft(request: HttpRequest) -> dict[str, list[str]]:
    """Return what the user had typed on this page when their session ended, once."""
    draft = Draft.objects.filter(user_id=request.user.pk or 0, page=request.path).first()
    if draft is None or not draft.fields:
        return {}
    Draft.objects.filter(pk=draft.pk).update(fields={})
    fields: dict[str, list[str]] = draft.fields
    return fields
