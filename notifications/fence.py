"""The send-fence: after a restore nobody is told again what was told before.

A backup knows nothing of what went out after it was made. So once a database was put back
(notifications.history finds that out), what it would send waits: whatever was to go before the
restore, and whatever clocks and trusts' systems cause anew, for they caused it before. What
somebody asks for now goes at once. A person looks at each kind, and sends or drops it.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.db.models import Count, Max, Min, Q, QuerySet
from django.dispatch import Signal

from notifications.models import (
    MUST_REACH,
    OFFERS,
    REMINDERS,
    WAITING,
    Fence,
    Kind,
    Message,
    State,
)
from notifications.moves import Cause, transition

raised = Signal()
"""The fence is up: sent with `fence` and `now`, in its transaction."""

UNASKED = (
    Kind.INVITATION,
    Kind.CONFIRMED,
    Kind.DISPLACED,
    Kind.ENDED,
    Kind.PLEASE_PHONE,
    Kind.SOONER_LIST,
    Kind.STOP_MOVED,
    *OFFERS,
)
"""What clocks and trusts' systems cause: after a restore they may cause again what they had caused.

Not reminders, which the new bookings plan for later; nor what staff on call are told: to hear of
suspected cancer twice is better than not to hear of it."""
MISSED_IF_LATE = tuple(kind for kind in MUST_REACH if kind not in REMINDERS)
"""Of these somebody would phone if they were too late: behind the fence they may have gone."""
PUSHES = "pushes"
"""What is decided of bookings that are pushed to trusts, beside the kinds of texts."""


class FenceChanged(Exception):
    """What waits is not what the page showed, or the fence is down: nothing was done."""


class StillWaiting(Exception):
    """Something waits behind the fence: it is decided before the fence is lifted."""


@dataclass(frozen=True)
class Waiting:
    """Texts of one kind that wait: how many, and from when to when they were to go."""

    kind: Kind
    count: int
    earliest: datetime
    latest: datetime


def standing() -> Fence | None:
    """Return the fence if it is up."""
    return Fence.objects.filter(lifted_at=None).first()


def raise_fence(*, restored_at: datetime, as_of: datetime, why: str, now: datetime) -> Fence:
    """Put the fence up; one that is up already, as it was in the backup, is put up anew.

    Belongs in the transaction of who found it out (history.look), which keeps others out.
    """
    with transaction.atomic():
        fence = standing() or Fence()
        fence.restored_at, fence.as_of, fence.why, fence.opened = restored_at, as_of, why[:200], []
        fence.save()
        raised.send(sender=Fence, fence=fence, now=now)
    return fence


def behind(fence: Fence | None) -> Q:
    """Return the condition "this text waits behind the fence"."""
    if fence is None:
        return Q(pk__in=())
    after = Q(created_at__gt=fence.restored_at)
    again = after & Q(dedupe_key__contains=":try:")  # of one that failed: it may have been tried
    unasked = after & Q(kind__in=UNASKED, retry_of=None)  # and no clerk pressed "send again"
    waits = Q(planned_at__lte=fence.restored_at) | unasked | again
    return waits & ~Q(kind__in=_opened(fence))


def not_behind() -> Q:
    """Return the condition "no fence keeps this text", as it is now."""
    fence = standing()
    return Q() if fence is None else ~behind(fence)


def holds(what: str) -> bool:
    """Return whether the fence is up and this, such as PUSHES, was not decided yet."""
    fence = standing()
    return fence is not None and what not in fence.opened


def waiting(fence: Fence) -> list[Waiting]:
    """Return what waits behind the fence, a line a kind, in the order of the kinds."""
    by_kind = (
        _texts(fence)
        .values("kind")
        .annotate(count=Count("pk"), earliest=Min("planned_at"), latest=Max("planned_at"))
    )
    found = {row["kind"]: row for row in by_kind}
    return [
        Waiting(kind, found[kind]["count"], found[kind]["earliest"], found[kind]["latest"])
        for kind in Kind
        if kind in found
    ]


def send(seen: Fence, kind: str, count: int) -> int:
    """Let the texts of a kind go, and those that follow; return how many waited.

    What is too late, superseded or unwanted by now does not go, as always. Raises FenceChanged.
    """
    with transaction.atomic():
        fence = _locked(seen)
        waits = _count(fence, kind, count)
        _open(fence, kind)
    return waits


def drop(seen: Fence, kind: str, count: int, *, now: datetime) -> int:
    """Cancel the texts of a kind that wait: they went before. Those that follow go.

    Returns how many were cancelled. Raises FenceChanged.
    """
    with transaction.atomic():
        fence = _locked(seen)
        _count(fence, kind, count)
        dropped = 0
        for pk, state in list(_texts(fence).filter(kind=kind).values_list("pk", "state")):
            cause = Cause("fence", "dropped: it went before the restore")
            dropped += transition(pk, State(state), State.CANCELLED, at=now, cause=cause)
        _open(fence, kind)
    return dropped


def open_pushes(seen: Fence) -> None:
    """Let bookings be pushed to trusts again. Raises FenceChanged."""
    with transaction.atomic():
        _open(_locked(seen), PUSHES)


def lift(seen: Fence, *, now: datetime) -> None:
    """Take the fence down, once nothing waits. Raises FenceChanged, StillWaiting."""
    with transaction.atomic():
        fence = _locked(seen)
        if _texts(fence).exists():
            raise StillWaiting
        fence.lifted_at = now
        fence.save(update_fields=["lifted_at"])


def _texts(fence: Fence) -> QuerySet[Message]:
    return Message.objects.filter(behind(fence), state__in=WAITING)


def _locked(seen: Fence) -> Fence:
    """Return the fence that was seen, kept from others. Raises FenceChanged if it is another."""
    same = Fence.objects.select_for_update().filter(
        pk=seen.pk, restored_at=seen.restored_at, lifted_at=None
    )
    if (fence := same.first()) is None:
        raise FenceChanged
    return fence


def _count(fence: Fence, kind: str, seen: int) -> int:
    """Return how many texts of a kind wait. Raises FenceChanged if they are not as many as seen."""
    count = _texts(fence).filter(kind=kind).count()
    if count != seen:
        raise FenceChanged
    return count


def _open(fence: Fence, what: str) -> None:
    fence.opened = sorted({*_opened(fence), str(what)})
    fence.save(update_fields=["opened"])


def _opened(fence: Fence) -> Iterable[str]:
    opened: list[str] = fence.opened
    return opened
