"""Where the broker is. It is only a wake-up: the database row is the truth."""

import os
from pathlib import Path
from urllib.parse import quote, urlsplit

from django.core.exceptions import ImproperlyConfigured


def broker(var_dir: Path) -> tuple[str, dict[str, str]]:
    """Return the broker's address, and what files need that are one (the demo's).

    BROKER_PASSWORD goes into the address, with any characters. Raises ImproperlyConfigured for an
    address that cannot be read: a password with `/`, `#` or `?` in it cuts it off.
    """
    url = os.environ.get("CELERY_BROKER_URL", "") or "filesystem://"
    if url.startswith("filesystem://"):
        folders = dict.fromkeys(("data_folder_in", "data_folder_out"), str(var_dir / "broker"))
        return url, {**folders, "control_folder": str(var_dir / "broker-control")}
    url = _with_password(url, os.environ.get("BROKER_PASSWORD", "").strip())
    os.environ["CELERY_BROKER_URL"] = url  # Celery looks there first, whatever its settings say
    return url, {}


def _with_password(url: str, password: str) -> str:
    try:
        parts = urlsplit(url)
        rest = parts.path + parts.query
        is_whole = "://" in url and parts.port != 0 and "@" not in rest and not parts.fragment
    except ValueError:
        is_whole = False
    if not is_whole:
        raise ImproperlyConfigured(
            "CELERY_BROKER_URL cannot be read. Set it like redis://broker:6379/0, and its password"
            " in BROKER_PASSWORD."
        )
    if not password:
        return url
    user, _, host = parts.netloc.rpartition("@")
    if user.endswith(f":{quote(password, safe='')}"):
        return url  # of the process that started this one
    if ":" in user:
        raise ImproperlyConfigured("CELERY_BROKER_URL has a password, and BROKER_PASSWORD too.")
    return parts._replace(netloc=f"{user}:{quote(password, safe='')}@{host}").geturl()
