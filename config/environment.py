"""Reads settings from the environment and refuses what would be unsafe in production."""

import os
from base64 import urlsafe_b64encode
from collections.abc import Iterator, Mapping, Sequence
from datetime import time
from hashlib import sha256
from ipaddress import ip_network
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from cryptography.fernet import Fernet
from django.core.exceptions import ImproperlyConfigured

from received.client import Network

DAYS = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
OWNERS = {"migrate", "prepare", "database_roles", "restore"}
"""Commands that run as who owns the tables, where that is another than the service's user."""
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


def whole_number(name: str, default: int, *, least: int = 0) -> int:
    """Return environment variable `name` as a whole number, `least` or more.

    Raises ImproperlyConfigured if it is anything else.
    """
    word = os.environ.get(name, "").strip()
    if word and not (word.isdecimal() and int(word) >= least):
        raise ImproperlyConfigured(f"{name} is {word!r}. Set it to a whole number from {least}.")
    return int(word) if word else default


def comma_list(name: str, default: str = "") -> list[str]:
    """Return environment variable `name` as a list, split at commas."""
    return [word.strip() for word in os.environ.get(name, default).split(",") if word.strip()]


def networks(name: str) -> list[Network]:
    """Return environment variable `name` as addresses and networks, split at commas.

    "none" is none, and says that somebody thought of it. Raises ImproperlyConfigured if one is
    anything else, or is all there are: then anybody could say to be anybody.
    """
    words = comma_list(name)
    if [word.lower() for word in words] == ["none"]:
        return []
    try:
        found = [ip_network(word) for word in words]
    except ValueError:
        found = []
    if len(found) != len(words) or any(network.prefixlen == 0 for network in found):
        raise ImproperlyConfigured(f"{name} must be like 10.0.0.5,10.1.0.0/24, or none.")
    return found


def whole_numbers(name: str, default: str, *, count: int) -> list[int]:
    """Return environment variable `name` as `count` whole numbers, split at commas.

    Raises ImproperlyConfigured if it is anything else.
    """
    words = comma_list(name, default)
    if len(words) != count or not all(word.isdecimal() for word in words):
        raise ImproperlyConfigured(f"{name} must be {count} whole numbers, like {default}.")
    return [int(word) for word in words]


def numbers_by_name(name: str, default: str = "") -> dict[str, int]:
    """Return environment variable `name`, written like "A=3,B=9", as a whole number by name.

    Raises ImproperlyConfigured if it is anything else.
    """
    pairs = [word.partition("=") for word in comma_list(name, default)]
    if not all(key and number.isdecimal() for key, _, number in pairs):
        raise ImproperlyConfigured(f"{name} must be written like {default}.")
    return {key.strip(): int(number) for key, _, number in pairs}


def hours_by_day(name: str, default: str) -> dict[int, tuple[time, time]]:
    """Return environment variable `name`, written like "Mon=8-18,Sat=9:30-12", as from when to
    when by the day of the week (0 is Monday); a day that is not named has none.

    Raises ImproperlyConfigured if it is anything else, or names no day.
    """
    try:
        pairs = [word.split("=") for word in comma_list(name, default)]
        hours = {DAYS.index(day.strip().lower()): _from_to(span) for day, span in pairs}
    except ValueError:
        hours = {}
    if not hours or not all(opens < closes for opens, closes in hours.values()):
        raise ImproperlyConfigured(f"{name} must be written like {default}.")
    return hours


def _from_to(span: str) -> tuple[time, time]:
    opens, closes = (word.strip().partition(":") for word in span.split("-"))
    return time(int(opens[0]), int(opens[2] or 0)), time(int(closes[0]), int(closes[2] or 0))


def one_of(name: str, choices: Sequence[str]) -> str:
    """Return environment variable `name`, which must be one of `choices`; the first by default.

    Raises ImproperlyConfigured if it is anything else.
    """
    word = os.environ.get(name, "").strip().lower() or choices[0]
    if word in choices:
        return word
    raise ImproperlyConfigured(f"{name} is {word!r}. Set it to one of {', '.join(choices)}.")


def field_keys(name: str, demo_secret: str) -> list[str]:
    """Return the keys that encrypt what the database keeps, the newest first.

    Without any, one is made of `demo_secret`. Raises ImproperlyConfigured for one that is no key.
    """
    keys = comma_list(name)
    for key in keys:
        try:
            Fernet(key)
        except ValueError:
            raise ImproperlyConfigured(
                f"{name} holds what is no key: `manage.py rotate_keys --new` prints one."
            ) from None
    return keys or [urlsafe_b64encode(sha256(f"{name} {demo_secret}".encode()).digest()).decode()]


