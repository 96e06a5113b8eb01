"""Django's view of this app."""

from django.apps import AppConfig


class SitesConfig(AppConfig):
    """Names the app."""

    name = "sites"
