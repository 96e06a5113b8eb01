"""The network's picture, counted from the rows of the other rooms."""

from django.apps import AppConfig


class InsightsConfig(AppConfig):
    """The room's name, as the settings know it."""

    name = "insights"
    default_auto_field = "django.db.models.BigAutoField"