def own_server(name: str, *, needed: bool = False) -> str:
    """Return the address of a server of the network's own, empty if none is set.

    Raises ImproperlyConfigured if it is no http address, or is missing and `needed`.
    """
    url = os.environ.get(name, "").strip().rstrip("/")
    if url and not (urlsplit(url).scheme in ("http", "https") and host_of(url)):
        raise ImproperlyConfigured(f"{name} is {url!r}. Set it like http://127.0.0.1:5000.")
    if needed and not url:
        raise ImproperlyConfigured(f"{name} is missing. Set it like http://127.0.0.1:5000.")
    return url


def own_file(name: str) -> Path | None:
    """Return the file that environment variable `name` names, None if it names none.

    Raises ImproperlyConfigured if it cannot be read.
    """
    word = os.environ.get(name, "").strip()
    if word and not os.access(word, os.R_OK):
        raise ImproperlyConfigured(f"{name} is {word!r}, which cannot be read.")
    return Path(word) if word else None


def runs_as_owner(arguments: Sequence[str]) -> bool:
    """Return whether this command line changes tables or rights, and so belongs to their owner."""
    return bool(OWNERS & {*arguments[1:2]}) and "--check" not in arguments


def only_makes_a_key(arguments: Sequence[str]) -> bool:
    """Return whether this command line only prints a key: production does not start without one."""
    return list(arguments[1:]) == ["rotate_keys", "--new"]


def host_of(url: str) -> str:
    """Return the host name in `url`, empty if it has none."""
    return urlsplit(url).hostname or ""


def refuse_unsafe_production(settings: Mapping[str, Any]) -> None:
    """Raise ImproperlyConfigured if these settings may not face patients.

    Every fault is named, each with the variable to set.
    """
    if faults := list(_faults(settings)):
        raise ImproperlyConfigured("Not started. In production " + "; ".join(faults) + ".")


def _faults(settings: Mapping[str, Any]) -> Iterator[str]:
    """Yield what is unsafe, in the order in which the README names the variables."""
    if settings["DEBUG"]:
        yield "DEBUG is on: leave it out"
    key = str(settings["SECRET_KEY"])
    if key == DEMO_SECRET_KEY or len(key) < LONG_ENOUGH:
        yield "SECRET_KEY is the demo one or shorter than 50 characters"
    hosts = settings["ALLOWED_HOSTS"]
    if not hosts or "*" in hosts:
        yield "ALLOWED_HOSTS is empty or lets in any host"
    if not str(settings["PUBLIC_BASE_URL"]).startswith("https://"):
        yield "PUBLIC_BASE_URL does not start with https://"
    if not os.environ.get("TRUSTED_PROXIES", "").strip():
        yield (
            "TRUSTED_PROXIES is missing: set it to the proxy's address, or to none if browsers"
            " reach the web server itself"
        )
    if "sqlite" in settings["DATABASES"]["default"]["ENGINE"]:
        yield "DATABASE_URL is missing or SQLite: set it to PostgreSQL's"
    if not comma_list("FIELD_KEYS"):
        yield "FIELD_KEYS is missing: `manage.py rotate_keys --new` prints a key"
    yield from _faults_of_texts(settings)
    if settings["OIDC_RP_CLIENT_ID"] and not settings["OIDC_ISSUER"]:
        yield "OIDC_ISSUER is missing: anybody's token would do"
    yield from _faults_of_audit()
    if settings["FEEDS_MAY_BE_PRIVATE"]:
        yield "FEEDS_MAY_BE_PRIVATE is on: a feed could read this network's own servers"


def _faults_of_audit() -> Iterator[str]:
    keys = comma_list("AUDIT_KEY")
    if not keys or len(keys[0]) < LONG_ENOUGH:
        yield (
            "AUDIT_KEY is missing or shorter than 50 characters: the audit’s seal would be broken"
            " by the next SECRET_KEY"
        )


def _faults_of_texts(settings: Mapping[str, Any]) -> Iterator[str]:
    if settings["SMS_GATEWAY"] != "twilio":
        yield f"SMS_GATEWAY is {settings['SMS_GATEWAY']}, which texts nobody: set it to twilio"
    for name in ("TWILIO_ACCOUNT_SID", "TWILIO_AUTH_TOKEN", "TWILIO_MESSAGING_SERVICE_SID"):
        if not settings[name]:
            yield f"{name} is missing: no text could go"
    if not os.environ.get("NUMBER_HASH_KEY", "").strip():
        yield (
            "NUMBER_HASH_KEY is missing: whoever asked for no texts would be forgotten with the"
            " next SECRET_KEY"
        )


LONG_ENOUGH = 50
"""Characters of a secret key, as Django's own check has it."""
