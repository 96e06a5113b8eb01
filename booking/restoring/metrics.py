"""What /metrics says of backups and of the send-fence."""

from collections.abc import Iterator

from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from booking.restoring import backup
from notifications import fence


class Restores(Collector):
    """When the last backup was made, and whether the fence is up."""

    def collect(self) -> Iterator[Metric]:
        """Count now."""
        last = backup.last_taken_at()
        yield GaugeMetricFamily(
            "backup_last_timestamp_seconds",
            "When the last whole backup was made; 0 if never.",
            value=last.timestamp() if last else 0,
        )
        up = fence.standing()
        yield GaugeMetricFamily(
            "send_fence_up", "1 while texts wait behind the send-fence.", value=int(up is not None)
        )
        waits = sum(line.count for line in fence.waiting(up)) if up else 0
        yield GaugeMetricFamily("send_fence_waiting", "Texts behind the send-fence.", value=waits)
