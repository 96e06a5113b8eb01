"""At /metrics: since when beat and the worker have not shown themselves."""

from collections.abc import Iterator

from django.utils import timezone
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from config.health import heartbeats


class Heartbeats(Collector):
    """The age of each heartbeat; infinite if it never came."""

    def collect(self) -> Iterator[Metric]:
        """Count now."""
        now = timezone.now()
        family = GaugeMetricFamily(
            "heartbeat_age_seconds", "Since beat or the worker last showed itself.", labels=["of"]
        )
        for name in (heartbeats.BEAT, heartbeats.WORKER):
            silent = heartbeats.age(name, now)
            family.add_metric([name], silent.total_seconds() if silent else float("inf"))
        yield family
