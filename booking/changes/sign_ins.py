"""Writes down who signed in and out, who tried to, and what they changed of how they do it.

A name that nobody here has is not kept: people type their password there.
"""

from datetime import datetime
from typing import Any

from django.contrib.auth.signals import user_logged_in, user_login_failed
from django.dispatch import receiver
from django.http import HttpRequest
from django.utils import timezone

from booking.changes import audit
from booking.identifiers.actors import Actor, ActorKind
from booking.models import AuditAction, Staff

NOBODY = Actor(ActorKind.NOBODY)
SECOND_FACTOR, IDLE, WRONG_PASSWORDS = "second factor", "away too long", "wrong passwords"
LASTED = "signed in too long"
EVERYWHERE = "signed out everywhere"
FIRST_PASSWORD_ENDED, ASKED_AGAIN = "first password has ended", "asked again"
SIGNED_IN_AT = "signed_in_at"
"""What a session remembers: when its user showed last who they are."""
BEGAN_AT = "began_at"
"""What a session remembers: when it began. Being asked again does not begin it anew."""


def signed_in(user_id: int, *, now: datetime) -> None:
    """Write down that somebody passed both factors."""
    audit.write(AuditAction.SIGNED_IN, now=now, actor=_staff(user_id))


def own_change(action: AuditAction, user_id: int, *, now: datetime) -> None:
    """Write down what somebody changed of their own sign-in: password, second factor, codes."""
    audit.write(action, now=now, actor=_staff(user_id), user=user_id)


def signed_out(user_id: int, *, now: datetime, reason: str = "") -> None:
    """Write down that a session ended, and why if it was not asked for."""
    detail: dict[str, Any] = {"reason": reason} if reason else {}
    audit.write(AuditAction.SIGNED_OUT, now=now, actor=_staff(user_id), **detail)


def failed(user_id: int, reason: str, *, now: datetime) -> None:
    """Write down that an account’s sign-in failed after its password was right."""
    audit.write(AuditAction.SIGN_IN_FAILED, now=now, actor=_staff(user_id), reason=reason)


@receiver(user_logged_in, dispatch_uid="booking.changes.sign_ins.remember_when")
def remember_when(*, request: HttpRequest, **_signal: Any) -> None:
    """Let a session remember when its user showed who they are."""
    request.session[SIGNED_IN_AT] = request.session[BEGAN_AT] = timezone.now().isoformat()


@receiver(user_login_failed, dispatch_uid="booking.changes.sign_ins.follow_failure")
def follow_failure(*, credentials: dict[str, Any], **_signal: Any) -> None:
    """Write down a wrong password: by the account that it was tried for, else by nobody."""
    typed = str(credentials.get("username") or "")
    known = Staff.objects.filter(user__username=typed).first() if typed else None
    actor = known.actor if known else NOBODY
    audit.write(AuditAction.SIGN_IN_FAILED, now=timezone.now(), actor=actor)


def _staff(user_id: int) -> Actor:
    return Actor(ActorKind.STAFF, user_id)
