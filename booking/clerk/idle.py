"""Ends a staff session that nobody uses, or that lasts a day, and keeps what was being typed."""

from collections.abc import Callable
from datetime import datetime, timedelta
from urllib.parse import urlencode

from django.conf import settings
from django.contrib.auth import logout
from django.contrib.auth.models import AnonymousUser
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse
from django.urls import Resolver404, resolve, reverse
from django.utils import timezone

from booking.changes import sign_ins
from booking.clerk.accounts import staff_of_account
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
NOT_SENT_AGAIN = {
    "password", "recovery-codes", "second-factor", "second-factor-set-up", "sign-out-everywhere",
    "staff-sign-in", "staff-sign-out",
}  # fmt: skip
"""Addresses whose forms are about signing in or out: nobody is asked to send them again."""
SENT = "sent "
"""Before the address of a form that is kept whole: it is shown and sent from there, and fills in no
page."""
LONGEST_ADDRESS = 190


def end_idle_sessions(
    get_response: Callable[[HttpRequest], HttpResponse],
) -> Callable[[HttpRequest], HttpResponse]:
    """Sign out who was away longer than STAFF_IDLE_MINUTES, or is in for STAFF_SESSION_HOURS.

    Patients' sessions are not touched.

    What a form brought is kept for the user and filled in again once they are back; nothing
    that it asked for is done.
    """

    def check(request: HttpRequest) -> HttpResponse:
        # Whoever sent no session is not asked for one: what they get would else vary by cookie.
        if settings.SESSION_COOKIE_NAME in request.COOKIES and request.user.is_authenticated:
            now = timezone.now()
            seen = datetime.fromisoformat(request.session.get("seen", now.isoformat()))
            reason = _why_over(request, seen, now)
            if request.path.startswith(POLLED):
                if reason:  # says that it waits for the next page: what is open stays as it is
                    request.user = AnonymousUser()
                return get_response(request)
            if reason:
                return _end(request, reason, now)
            # A page that asks again by itself is not somebody who uses it.
            is_used = not request.headers.get("HX-Request")
            if is_used and (now - seen > NOTED_EVERY or "seen" not in request.session):
                request.session["seen"] = now.isoformat()
        return get_response(request)

    return check


def _why_over(request: HttpRequest, seen: datetime, now: datetime) -> str:
    """Return why a session ends now, as the audit says it; empty if it goes on."""
    if now - seen > timedelta(minutes=settings.STAFF_IDLE_MINUTES):
        return sign_ins.IDLE
    # A session of before this was written down begins now.
    began = datetime.fromisoformat(request.session.setdefault(sign_ins.BEGAN_AT, now.isoformat()))
    if _is_ended(request, began):
        return sign_ins.EVERYWHERE
    is_long = now - began >= timedelta(hours=settings.STAFF_SESSION_HOURS)
    return sign_ins.LASTED if is_long else ""


def _is_ended(request: HttpRequest, began: datetime) -> bool:
    staff = staff_of_account(request.user)
    ended = staff.sessions_end_at if staff else None
    return ended is not None and began <= ended


def _end(request: HttpRequest, reason: str, now: datetime) -> HttpResponse:
    """Sign out, and lead back to the page with the search that it had; say what is kept."""
    user_id = request.user.pk or 0
    sign_ins.signed_out(user_id, now=now, reason=reason)
    if request.headers.get("HX-Request"):
        logout(request)
        return load_again()
    is_shown = request.method in ("GET", "HEAD")
    page = request.get_full_path() if is_shown else came_from(request)
    is_kept = request.method == "POST" and _says_its_page(request) and _fills_in_again(page)
    if is_kept:
        keep_draft(user_id, page, request, now)
    elif _may_be_sent_again(request):
        is_kept = True
        keep_draft(user_id, SENT + request.path, request, now)
        page = f"{reverse('kept')}?{urlencode({'of': request.path})}"
    logout(request)
    why = "long" if reason == sign_ins.LASTED else "1"
    answer = redirect_to_login(page, login_url=f"/staff/sign-in/?idle={why}")
    if is_kept:
        answer["Location"] += "&kept=1"
    return answer


def is_typed(request: HttpRequest) -> bool:
    """Return whether the form of a screen or a row had anything in it that somebody typed."""
    return any(name in TYPED and str(value).strip() for name, value in request.POST.items())


def _says_its_page(request: HttpRequest) -> bool:
    """Return whether a form says which page of ours it stood on: else it belongs to none."""
    return "/staff/" in request.headers.get("Referer", "")


def _fills_in_again(page: str) -> bool:
    try:
        return resolve(page.partition("?")[0]).url_name in FILLS_IN_AGAIN
    except Resolver404:
        return False


def _may_be_sent_again(request: HttpRequest) -> bool:
    """Return whether a form is kept whole. A file that was sent with it is not, so it is not."""
    if request.method != "POST" or request.FILES or len(request.path) > LONGEST_ADDRESS:
        return False
    try:
        name = resolve(request.path).url_name
    except Resolver404:
        return False
    return request.path.startswith("/staff/") and name not in NOT_SENT_AGAIN


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
    fields = yield from _drafted(request, request.path)
    return fields


def take_sent(request: HttpRequest, address: str) -> dict[str, list[str]]:
    """Return the form that the user had sent to an address when their session ended, once."""
    return read(_drafted(request, SENT + address))


def _drafted(request: HttpRequest, page: str) -> Part[dict[str, list[str]]]:
    drafts = Draft.objects.filter(user_id=request.user.pk or 0, page=page)
    draft = yield from first_of(drafts.order_by("pk"))
    if draft is None or not draft.fields:
        return {}
    Draft.objects.filter(pk=draft.pk).update(fields={})
    fields: dict[str, list[str]] = draft.fields
    return fields
