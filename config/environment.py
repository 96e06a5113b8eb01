"""Reads settings from the environment and refuses what would be unsafe in production."""

import os
from collections.abc import Mapping
from urllib.parse import urlsplit

from django.core.exceptions import ImproperlyConfigured

DEMO_SECRET_KEY = "demo-only-secret-key-never-use-this-outside-your-own-machine"


def flag(name: str, default: bool = False) -> bool:
    """Return whether environment variable `name` says yes (1, true, yes, on).

    Raises ImproperlyConfigured for any other word, so that a typing slip is not a "no".
    """
    word = os.environ.get(name, "").strip().lower()
    if not word:
        return default
    if word in {"1", "true", "yes", "on"}:
        return True
    if word in {"0", "false", "no", "off"}:
        return False
    raise ImproperlyConfigured(f"{name} is {word!r}. Set it to 1 or 0.")


def whole_number(name: str, default: int) -> int:
    """Return environment variable `name` as a whole number.

    Raises ImproperlyConfigured if it is anything else.
    """
    word = os.environ.get(name, "").strip()
    try:
        return int(word) if word else default
    except ValueError:
        raise ImproperlyConfigured(f"{name} is {word!r}. Set it to a whole number.") from None


def words(name: str, default: str = "") -> list[str]:
    """Return environment variable `name` as a list, split at commas."""
    return [word.strip() for word in os.environ.get(name, default).split(",") if word.strip()]


def host_of(url: str) -> str:
    """Return the host name in `url`, empty if it has none."""
    return urlsplit(url).hostname or ""


def refuse_unsafe_production(settings: Mapping[str, object]) -> None:
    """Raise ImproperlyConfigured, naming every fault, if these settings may not face patients."""
    faults = []
    key = str(settings["SECRET_KEY"])
    if key == DEMO_SECRET_KEY or len(key) < 50:
        faults.append("SECRET_KEY is the demo one or shorter than 50 characters")
    if settings["DEBUG"]:
        faults.append("DEBUG is on")
    hosts = settings["ALLOWED_HOSTS"]
    if not hosts or "*" in hosts:  # type: ignore[operator]
        faults.append("ALLOWED_HOSTS is empty or lets in any host")
    if not str(settings["PUBLIC_BASE_URL"]).startswith("https://"):
        faults.append("PUBLIC_BASE_URL does not start with https://")
    if settings["SMS_GATEWAY"] == "outbox":
        faults.append("SMS_GATEWAY is outbox, which shows texts on an open page")
    if faults:
        raise ImproperlyConfigured("Not started. In production " + "; ".join(faults) + ".")
