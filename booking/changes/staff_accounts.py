"""Accounts of staff: made, changed, switched off and on, let in again. Every act is in the audit.

Nobody changes their own role or switches themselves off, and one network administrator who may sign
in always stays: else nobody could put anything right. `now` is passed in, aware, UTC; `by` is the
administrator who does it.
"""

import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any

from django.conf import settings
from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import Q

from booking.changes import audit, second_factors
from booking.identifiers.actors import Actor
from booking.limits import sign_in_tries
from booking.models import AuditAction, Staff
from sites.models import Trust

ADMIN = Staff.Role.NETWORK_ADMIN
BYTES_OF_A_PASSWORD = 12
NOBODY_ELSE = Q(pk__in=())


class AccountChanged(Exception):
    """The account is not as the page showed it: nothing was done."""


class AccountRefused(ValueError):
    """This cannot be done to this account; the text says why, in words for who asked."""


@dataclass(frozen=True)
class Wanted:
    """What an account is to be. `trusts` are ODS codes; `phone` is E.164, or empty."""

    role: str
    trusts: frozenset[str]
    given_name: str
    family_name: str
    email: str
    phone: str


def as_it_is(staff: Staff) -> Wanted:
    """Return what an account is now."""
    user = staff.user
    codes = frozenset(staff.trusts.values_list("code", flat=True))
    return Wanted(staff.role, codes, user.first_name, user.last_name, user.email, staff.phone)


def version_of(staff: Staff) -> str:
    """Return what tells an account as it is from what it was: forms carry it."""
    is_ = as_it_is(staff)
    facts = (
        *(is_.role, sorted(is_.trusts), is_.given_name, is_.family_name, is_.email, is_.phone),
        *(staff.user.is_active, staff.password_is_first, staff.user.password),
        second_factors.has_one(staff.user),
    )
    return sha256(f"{settings.SECRET_KEY}{facts!r}".encode()).hexdigest()[:32]


def make(username: str, wanted: Wanted, *, now: datetime, by: Staff) -> tuple[Staff, str]:
    """Make an account; return it with its first password, which nobody can see again.

    Raises AccountRefused if somebody has the name, in whichever letters.
    """
    password = secrets.token_urlsafe(BYTES_OF_A_PASSWORD)
    with transaction.atomic():
        _administrators(by)
        if User.objects.filter(username__iexact=username).exists():
            raise AccountRefused("There is an account with this user name already")
        user = User.objects.create_user(username, password=password)
        staff = Staff.objects.create(
            user=user, role=wanted.role, password_is_first=True, password_given_at=now
        )
        _write(staff, wanted)
        _note(AuditAction.ACCOUNT_MADE, staff, now, by, role=wanted.role,
              trusts=sorted(wanted.trusts))  # fmt: skip
    return staff, password


def change(staff: Staff, wanted: Wanted, *, seen: str, now: datetime, by: Staff) -> bool:
    """Change an account; False if there is nothing to change. Sessions go on with what is now.

    Raises AccountChanged, AccountRefused.
    """
    with transaction.atomic():
        staff = _lock(staff, seen, by)
        was = as_it_is(staff)
        if wanted == was:
            return False
        if wanted.role != was.role:
            _must_be_anothers(staff, by)
        _write(staff, wanted)
        if (was.role, was.trusts) != (wanted.role, wanted.trusts):
            _note(
                AuditAction.ROLE_CHANGED, staff, now, by, was=was.role, to=wanted.role,
                trusts_were=sorted(was.trusts), trusts=sorted(wanted.trusts),
            )  # fmt: skip
        fields = ("given_name", "family_name", "email", "phone")
        others = [one for one in fields if getattr(was, one) != getattr(wanted, one)]
        if others:
            _note(AuditAction.ACCOUNT_CHANGED, staff, now, by, what=others)
    return True


def switch_off(staff: Staff, *, seen: str, now: datetime, by: Staff) -> None:
    """Let somebody sign in no more; who is signed in is out at their next press, and for good.

    Raises AccountChanged, AccountRefused.
    """
    with transaction.atomic():
        staff = _lock(staff, seen, by)
        _must_be_anothers(staff, by)
        user = staff.user
        user.is_active = False
        user.set_unusable_password()  # or a session of before would open again with the account
        user.save(update_fields=["is_active", "password"])
        _note(AuditAction.ACCOUNT_OFF, staff, now, by)


def switch_on(staff: Staff, *, seen: str, now: datetime, by: Staff) -> str:
    """Let somebody sign in again; return the first password that they do it with, this once.

    Raises AccountChanged, AccountRefused.
    """
    with transaction.atomic():
        User.objects.filter(pk=_lock(staff, seen, by).pk).update(is_active=True)
        _note(AuditAction.ACCOUNT_ON, staff, now, by)
        return _give_password(staff, now)


def first_password(staff: Staff, *, seen: str, now: datetime, by: Staff) -> str:
    """Give an account a password that must be changed at the first sign-in; return it, this once.

    Its sessions end, and wrong passwords that locked it are forgotten. Raises AccountChanged,
    AccountRefused.
    """
    with transaction.atomic():
        staff = _lock(staff, seen, by)
        if staff.pk == by.pk:
            raise AccountRefused("Change your own password on the page of your account")
        _note(AuditAction.PASSWORD_GIVEN, staff, now, by)
        return _give_password(staff, now)


