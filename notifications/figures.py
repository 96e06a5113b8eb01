"""How the texts are doing, in numbers: for the staff's page, /metrics and `notifications status`.

Nothing here names a patient.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Count, Min, Sum

from notifications import provider
from notifications.models import WAITING, Event, Inbound, Message, OptOut, State

LATELY = timedelta(hours=24)
PERCENTILES = (0.5, 0.95, 1.0)
TOOK = (State.ACCEPTED, State.DELIVERED, State.UNDELIVERED)
"""States of a text that the provider took, and that therefore costs."""


@dataclass(frozen=True)
class Figures:
    """Counts, ages in seconds (0 if there is none), and how quick sending was.

    `latency`: percentile to seconds from when a text was to go until it was taken, of the last
    24 hours. `receipts`: Twilio's status to how often it was told in them. `fault`: the setting of
    ours that keeps all texts back, and since when.
    """

    by_state: dict[str, int]
    oldest_due: float
    oldest_unknown: float
    latency: dict[float, float]
    receipts: dict[str, int]
    opt_outs: int
    segments: int
    resends: int
    replies_waiting: int
    stopped_why: str
    fault: str = ""
    fault_since: datetime | None = None


def count(now: datetime) -> Figures:
    """Count everything as it is now."""
    states = dict(Message.objects.values_list("state").annotate(Count("pk")).order_by())
    due = Message.objects.filter(state__in=WAITING, due_at__lte=now)
    unknown = Message.objects.filter(state=State.UNKNOWN)
    took = Message.objects.filter(state__in=TOOK)
    told = Event.objects.filter(at__gt=now - LATELY).exclude(status="").exclude(source="dispatch")
    row = provider.current()
    return Figures(
        by_state={state.value: states.get(state.value, 0) for state in State},
        oldest_due=_age(due.aggregate(at=Min("planned_at"))["at"], now),
        oldest_unknown=_age(unknown.aggregate(at=Min("wire_at"))["at"], now),
        latency=_latency(now),
        receipts=dict(told.values_list("status").annotate(Count("pk")).order_by()),
        opt_outs=OptOut.objects.filter(revoked_at=None).count(),
        segments=took.aggregate(all=Sum("segments"))["all"] or 0,
        resends=Message.objects.filter(possible_duplicate=True).count(),
        replies_waiting=Inbound.objects.filter(handled_at=None).count(),
        stopped_why=provider.why_stopped(row, now),
        fault=row.fault if row else "",
        fault_since=row.fault_since if row else None,
    )


def _age(since: datetime | None, now: datetime) -> float:
    return max(0.0, (now - since).total_seconds()) if since else 0.0


def _latency(now: datetime) -> dict[float, float]:
    """Return the delays' percentiles (nearest rank), empty if nothing was sent lately."""
    times = Message.objects.filter(accepted_at__gt=now - LATELY).values_list(
        "planned_at", "accepted_at"
    )
    delays = sorted(_age(planned, accepted) for planned, accepted in times if accepted)
    if not delays:
        return {}
    last = len(delays) - 1
    return {share: delays[min(last, int(share * len(delays)))] for share in PERCENTILES}
