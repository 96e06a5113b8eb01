"""Booking's figures at /metrics."""

from collections.abc import Iterator

from django.utils import timezone
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from booking.worklists import nobody_lost


class LostReferrals(Collector):
    """How many referrals are lost: anything but 0 wants a person at once."""

    def collect(self) -> Iterator[Metric]:
        """Count now."""
        yield GaugeMetricFamily(
            "booking_lost_referrals",
            "Referrals that have not ended and that nobody will think of again; see"
            " manage.py check_nobody_lost.",
            value=nobody_lost.lost(timezone.now()).count(),
        )
