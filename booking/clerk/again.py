"""Asks once more who somebody is, before something that would let a thief of their session stay.

The form that they sent goes through the page that asks, field by field, and is answered as ever
once the password was right: nothing is typed twice, and what it is about stays what it was.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from functools import wraps
from typing import Any

from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, logout
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils import timezone

from booking.changes import second_factors, sign_ins
from booking.clerk.forms.sign_in import AgainByCodeForm, AgainForm
from booking.models import Staff

WRONG_PASSWORDS = 5
"""Wrong passwords of whoever has a session already, after which it ends."""

FIELD = "again_password"
NOT_CARRIED = {"csrfmiddlewaretoken", FIELD}
View = Callable[..., HttpResponseBase]


def sure_who(view: View) -> Callable[..., Any]:
    """Let a form through from whoever signed in within SIGN_IN_AGAIN_MINUTES; ask the others again.

    Stands under `staff_page`: whether they may at all is asked before.
    """

    @wraps(view)
    def guarded(request: HttpRequest, staff: Staff, *args: Any, **kwargs: Any) -> HttpResponseBase:
        now = timezone.now()
        if request.method != "POST" or _is_sure(request, now):
            return view(request, staff, *args, **kwargs)
        by_code = not _has_password(request, staff)
        kind = AgainByCodeForm if by_code else AgainForm
        is_answered = not request.POST.keys().isdisjoint({FIELD})
        form = kind(request.POST if is_answered else None)
        if form.is_valid():
            if _is_right(staff, next(iter(form.cleaned_data.values())), by_code, now):
                request.session[sign_ins.SIGNED_IN_AT] = now.isoformat()
                request.session.pop("wrong_passwords", None)
                return view(request, staff, *args, **kwargs)
            if count_wrong_password(request, staff):
                return redirect("staff-sign-in")
            form.add_error(next(iter(form.fields)), "That is not right. Try again")
        return _ask(request, staff, form, by_code=by_code)

    guarded.asks_again = True  # type: ignore[attr-defined]
    return guarded


def count_wrong_password(request: HttpRequest, staff: Staff) -> bool:
    """Count a wrong password of whoever has a session; return whether it ended the session.

    They may sit at somebody else's desk.
    """
    now = timezone.now()
    sign_ins.failed(staff.pk, sign_ins.ASKED_AGAIN, now=now)
    wrong = request.session["wrong_passwords"] = request.session.get("wrong_passwords", 0) + 1
    if wrong < WRONG_PASSWORDS:
        return False
    logout(request)
    sign_ins.signed_out(staff.pk, now=now, reason=sign_ins.WRONG_PASSWORDS)
    return True


def _is_sure(request: HttpRequest, now: datetime) -> bool:
    said: str = request.session.get(sign_ins.SIGNED_IN_AT, "")
    kept = timedelta(minutes=settings.SIGN_IN_AGAIN_MINUTES)
    return bool(said) and now - datetime.fromisoformat(said) < kept


def _has_password(request: HttpRequest, staff: Staff) -> bool:
    is_theirs = "oidc" in request.session.get(BACKEND_SESSION_KEY, "")
    return not is_theirs and staff.user.has_usable_password()


def _is_right(staff: Staff, typed: str, by_code: bool, now: datetime) -> bool:
    if by_code:
        return second_factors.is_right(staff.user, typed, now=now)
    return staff.user.check_password(typed)


def _ask(
    request: HttpRequest, staff: Staff, form: AgainForm | AgainByCodeForm, *, by_code: bool
) -> HttpResponse:
    """Show the page that asks; of who can show nothing here, whose trust asks, to sign in again."""
    carried = [
        (name, value)
        for name, values in request.POST.lists()
        if name not in NOT_CARRIED
        for value in values
    ]
    words = {
        "staff": staff, "form": form, "carried": carried,
        "can_show": not by_code or second_factors.has_one(staff.user),
    }  # fmt: skip
    status = 400 if form.errors else 403
    answer = render(request, "booking/clerk/again.jinja", words, status=status)
    answer["Cache-Control"] = "no-store"
    return answer
