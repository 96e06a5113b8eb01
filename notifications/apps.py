"""Django's view of this app."""

from django.apps import AppConfig


class NotificationsConfig(AppConfig):
    """Names the app, and has its words looked at when the service starts."""

    name = "notifications"

    def ready(self) -> None:
        """Register the checks."""
        from notifications import checks  # noqa: F401 - registered by being imported
