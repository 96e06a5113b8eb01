"""Signing in and out: a password (or the trust's own sign-in), then a second factor.

Between the two the session knows only who is half in. Django's session begins after both, so
`request.user.is_authenticated` always means both.
"""

from datetime import datetime, timedelta
from io import BytesIO
from typing import Any

import segno
from django.conf import settings
from django.contrib.auth import login, logout, update_session_auth_hash
from django.contrib.auth.models import User
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_http_methods, require_safe

from booking.changes import second_factors, sign_ins, staff_accounts
from booking.clerk import devices
from booking.clerk.again import count_wrong_password, sure_who
from booking.clerk.forms.draft import show_errors
from booking.clerk.forms.sign_in import (
    ChangePasswordForm,
    CodeForm,
    FirstCodeForm,
    SignInForm,
)
from booking.clerk.password_check import check_password
from booking.clerk.permissions import Action, staff_page
from booking.limits.hashing import HashingFull
from booking.limits.sign_in_tries import TooManyTries
from booking.models import AuditAction, SecondFactor, Staff
from booking.pages.posted import form_only

HALF_IN_FOR = timedelta(minutes=10)
WRONG_CODES = 5
"""Wrong second factors after which the password is asked for again. django-otp slows each down."""

WRONG_PAIR = "Enter a user name and password that belong together"
REFUSED_THERE = (
    "Your trust’s sign-in opens no account here. Sign in with our user name and password, or ask a"
    " network administrator"
)
ENDED = "Your first password has ended. Ask a network administrator for another one"


@require_http_methods(["GET", "HEAD", "POST"])
def sign_in(request: HttpRequest) -> HttpResponse:
    """Ask for user name and password. After five wrong ones the next try for that name waits."""
    if request.user.is_authenticated:
        return redirect("staff")
    form = SignInForm(initial={"next": request.GET.get("next", "")})
    refusal = REFUSED_THERE if "refused" in request.GET else ""
    if request.method == "POST":
        form = SignInForm(request.POST)
        form.full_clean()
        sent = form.cleaned_data
        try:
            user = check_password(request, sent["username"], sent["password"], now=timezone.now())
        except TooManyTries as wait:
            return _locked(request, wait.seconds)
        except HashingFull as wait:
            return _busy(request, wait.seconds)
        if user is None or not hasattr(user, "staff"):
            refusal = WRONG_PAIR
        elif staff_accounts.first_password_has_ended(user.staff, now=timezone.now()):
            sign_ins.failed(user.pk, sign_ins.FIRST_PASSWORD_ENDED, now=timezone.now())
            refusal = ENDED
        else:
            return let_half_in(request, user, sent["next"])
    if refusal:
        show_errors(form, {"username": refusal})
    return render(
        request,
        "booking/clerk/sign_in.jinja",
        {
            "form": form,
            "idle": "idle" in request.GET,
            "kept": "kept" in request.GET,
            "lasted": settings.STAFF_SESSION_HOURS if request.GET.get("idle") == "long" else 0,
            "oidc": bool(settings.OIDC_RP_CLIENT_ID),
        },
        status=400 if request.method == "POST" else 200,
    )


def let_half_in(request: HttpRequest, user: User, after: str) -> HttpResponse:
    """Remember who gave a right password, and ask for the second factor."""
    request.session.flush()
    request.session["half_in"] = {
        "user": user.pk,
        "backend": getattr(user, "backend", ""),
        "at": timezone.now().isoformat(),
        "next": after,
        "wrong": 0,
    }
    second_factors.take_over(user, now=timezone.now())
    return redirect("second-factor" if second_factors.has_one(user) else "second-factor-set-up")


def let_in(request: HttpRequest, user: User, backend: str, after: str) -> HttpResponse:
    """Begin the session of a user who passed both factors."""
    request.session.flush()
    login(request, user, backend=backend)
    sign_ins.signed_in(user.pk, now=timezone.now())
    request.session["seen"] = timezone.now().isoformat()
    safe = url_has_allowed_host_and_scheme(after, {request.get_host()}, request.is_secure())
    response = redirect(after if safe else "staff")
    devices.remember(request, response, user.get_username())
    return response


@require_http_methods(["GET", "HEAD", "POST"])
def second_factor(request: HttpRequest) -> HttpResponse:
    """Ask for a code of the authenticator app, or a recovery code."""
    half = _half_in(request)
    if half is None:
        return redirect("staff-sign-in")
    user, kept = half
    form = CodeForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        if second_factors.is_right(user, form.cleaned_data["code"], now=timezone.now()):
            return let_in(request, user, kept["backend"], kept["next"])
        sign_ins.failed(user.pk, sign_ins.SECOND_FACTOR, now=timezone.now())
        if kept["wrong"] + 1 >= WRONG_CODES:
            request.session.flush()
            return redirect("staff-sign-in")
        request.session["half_in"] = {**kept, "wrong": kept["wrong"] + 1}
        words = "That code is not right, or was used already. Wait for the next one and try again"
        form.add_error("code", words)
    return render(
        request,
        "booking/clerk/second_factor.jinja",
        {"form": form},
        status=400 if form.errors else 200,
    )


