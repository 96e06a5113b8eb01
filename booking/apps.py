"""Django's view of this app."""

from django.apps import AppConfig


class BookingConfig(AppConfig):
    """Names the app, and lets booking hear what happens to places and what patients reply."""

    name = "booking"

    def ready(self) -> None:
        """Let sites and notifications, which may not import us, ask and tell."""
        from booking import replies  # noqa: F401 - models can be imported only now
        from booking.feeds import stops
        from sites import changes

        changes.reasons_to_keep.append(stops.why_keep)
        changes.stops_moved.append(stops.follow)
