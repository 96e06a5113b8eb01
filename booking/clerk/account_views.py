"""Accounts of staff, for network administrators: who works here, as what, and letting them in."""

from dataclasses import dataclass

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from booking.changes import provider_accounts, second_factors, staff_accounts
from booking.changes.staff_accounts import AccountChanged, AccountRefused
from booking.clerk.acts import page_changed
from booking.clerk.again import sure_who
from booking.clerk.forms.accounts import AccountForm, ActForm, NewAccountForm, account_form
from booking.clerk.forms.draft import FormDraft
from booking.clerk.idle import take_draft
from booking.clerk.notices import say_done, say_refused
from booking.clerk.permissions import Action, staff_page
from booking.models import Staff
from booking.pages.forms import form_page
from booking.pages.posted import form_only
from booking.pages.subject import SubjectChanged


@dataclass(frozen=True)
class AccountLine:
    """An account on the list, and whether wrong passwords have locked it."""

    staff: Staff
    trusts: list[str]
    is_locked: bool


@require_safe
@staff_page(Action.ACCOUNTS)
def accounts(request: HttpRequest, staff: Staff) -> HttpResponse:
    """List all accounts, those who may sign in first."""
    found = Staff.objects.select_related("user").prefetch_related("trusts")
    everybody = list(
        found.order_by("-user__is_active", "user__last_name", "user__first_name", "user__username")
    )
    names = [one.user.username for one in everybody]
    locked = staff_accounts.locked(names, now=timezone.now())
    lines = [
        AccountLine(
            one, sorted(trust.name for trust in one.trusts.all()), one.user.username in locked
        )
        for one in everybody
    ]
    return render(request, "booking/clerk/accounts.jinja", {"staff": staff, "lines": lines})


@require_http_methods(["GET", "HEAD", "POST"])
@staff_page(Action.ACCOUNTS)
@sure_who
def new(request: HttpRequest, staff: Staff) -> HttpResponse:
    """Make an account, and show its first password this once."""
    form = NewAccountForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        try:
            made, password = staff_accounts.make(
                form.cleaned_data["username"], form.wanted, now=timezone.now(), by=staff
            )
            return _show_password(request, staff, made, password)
        except AccountRefused as refusal:
            form.add_error("username", str(refusal))
    return form_page(request, "booking/clerk/account_new.jinja", form, {"staff": staff})


@require_http_methods(["GET", "HEAD", "POST"])
@staff_page(Action.ACCOUNTS)
@sure_who
def account(request: HttpRequest, staff: Staff, staff_id: int) -> HttpResponse:
    """Show an account, and change it."""
    found = _find(staff_id)
    seen = staff_accounts.version_of(found)
    draft = FormDraft(take_draft(request) if request.method == "GET" else {})
    form = draft.fill(account_form(staff_accounts.as_it_is(found), seen))
    if request.method == "POST":
        form = AccountForm(request.POST)
        if form.is_valid():
            try:
                changed = staff_accounts.change(
                    found, form.wanted, seen=form.cleaned_data["seen"], now=timezone.now(), by=staff
                )
                say_done(request, "The account is changed." if changed else "Nothing was changed.")
                return redirect("staff-account", staff_id)
            except AccountRefused as refusal:
                form.add_error("role", str(refusal))
            except AccountChanged:
                return page_changed(request, staff, request.path, SubjectChanged())
    words = {
        "staff": staff, "account": found, "seen": seen, "is_own": found.pk == staff.pk,
        "is_locked": bool(staff_accounts.locked([found.user.username], now=timezone.now())),
        "has_second": second_factors.has_one(found.user),
        "is_linked": provider_accounts.is_linked(found),
    }  # fmt: skip
    return form_page(request, "booking/clerk/account.jinja", form, words)


@staff_page(Action.ACCOUNTS)
@form_only("staff-account", "staff_id")
@sure_who
def act(request: HttpRequest, staff: Staff, staff_id: int) -> HttpResponse:
    """Do what a button of an account's page says: each says what it did, or why it did not."""
    found, form, now = _find(staff_id), ActForm(request.POST), timezone.now()
    form.full_clean()
    page = redirect("staff-account", staff_id)
    seen, which = form.cleaned_data.get("act_seen", ""), form.cleaned_data.get("do", "")
    try:
        match which:
            case "off":
                staff_accounts.switch_off(found, seen=seen, now=now, by=staff)
                say_done(request, f"{found.name} cannot sign in any more.")
            case "on" | "password":
                give = staff_accounts.switch_on if which == "on" else staff_accounts.first_password
                password = give(found, seen=seen, now=now, by=staff)
                return _show_password(request, staff, found, password)
            case "second":
                staff_accounts.forget_second_factor(found, seen=seen, now=now, by=staff)
                say_done(request, f"{found.name} sets up another second step at the next sign-in.")
            case "provider":
                staff_accounts.forget_provider(found, seen=seen, now=now, by=staff)
                say_done(request, f"{found.name} is found by e-mail at the next sign-in there.")
            case "unlock":
                staff_accounts.unlock(found, now=now, actor=staff.actor)
                say_done(request, f"{found.name} can try to sign in again.")
            case _:
                say_refused(request, {"main-content": "Press one of the buttons of this page"})
    except AccountRefused as refusal:
        say_refused(request, {"acts": str(refusal)})
    except AccountChanged:
        return page_changed(request, staff, page.url, SubjectChanged())
    return page


def _find(staff_id: int) -> Staff:
    return get_object_or_404(Staff.objects.select_related("user"), pk=staff_id)


def _show_password(request: HttpRequest, staff: Staff, of: Staff, password: str) -> HttpResponse:
    """Show a first password; no page shows it again, and no browser keeps this one."""
    words = {
        "staff": staff, "account": of, "password": password, "days": settings.FIRST_PASSWORD_DAYS,
    }  # fmt: skip
    answer = render(request, "booking/clerk/account_password.jinja", words)
    answer["Cache-Control"] = "no-store"
    return answer
