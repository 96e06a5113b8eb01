"""The alerts' figures at /metrics. A web process answers them, so that a dead clock shows."""

from collections.abc import Iterator

from django.utils import timezone
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from booking.alerts import auditor, figures


class Alerts(Collector):
    """Open alerts by age, those past a date, and whether the clock ticks."""

    def collect(self) -> Iterator[Metric]:
        """Count now."""
        now = timezone.now()
        totals, found = figures.totals(now), auditor.look(now)
        by_age = GaugeMetricFamily("alerts_open", "Open alerts by age.", labels=["age"])
        for age, count in totals.by_age.items():
            by_age.add_metric([age], count)
        yield by_age
        silent = found.silent_for.total_seconds() if found.silent_for is not None else float("inf")
        for name, says, value in (
            ("past_acknowledge", "Not acknowledged in time.", totals.past_acknowledge),
            ("past_book", "Not booked in time.", totals.past_book),
            ("past_scan", "Not scanned in time.", totals.past_scan),
            ("steps_late", "Steps over 5 minutes late: anything but 0 is wrong.", found.late_steps),
            ("missing", "Requests of suspected cancer without an alert.", found.missing),
            ("heartbeat_age_seconds", "Since the clock of the alerts last ticked.", silent),
        ):
            yield GaugeMetricFamily(f"alerts_{name}", says, value=value)
