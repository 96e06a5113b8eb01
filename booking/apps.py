"""Django's view of this app."""

from django.apps import AppConfig


class BookingConfig(AppConfig):
    """Names the app."""

    name = "booking"
