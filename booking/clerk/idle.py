"""Ends a staff session that nobody has used, and keeps what was being typed."""

from collections.abc import Callable
from datetime import datetime, timedelta

from django.conf import settings
from django.contrib.auth import logout
from django.contrib.auth.models import AnonymousUser
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse
from django.urls import Resolver404, resolve
from django.utils import timezone

from booking.changes import sign_ins
from booking.clerk.permissions import came_from, load_again
from booking.models import Draft
from received.text import keep_fit
from times.together import Part, first_of, read

POLLED = ("/staff/alerts/now/", "/staff/times/now/")
"""What open pages ask for by themselves: that is no use of them."""
NOTED_EVERY = timedelta(seconds=30)
"""That a session is used is written at most this often."""
NEVER_KEPT = {"csrfmiddlewaretoken", "code", "slot"}
SECRET = "password"
"""What the name of a field has in it that is never kept, in whatever form."""
FILLS_IN_AGAIN = {
    "audit", "desk", "patient", "refer", "referral-end", "referral-exam", "referral-number",
    "referral-questions", "referral-urgency", "work-row",
}  # fmt: skip
"""Pages, by their address's name, that take what was kept for them."""
TYPED = {"caller_name", "mobile", "needs", "note", "place", "who"}
"""Fields of the patient's screen and of a row that people type into."""
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
            is_over = now - seen > timedelta(minutes=settings.STAFF_IDLE_MINUTES)
            if request.path.startswith(POLLED):
                if is_over:  # says that it waits for the next page: what is open stays as it is
                    request.user = AnonymousUser()
                return get_response(request)
            if is_over:
                return _end(request, now)
            # A page that asks again by itself is not somebody who uses it.
            is_used = not request.headers.get("HX-Request")
            if is_used and (now - seen > NOTED_EVERY or "seen" not in request.session):
                request.session["seen"] = now.isoformat()
        return get_response(request)

    return check


def _end(request: HttpRequest, now: datetime) -> HttpResponse:
    """Sign out, and lead back to the page with the search that it had; say what is kept."""
    user_id = request.user.pk or 0
    sign_ins.signed_out(user_id, now=now, reason=sign_ins.IDLE)
    if request.headers.get("HX-Request"):
        logout(request)
        return load_again()
    is_shown = request.method in ("GET", "HEAD")
    page = request.get_full_path() if is_shown else came_from(request)
    is_kept = request.method == "POST" and _fills_in_again(page)
    if is_kept:
        keep_draft(user_id, page, request, now)
    logout(request)
    answer = redirect_to_login(page, login_url="/staff/sign-in/?idle=1")
    if is_kept:
        answer["Location"] += "&idle=kept"
    return answer


def is_typed(request: HttpRequest) -> bool:
    """Return whether the form of a screen or a row had anything in it that somebody typed."""
    return any(name in TYPED and str(value).strip() for name, value in request.POST.items())


def _fills_in_again(page: str) -> bool:
    try:
        return resolve(page.partition("?")[0]).url_name in FILLS_IN_AGAIN
    except Resolver404:
        return False


def keep_draft(user_id: int, page: str, request: HttpRequest, now: datetime) -> None:
    """Keep the fields of a form for the user, in place of what was kept for that page before."""
    fields = {
        name: [keep_fit(value[:LONGEST_FIELD]) for value in values]
        for name, values in request.POST.lists()
        if name not in NEVER_KEPT and SECRET not in name
    }
    Draft.objects.update_or_create(
        user_id=user_id, page=page.partition("?")[0], defaults={"fields": fields, "kept_at": now}
    )


def take_draft(request: HttpRequest) -> dict[str, list[str]]:
    """Return what the user had typed on this page when their session ended, once."""
    return read(draft_of(request))


def draft_of(request: HttpRequest) -> Part[dict[str, list[str]]]:
    """Read and empty what take_draft returns."""
    drafts = Draft.objects.filter(user_id=request.user.pk or 0, page=request.path)
    draft = yield from first_of(drafts.order_by("pk"))
    if draft is None or not draft.fields:
        return {}
    Draft.objects.filter(pk=draft.pk).update(fields={})
    fields: dict[str, list[str]] = draft.fields
    return fields