@require_http_methods(["GET", "HEAD", "POST"])
def set_up(request: HttpRequest) -> HttpResponse:
    """Set up an authenticator app at the first sign-in, and show recovery codes once."""
    half = _half_in(request)
    if half is None:
        return redirect("staff-sign-in")
    user, kept = half
    if second_factors.has_one(user):
        return redirect("second-factor")
    factor = second_factors.begin(user)
    form = FirstCodeForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        codes = second_factors.confirm(user, form.cleaned_data["code"], now=timezone.now())
        if codes:
            sign_ins.own_change(AuditAction.SECOND_FACTOR_SET, user.pk, now=timezone.now())
            let_in(request, user, kept["backend"], kept["next"])
            page = _show_codes(request, user, codes)
            devices.remember(request, page, user.get_username())
            return page
        words = "That code is not right. Check the clock of your phone and try the next code"
        form.add_error("code", words)
    return render(
        request,
        "booking/clerk/set_up.jinja",
        {"form": form, "secret": second_factors.typed_secret(factor)},
        status=400 if form.errors else 200,
    )


@require_safe
def qr(request: HttpRequest) -> HttpResponse:
    """Draw the secret of who is setting up as a QR code. A file: the policy forbids data: URLs."""
    half = _half_in(request)
    factor = SecondFactor.objects.filter(user=half[0], confirmed=False).first() if half else None
    if factor is None:
        return redirect("staff-sign-in")
    picture = BytesIO()
    address = second_factors.address_for_app(factor)
    segno.make(address, error="m").save(picture, kind="svg", scale=5, xmldecl=False)
    return HttpResponse(
        picture.getvalue(), content_type="image/svg+xml", headers={"Cache-Control": "no-store"}
    )


@require_http_methods(["GET", "HEAD", "POST"])
@staff_page(Action.ACCOUNT)
@sure_who
def recovery_codes(request: HttpRequest, staff: Staff) -> HttpResponse:
    """Say how many recovery codes are left; make new ones, which end the old."""
    if request.method == "POST":
        codes = second_factors.new_recovery_codes(staff.user, now=timezone.now())
        return _show_codes(request, staff.user, codes)
    left = second_factors.codes_left(staff.user).count()
    return render(request, "booking/clerk/recovery_codes.jinja", {"codes": [], "left": left})


@require_http_methods(["GET", "HEAD", "POST"])
@staff_page(Action.ACCOUNT)
def password(request: HttpRequest, staff: Staff) -> HttpResponse:
    """Change one's own password; every other session of the account ends.

    Whoever gives a wrong one too often may sit at somebody else's desk: they are signed out.
    """
    form = ChangePasswordForm(staff.user, request.POST if request.method == "POST" else None)
    if form.is_valid():
        form.save()
        staff_accounts.password_changed(staff, now=timezone.now())
        update_session_auth_hash(request, staff.user)
        request.session.pop("wrong_passwords", None)
        return redirect("staff")
    if "old_password" in form.errors and count_wrong_password(request, staff):
        return redirect("staff-sign-in")
    return render(
        request,
        "booking/clerk/password.jinja",
        {"staff": staff, "form": form},
        status=400 if form.errors else 200,
    )


@form_only("staff")
def sign_out(request: HttpRequest) -> HttpResponse:
    """End the session on our side: a copy of its cookie opens nothing any more."""
    user_id = request.user.pk
    logout(request)
    if user_id:
        sign_ins.signed_out(user_id, now=timezone.now())
    return redirect("staff-sign-in")


@staff_page(Action.ACCOUNT)
@form_only("password")
@sure_who
def sign_out_everywhere(request: HttpRequest, staff: Staff) -> HttpResponse:
    """End every session of one's own, this one too: a computer was left open somewhere."""
    staff_accounts.end_sessions(staff, now=timezone.now())
    logout(request)
    return redirect("staff-sign-in")


def _show_codes(request: HttpRequest, user: User, codes: list[str]) -> HttpResponse:
    """Show new recovery codes; no page shows them again, and no browser keeps this one."""
    sign_ins.own_change(AuditAction.RECOVERY_CODES_MADE, user.pk, now=timezone.now())
    words = {"codes": [second_factors.in_fours(code) for code in codes]}
    answer = render(request, "booking/clerk/recovery_codes.jinja", words)
    answer["Cache-Control"] = "no-store"
    return answer


def _locked(request: HttpRequest, seconds: int) -> HttpResponse:
    """Say how long this name must wait here, and whom to ask: of a name that nobody has, too."""
    words = {"minutes": -(-seconds // 60)}
    page = render(request, "booking/clerk/locked.jinja", words, status=429)
    page.headers["Retry-After"] = str(seconds)
    return page


def _busy(request: HttpRequest, seconds: int) -> HttpResponse:
    """Say that no password is looked at just now, and when to try again."""
    page = render(request, "booking/clerk/busy.jinja", {"seconds": seconds}, status=429)
    page.headers["Retry-After"] = str(seconds)
    return page


def _half_in(request: HttpRequest) -> tuple[User, dict[str, Any]] | None:
    kept = request.session.get("half_in")
    if not kept or timezone.now() - datetime.fromisoformat(kept["at"]) > HALF_IN_FOR:
        return None
    user = User.objects.filter(pk=kept["user"], is_active=True).first()
    return (user, kept) if user else None
