"""Whose account opens when somebody signed in at a trust's own provider.

By issuer and subject, once they are written down; the first time by an e-mail address that the
provider answers for, of an account that an administrator made. `now` is passed in, aware, UTC.
"""

from datetime import datetime

from django.contrib.auth.models import User
from django.db import IntegrityError, transaction

from booking.changes import audit
from booking.identifiers.actors import Actor, ActorKind
from booking.models import AuditAction, ProviderAccount, Staff
from booking.models.provider_account import LONGEST_ISSUER, LONGEST_SUBJECT
from received.text import is_fit


class NotLinked(Exception):
    """No account opens for this person; the text says why, for the log, and names nobody."""


def user_of(issuer: str, subject: object, email: str, *, now: datetime) -> User:
    """Return the account of a person at a provider, written down if it is their first time.

    `email` is empty unless the provider answers for it. Raises NotLinked.
    """
    if not isinstance(subject, str) or not 0 < len(subject) <= LONGEST_SUBJECT:
        raise NotLinked("the token names nobody, or by too long a name")
    if not is_fit(subject) or len(issuer) > LONGEST_ISSUER:
        raise NotLinked("the token names somebody by what no database keeps")
    user = _linked(issuer, subject) or _first_time(issuer, subject, email, now)
    if not user.is_active:
        raise NotLinked("the account is switched off")
    return user


def is_linked(staff: Staff) -> bool:
    """Return whether somebody signed in at a trust's provider before."""
    return staff.provider_accounts.exists()


def _linked(issuer: str, subject: str) -> User | None:
    users = User.objects.select_related("staff")
    mine = {
        "staff__provider_accounts__issuer": issuer,
        "staff__provider_accounts__subject": subject,
    }
    return users.filter(**mine).first()


def _first_time(issuer: str, subject: str, email: str, now: datetime) -> User:
    """Find who it is by e-mail, and write down who they are there. Raises NotLinked."""
    if not email or not is_fit(email):
        raise NotLinked("the provider does not answer for an address")
    found = list(User.objects.filter(email__iexact=email, staff__isnull=False, is_active=True)[:2])
    if len(found) != 1:
        raise NotLinked(f"{len(found)} accounts have the address")
    user = found[0]
    try:
        with transaction.atomic():
            ProviderAccount.objects.create(
                staff_id=user.pk, issuer=issuer, subject=subject, linked_at=now
            )
            actor = Actor(ActorKind.STAFF, user.pk)
            audit.write(AuditAction.PROVIDER_LINKED, now=now, actor=actor, user=user.pk)
    except IntegrityError:  # somebody else's there, or written down by another request just now
        if _linked(issuer, subject) == user:
            return user
        raise NotLinked("the account is another person's at this provider") from None
    return user
