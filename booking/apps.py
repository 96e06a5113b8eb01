"""Django's view of this app."""

from django.apps import AppConfig


class BookingConfig(AppConfig):
    """Names the app, and follows what happens to places."""

    name = "booking"

    def ready(self) -> None:
        """Let sites, which may not import us, ask and tell about appointments and slots."""
        from booking.feeds import stops
        from sites import changes

        changes.reasons_to_keep.append(stops.why_keep)
        changes.stops_moved.append(stops.follow)