def password_changed(staff: Staff, *, now: datetime) -> None:
    """Note that somebody chose their own password, and write it down."""
    Staff.objects.filter(pk=staff.pk).update(password_is_first=False)
    _note(AuditAction.PASSWORD_CHANGED, staff, now, staff)


def end_sessions(staff: Staff, *, now: datetime) -> None:
    """End all that somebody has open, wherever that is: they signed out everywhere."""
    with transaction.atomic():
        Staff.objects.filter(pk=staff.pk).update(sessions_end_at=now)
        _note(AuditAction.SIGNED_OUT_EVERYWHERE, staff, now, staff)


def first_password_has_ended(staff: Staff, *, now: datetime) -> bool:
    """Return whether somebody has a first password still, FIRST_PASSWORD_DAYS after they got it."""
    kept = timedelta(days=settings.FIRST_PASSWORD_DAYS)
    return staff.password_is_first and now - staff.password_given_at >= kept


def unlock(staff: Staff, *, now: datetime, actor: Actor) -> None:
    """Forget the wrong passwords of an account, and let its owner try at once, wherever they are.

    An administrator does it, or who runs the service, by a command.
    """
    with transaction.atomic():
        if sign_in_tries.unlock(staff.user.username, now=now):
            audit.write(AuditAction.UNLOCKED, now=now, actor=actor, user=staff.pk)


def forget_second_factor(staff: Staff, *, seen: str, now: datetime, by: Staff) -> None:
    """Forget a lost authenticator app and its recovery codes: the next sign-in sets up another.

    Whoever has the app now is out, too. Raises AccountChanged, AccountRefused.
    """
    with transaction.atomic():
        staff = _lock(staff, seen, by)
        if staff.pk == by.pk:
            raise AccountRefused("Another network administrator takes away your second step")
        second_factors.forget(staff.user, now=now)
        Staff.objects.filter(pk=staff.pk).update(sessions_end_at=now)
        _note(AuditAction.SECOND_FACTOR_FORGOTTEN, staff, now, by)


def forget_provider(staff: Staff, *, seen: str, now: datetime, by: Staff) -> None:
    """Forget who somebody is at their trust's own sign-in: the next time they are found by e-mail.

    Raises AccountChanged, AccountRefused.
    """
    with transaction.atomic():
        staff = _lock(staff, seen, by)
        if staff.pk == by.pk:
            raise AccountRefused("Another network administrator forgets your trust’s sign-in")
        staff.provider_accounts.all().delete()
        _note(AuditAction.PROVIDER_FORGOTTEN, staff, now, by)


def locked(usernames: Iterable[str], *, now: datetime) -> set[str]:
    """Return those of these names that wrong passwords have locked, wherever that was."""
    return sign_in_tries.locked(usernames, now=now)


def _lock(staff: Staff, seen: str, by: Staff) -> Staff:
    """Return an account as it is, locked with all who could put it right.

    Raises AccountChanged; AccountRefused if who asks is no administrator any more.
    """
    found = _administrators(by, Q(pk=staff.pk))
    if version_of(found[staff.pk]) != seen:
        raise AccountChanged
    return found[staff.pk]


def _administrators(by: Staff, beside: Q = NOBODY_ELSE) -> dict[int, Staff]:
    """Return all network administrators, locked, and who is asked for beside them, by their keys.

    Raises AccountRefused if who asks is none any more, or may not sign in.
    """
    rows = Staff.objects.select_related("user").select_for_update(of=("self", "user"))
    found = {one.pk: one for one in rows.filter(beside | Q(role=ADMIN)).order_by("pk")}
    asks = found.get(by.pk)
    if asks is None or asks.role != ADMIN or not asks.user.is_active:
        raise AccountRefused("You are no network administrator any more")
    return found


def _give_password(staff: Staff, now: datetime) -> str:
    """Give an account a first password, which ends its sessions and what locked it; return it."""
    password = secrets.token_urlsafe(BYTES_OF_A_PASSWORD)
    user = User.objects.get(pk=staff.pk)
    user.set_password(password)
    user.save(update_fields=["password"])
    Staff.objects.filter(pk=staff.pk).update(password_is_first=True, password_given_at=now)
    sign_in_tries.unlock(user.username, now=now)
    return password


def _must_be_anothers(staff: Staff, by: Staff) -> None:
    """Raise AccountRefused for one's own account. So one administrator stays: who asks is one."""
    if staff.pk == by.pk:
        raise AccountRefused("Another network administrator changes your own role")


def _write(staff: Staff, wanted: Wanted) -> None:
    User.objects.filter(pk=staff.pk).update(
        first_name=wanted.given_name, last_name=wanted.family_name, email=wanted.email
    )
    Staff.objects.filter(pk=staff.pk).update(role=wanted.role, phone=wanted.phone)
    staff.trusts.set(Trust.objects.filter(code__in=wanted.trusts))


def _note(action: AuditAction, staff: Staff, now: datetime, by: Staff, **detail: Any) -> None:
    """Write down what was done to whose account: by its key, never by a name."""
    audit.write(action, now=now, actor=by.actor, user=staff.pk, **detail)
