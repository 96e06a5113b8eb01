"""Tells people that the audit was tampered with: in the log, at /metrics, and by e-mail.

`now` is passed in, aware, UTC.
"""

import logging
from collections.abc import Iterator
from datetime import datetime, timedelta

from django.db import transaction
from django.utils import timezone
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from booking.changes import audit_check
from booking.changes.audit_check import HEARTBEAT, Report
from booking.models import Heartbeat, Staff
from notifications import emails

logger = logging.getLogger(__name__)

TOLD_FOR = timedelta(days=3)
"""How long an e-mail may wait for a mail server: the next night tells it anew anyway."""
HEADING = "The audit is not as it was sealed"
BODY = """Somebody changed, removed or cut off entries of the audit of the scan booking service, or
a backup was restored. This was found first:

{faults}

Leave everything as it is. docs/audit.md says what to do: call your information governance lead."""


def follow(report: Report, *, now: datetime) -> None:
    """Say what a look found: nothing wrong, or what, to every network administrator."""
    if not report.faults:
        Heartbeat.objects.update_or_create(name=HEARTBEAT, defaults={"at": now})
        return
    for fault in report.faults:
        logger.error("audit: %s", fault)
    body = BODY.format(faults="\n".join(f"- {fault}" for fault in report.faults))
    with transaction.atomic():
        for staff in _told():
            key = f"audit:{now:%Y-%m-%d}:{staff.pk}"
            until = now + TOLD_FOR
            emails.enqueue(
                key=key, to=staff.user.email, heading=HEADING, body=body, not_after=until, now=now
            )


class Audit(Collector):
    """Whether the audit is sealed, and when it was last found whole."""

    def collect(self) -> Iterator[Metric]:
        """Look now."""
        now = timezone.now()
        whole = Heartbeat.objects.filter(name=HEARTBEAT).values_list("at", flat=True).first()
        waits = audit_check.waits_since(now)
        yield GaugeMetricFamily(
            "audit_found_whole_age_seconds",
            "Since the audit was last looked at and found whole: over 26 hours is wrong.",
            value=(now - whole).total_seconds() if whole else float("inf"),
        )
        yield GaugeMetricFamily(
            "audit_unsealed_age_seconds",
            "How long the oldest entry waits for its seal, once that is over 15 minutes.",
            value=(now - waits).total_seconds() if waits else 0,
        )


def _told() -> Iterator[Staff]:
    role = Staff.Role.NETWORK_ADMIN
    administrators = Staff.objects.filter(role=role, user__is_active=True).exclude(user__email="")
    yield from administrators.select_related("user").order_by("pk")
