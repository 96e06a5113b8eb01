"""Settings that stand in files of their own, as Docker and Kubernetes mount secrets.

`SECRET_KEY_FILE=/run/secrets/secret_key` is as good as SECRET_KEY with what is in that file: it
shows in no `docker inspect`, no list of processes and no error report.
"""

import os
from collections.abc import MutableMapping
from pathlib import Path

from django.core.exceptions import ImproperlyConfigured

ENDING = "_FILE"
SECRETS = (
    "SECRET_KEY",
    "NUMBER_HASH_KEY",
    "FIELD_KEYS",
    "AUDIT_KEY",
    "DATABASE_URL",
    "DATABASE_PASSWORD",
    "MIGRATE_DATABASE_URL",
    "MIGRATE_DATABASE_PASSWORD",
    "CELERY_BROKER_URL",
    "BROKER_PASSWORD",
    "TWILIO_AUTH_TOKEN",
    "METRICS_TOKEN",
    "EMAIL_HOST_PASSWORD",
    "OIDC_CLIENT_SECRET",
)
"""Those that may stand in files."""


def read_secret_files(environment: MutableMapping[str, str] = os.environ) -> None:
    """Put into the environment what stands in the files that it names.

    Raises ImproperlyConfigured for a file that cannot be read or is empty, and for a setting that
    is given both ways.
    """
    for name in SECRETS:
        path = environment.get(name + ENDING, "").strip()
        if not path:
            continue
        if environment.get(name, "").strip():
            raise ImproperlyConfigured(f"{name} and {name}{ENDING} are both set. Leave one out.")
        environment[name] = _content(name, Path(path))


def _content(name: str, path: Path) -> str:
    try:
        said = path.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as fault:
        raise ImproperlyConfigured(
            f"{name}{ENDING} is {path}, which cannot be read ({type(fault).__name__})."
        ) from None
    if not said:
        raise ImproperlyConfigured(f"{name}{ENDING} is {path}, which is empty.")
    return said
