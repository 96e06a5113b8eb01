"""Numbers at which no text can ever arrive, as the provider says. Known only by a keyed hash.

A mark ends when the number proves to live: a text arrives there, somebody writes from it, or a
person says that the number is right.
"""

from datetime import datetime

from django.db import IntegrityError, transaction
from django.db.models import CharField, Exists, OuterRef

from notifications.attention import Reason
from notifications.gateways.codes import LANDLINES
from notifications.models import DeadNumber
from times.together import Part, read, rows_of
from times.written import Written


def mark(number_hash: str, code: int, *, now: datetime) -> bool:
    """Remember that no text gets to a number, by the provider's code; False if that was known."""
    if not number_hash:
        return False
    try:
        with transaction.atomic():
            DeadNumber.objects.create(number_hash=number_hash, code=code, at=now)
    except IntegrityError:
        return False
    return True


def clear(number_hash: str, *, now: datetime) -> bool:
    """Take a number as living again; False if it was not marked."""
    marked = DeadNumber.objects.filter(number_hash=number_hash, cleared_at=None)
    return bool(marked.update(cleared_at=now))


def why_dead(number_hash: str) -> Reason | None:
    """Return why no text gets to a number, None if nothing is known against it."""
    return read(reason_against(number_hash))


def reason_against(number_hash: str) -> Part[Reason | None]:
    """Read what why_dead says."""
    codes: list[int] = yield from rows_of(_CODES(number=number_hash))
    return reason_of(codes[0]) if codes else None


_CODES = Written(
    lambda number: (
        DeadNumber.objects.filter(number_hash=number, cleared_at=None)
        .order_by("pk")
        .values_list("code", flat=True)[:1]
    ),
    number=CharField(),
)


def reason_of(code: int) -> Reason:
    """Return what a code of a dead number says, in words for a clerk."""
    return Reason.NOT_A_MOBILE if code in LANDLINES else Reason.NOT_IN_USE


def dead() -> Exists:
    """Return the condition on messages "the number that it goes to is dead"."""
    return Exists(DeadNumber.objects.filter(number_hash=OuterRef("to_hash"), cleared_at=None))
