"""Django's view of this app."""

from django.apps import AppConfig


class BookingConfig(AppConfig):
    """Names the app, and lets booking hear what patients reply to texts."""

    name = "booking"

    def ready(self) -> None:
        """Connect the receivers of the two signals that notifications sends up."""
        from booking import replies  # noqa: F401 - models can be imported only now
