"""How the parts are wired: settings, addresses, Celery, Jinja, WSGI. No domain logic."""

from config.celery import app as celery_app

__all__ = ["celery_app"]
