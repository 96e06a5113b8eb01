"""Django's view of what wires the parts: it brings `manage.py doctor`, and has no tables."""

from django.apps import AppConfig


class WiringConfig(AppConfig):
    """Names the app, and adds the heartbeats to /metrics."""

    name = "config"

    def ready(self) -> None:
        """Let /metrics ask."""
        from config.health.metrics import Heartbeats
        from notifications import metrics

        metrics.collectors.append(Heartbeats)
