"""Who is signed in: account, role, trusts and what their banner says, by one statement a request.

They are read at every request, so that what an administrator takes away is gone at the next one.
"""

from datetime import datetime
from typing import Any

from django.contrib.auth.backends import ModelBackend
from django.contrib.auth.models import User
from django.db.models import BigIntegerField
from django.utils import timezone

from booking.alerts import figures
from booking.models import Staff
from times.together import Part, beside, read, rows_of
from times.written import Written


class ReadsAccount:
    """How each of our ways to sign in finds again who did."""

    def get_user(self, user_id: int) -> User | None:
        """Return an account that may be used, with its staff; None if there is no such."""
        return read(account(user_id, timezone.now()))


class Backend(ReadsAccount, ModelBackend):
    """Signing in with a password."""


def account(user_id: int, now: datetime) -> Part[User | None]:
    """Read an account that may be used, with its role, its trusts and what waits for them."""
    users, trusts, waiting = yield from beside(
        rows_of(_USERS(user_id=user_id)),
        rows_of(_WORKS_FOR(user_id=user_id)),
        figures.waiting_for(user_id, now),
    )
    user = users[0] if users else None
    if (staff := staff_of_account(user)) is not None:
        staff.trust_codes = frozenset(trusts)
        staff.waiting = waiting  # type: ignore[attr-defined]
    found: User | None = user
    return found


_USERS = Written(
    lambda user_id: User.objects.select_related("staff").filter(pk=user_id, is_active=True),
    user_id=BigIntegerField(),
)
_WORKS_FOR = Written(
    lambda user_id: Staff.trusts.through.objects.filter(staff_id=user_id).values_list(
        "trust", flat=True
    ),
    user_id=BigIntegerField(),
)
"""The trusts of whoever has this key."""


def staff_of_account(user: Any) -> Staff | None:
    """Return what an account may do, None if it is nobody's of ours."""
    return getattr(user, "staff", None)


def waiting_of(staff: Staff) -> figures.Waiting:
    """Return what waits for somebody's trusts: as it was read when this request began."""
    known: figures.Waiting | None = getattr(staff, "waiting", None)
    return known or figures.waiting(staff, timezone.now())
