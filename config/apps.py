"""Django's view of what wires the parts: it brings `manage.py doctor`, and has no tables."""

from django.apps import AppConfig


class WiringConfig(AppConfig):
    """Names the app, adds the heartbeats to /metrics, and begins to trace if that is set."""

    name = "config"

    def ready(self) -> None:
        """Let /metrics ask, and traces go."""
        from config import tracing
        from config.health.metrics import Heartbeats
        from notifications import metrics

        metrics.collectors.append(Heartbeats)
        tracing.start()
