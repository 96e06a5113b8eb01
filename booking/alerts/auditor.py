"""Whether the alarm itself works: a second look at what must never be late or missing.

`now` is passed in, aware, UTC.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet

from booking.alerts.due import HEARTBEAT
from booking.alerts.raising import OVER_WITH_THE_REFERRAL, referral_reopened
from booking.identifiers.actors import CLOCK
from booking.models import Alert, Heartbeat, Referral
from booking.models.alert import OPEN

LATE = timedelta(minutes=5)
"""By how much a step may be late before somebody hears of it."""


@dataclass(frozen=True)
class Findings:
    """What is wrong: nothing if all is 0 and the clock ticks.

    `silent_for` is how long ago it ticked last; None if it never did.
    """

    late_steps: int
    missing: int
    silent_for: timedelta | None

    @property
    def complaints(self) -> list[str]:
        """What is wrong, in sentences; none if nothing is."""
        found = []
        if self.late_steps:
            found.append(f"{self.late_steps} steps of alerts are over 5 minutes late")
        if self.missing:
            found.append(f"{self.missing} requests of suspected cancer have no alert")
        if self.silent_for is None:
            found.append("the clock of the alerts has never ticked")
        elif self.silent_for > LATE:
            minutes = int(self.silent_for.total_seconds() // 60)
            found.append(f"the clock of the alerts has not ticked for {minutes} minutes")
        return found


def look(now: datetime) -> Findings:
    """Look at the alerts and at the clock that takes their steps."""
    late = Alert.objects.filter(
        next_at__lt=now - LATE,
        state__in=[Alert.State.RAISED, Alert.State.ACKNOWLEDGED],
        referral__ended_at=None,
    )
    last = Heartbeat.objects.filter(name=HEARTBEAT).values_list("at", flat=True).first()
    return Findings(late.count(), without_alert().count(), now - last if last else None)


def without_alert() -> QuerySet[Referral]:
    """Return open requests of suspected cancer with neither an open alert nor a reasoned close."""
    alerts = Alert.objects.filter(referral=OuterRef("pk"))
    closed_for_good = Q(state=Alert.State.CLOSED) & ~Q(close_reason__in=OVER_WITH_THE_REFERRAL)
    seen_to = alerts.filter(Q(state__in=OPEN) | Q(state=Alert.State.SCANNED) | closed_for_good)
    return Referral.objects.filter(
        ~Exists(seen_to), urgency=Referral.Urgency.SUSPECTED_CANCER, ended_at=None
    )


def raise_missing(*, now: datetime) -> int:
    """Raise what should have been raised: requests of before there were alerts; return how many."""
    missing = list(without_alert().order_by("pk").values_list("pk", flat=True)[:500])
    return sum(_raise_one(pk, now) for pk in missing)


def _raise_one(referral_id: int, now: datetime) -> bool:
    with transaction.atomic():
        referral = Referral.objects.select_for_update(no_key=True).get(pk=referral_id)
        if not without_alert().filter(pk=referral_id).exists():
            return False
        referral_reopened(referral, now=now, actor=CLOCK)
    return True
