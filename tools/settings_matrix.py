"""What each setting takes and refuses, in the demo and in production: each value is tried.

Every variable of README's table has a line in SETTINGS (or is free text, and says so). A
setting is tried as an installation would: a process of its own reads config.settings, and either
starts or says which variable to set.
"""

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tools.production import PRODUCTION

ROOT = Path(__file__).resolve().parent.parent

MODES = ("demo", "production")
KEY = "only-for-this-check-" + "p5Wd" * 12
FIELD_KEY = PRODUCTION["FIELD_KEYS"]


@dataclass(frozen=True)
class Row:
    """What one variable takes everywhere, refuses everywhere, and refuses in production alone."""

    takes: tuple[str, ...]
    refuses: tuple[str, ...] = ()
    unsafe: tuple[str, ...] = ()
    also: tuple[tuple[str, str], ...] = ()
    """Other variables that must be set for it to count."""


FLAG = Row(("0", "1", "no", "YES", ""), ("2", "yess", "maybe"))
NUMBER = Row(("1", " 7 ", ""), ("x", "1.5", "-1", "ten"))
ONE_OR_MORE = Row(NUMBER.takes, (*NUMBER.refuses, "0"))
FREE = Row(("", "words", "Ünïcode"))
"""Any words: nothing to refuse."""
URL = Row(
    ("", "http://127.0.0.1:5000", "https://router.example/"), ("router", "ftp://router", "/x")
)
FLAGS = (
    "SMS_STRICT_WORDS",
    "PURGE_DAILY",
    "OIDC_VOUCHES_FOR_EMAIL",
    "EMAIL_USE_TLS",
    "HSTS_PRELOAD",
)
NUMBERS = (
    "PORT", "SIGN_INS_A_MINUTE", "OPEN_CALLS_A_MINUTE", "OPEN_PAGES_A_MINUTE", "TEXTS_AN_HOUR",
    "TEXT_PRICE", "STAFF_SESSION_HOURS", "ALERT_ACKNOWLEDGE_HOURS",
    "ALERT_BOOK_DAYS", "ALERT_SCAN_DAYS", "ALERT_ROUNDS", "EMAIL_PORT",
    "IMPORT_MAX_BODY_BYTES", "BODY_MAX_BYTES", "API_CALLS_A_MINUTE",
    "FEED_BRAKE_PEOPLE", "FEED_BRAKE_TIMES", "FEED_BRAKE_PERCENT",
    "LOST_FEED_PEOPLE", "LOST_FEED_PERCENT", 
    "NOTICE_MINUTES", "ARRIVAL_MINUTES", "STAFF_IDLE_MINUTES",
    "PATIENT_IDLE_MINUTES", "SIGN_IN_AGAIN_MINUTES", "FIRST_PASSWORD_DAYS",
)  # fmt: skip
ONES = (
    "SMS_PER_SECOND", "SMS_TICK_SECONDS", "ALERT_TICK_SECONDS", "BODY_SECONDS",
    "WEB_THREADS", "FEED_TICK_SECONDS", "LOST_TICK_SECONDS", "FEED_PULL_SECONDS",
    "WEBHOOK_TICK_SECONDS",
)  # fmt: skip
"""Nothing could run with none of them."""
WORDS = (
    "VAR_DIR", "BACKUP_DIR", "STATIC_ROOT", "DATABASE_PASSWORD", "CELERY_QUEUE", "METRICS_TOKEN",
    "CLIENT_CERTIFICATE_HEADER", "DEPRIVATION_FILE", "ORGANISATION_NAME", "HELP_PHONE",
    "HELP_HOURS", "ACCESSIBILITY_EMAIL", "DATA_PROTECTION_EMAIL", "EMAIL_FROM", "EMAIL_HOST",
    "EMAIL_HOST_USER", "EMAIL_HOST_PASSWORD", "AUDIT_HEADS", "TWILIO_API_BASE",
    "BROKER_PASSWORD", "MIGRATE_DATABASE_PASSWORD", "MIGRATE_DATABASE_URL",
    "SMS_LANGUAGES", "OIDC_CLIENT_SECRET",
    "OIDC_AUTHORIZATION_ENDPOINT", "OIDC_TOKEN_ENDPOINT", "OIDC_USER_ENDPOINT",
    "OIDC_JWKS_ENDPOINT",
)  # fmt: skip
"""Words that settings.py takes as they are; what they lead to is looked at by `manage.py check`
and `manage.py doctor`."""
SETTINGS: dict[str, Row] = {
    "MODE": Row(("demo", "DEMO"), ("prod", "live", "Demo1")),
    "DEBUG": Row(("0", ""), ("2", "debug"), ("1",)),
    "SECRET_KEY": Row((KEY,), (), ("", "x" * 49)),
    "ALLOWED_HOSTS": Row(("scans.example", "a.example,b.example"), (), ("", "*", "a.example,*")),
    "PUBLIC_BASE_URL": Row(("https://scans.example",), (), ("http://scans.example", "scans", "")),
    "TRUSTED_PROXIES": Row(
        ("none", "10.0.0.5", "10.1.0.0/24, ::1"),
        ("proxy", "0.0.0.0/0", "::/0", "10.0.0.300"),
        ("",),
    ),
    "DATABASE_URL": Row((PRODUCTION["DATABASE_URL"],), (), ("", "sqlite:///finder.sqlite3")),
    "DATABASE_POOLER": Row(("", "none", "session", "transaction"), ("statement", "pgbouncer", "1")),
    "DATABASE_REPLICA_URL": Row(
        ("", "postgres://copy@copy/finder"), ("sqlite:///copy", "mysql://x/y")
    ),
    "SMS_GATEWAY": Row(("twilio",), ("twillio", "sns"), ("", "outbox", "console")),
    "TWILIO_ACCOUNT_SID": Row(("AC" + "1" * 32,), (), ("",)),
    "TWILIO_AUTH_TOKEN": Row(("a token",), (), ("",)),
    "TWILIO_MESSAGING_SERVICE_SID": Row(("MG" + "1" * 32,), (), ("",)),
    "NUMBER_HASH_KEY": Row((KEY,), (), ("", "  ")),
    "AUDIT_KEY": Row((KEY, f"{KEY},older"), (), ("", "short", ",")),
    "FIELD_KEYS": Row((FIELD_KEY, f"{FIELD_KEY},{FIELD_KEY}"), ("a key", f"{FIELD_KEY},x"), ("",)),
    "SEAL_FIELDS": Row(("0", "1", ""), ("2",)),
    "CELERY_BROKER_URL": Row(
        ("", "redis://broker:6379/0", "amqp://u:p%2Fw@broker:5672//", "redis://:p%23w@broker/1"),
        ("broker", "redis://:p/w@broker:6379/0", "redis://:p#w@broker:6379/0"),
    ),
    "BREACHED_PASSWORDS_FILE": Row(("", "/dev/null"), ("/nowhere/hashes.txt",)),
    "FEEDS_MAY_BE_PRIVATE": Row(("0", ""), ("2",), ("1",)),
    "OIDC_CLIENT_ID": Row(("", "desk"), also=(("OIDC_ISSUER", "https://sign-in.example"),)),
    "OIDC_ISSUER": Row(("https://sign-in.example",), (), ("",), (("OIDC_CLIENT_ID", "desk"),)),
    "TEAM_HOURS": Row(("Mon=8-18", "Mon=8-18,Sat=9:30-12"), ("Moon=8-18", "Mon=18-8", "Mon")),
    "ALERT_SCAN_DAYS_OF": Row(("", "CT-CHEST=3"), ("CT-CHEST", "=3", "CT-CHEST=x")),
    "ALERT_CHAIN_MINUTES": Row(("15,15,30,60",), ("15", "15,15,30,x", "1,2,3,4,5", "")),
    "LOST_GOES_ON_HOURS": Row(("4,8,24,48",), ("4", "4,8,24,x", "")),
    "TRAVEL_ENGINE": Row(("", "roads", "geodesic", "ROADS"), ("osrm", "valhalla", "car")),
    "OSRM_URL": URL,
    "VALHALLA_URL": URL,
    "GEOCODER": Row(("", "none"), ("nominatim", "photon", "pelias", "google")),
    "GEOCODER_URL": URL,
    "OTEL_EXPORTER_OTLP_ENDPOINT": URL,
    "LOG_FORMAT": Row(("", "json", "line"), ("xml",)),
    "LOG_LEVEL": Row(("INFO", "DEBUG", "WARNING")),
    **dict.fromkeys(FLAGS, FLAG),
    **dict.fromkeys(NUMBERS, NUMBER),
    **dict.fromkeys(ONES, ONE_OR_MORE),
    **dict.fromkeys(WORDS, FREE),
}


@dataclass(frozen=True)
class Try:
    """One value of one variable in one mode, and whether it should start."""

    name: str
    value: str
    mode: str
    starts: bool
    also: tuple[tuple[str, str], ...]


def tries() -> Iterator[Try]:
    """Yield every value that is tried."""
    for name, row in SETTINGS.items():
        for mode in MODES:
            if name == "MODE" and mode == "production":
                continue
            for values, starts in (
                (row.takes, True), (row.refuses, False), (row.unsafe, mode == "demo"),
            ):  # fmt: skip
                yield from (Try(name, value, mode, starts, row.also) for value in values)


ASKING = """
import builtins, json, os, runpy, sys
base = dict(os.environ)
for line in sys.stdin:
    os.environ.clear()
    os.environ.update(base | json.loads(line))
    try:
        runpy.run_path("config/settings.py")
        runpy.run_path("config/tracing.py")["endpoint"]()
        said = ""
    except Exception as fault:
        said = f"{type(fault).__name__}: {fault}"
    print(json.dumps(said), flush=True)
"""


def outcomes(asked: list[Try]) -> list[str]:
    """Return what each try says: nothing if it starts, else why it does not."""
    with tempfile.TemporaryDirectory() as var:
        lines = []
        for one in asked:
            env = {"VAR_DIR": var, **(PRODUCTION if one.mode == "production" else {})}
            env |= {**dict(one.also), one.name: one.value}
            lines.append(json.dumps(env))
        done = subprocess.run(
            [sys.executable, "-c", ASKING], input="\n".join(lines), cwd=ROOT, check=True,
            capture_output=True, text=True,
            env={"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT)},
        )  # fmt: skip
    return [json.loads(line) for line in done.stdout.splitlines()]


def faults(asked: list[Try], said: list[str]) -> list[str]:
    """Return what should have started and did not, or the other way round, or is not named."""
    found = []
    for one, words in zip(asked, said, strict=True):
        shown = f"{one.mode}: {one.name}={one.value[:40]!r}"
        if one.starts and words:
            found.append(f"{shown} is refused: {words}")
        elif not one.starts and not words:
            found.append(f"{shown} starts")
        elif words and not words.startswith("ImproperlyConfigured"):
            found.append(f"{shown} breaks, and does not say what to set: {words}")
    return found


def main() -> int:
    """Try every value and print how many; 1 if any is taken or refused that should not be."""
    asked = list(tries())
    wrong = faults(asked, outcomes(asked))
    taken = sum(one.starts for one in asked)
    print(f"{len(SETTINGS)} settings, {taken} values taken, {len(asked) - taken} refused")
    print("\n".join(wrong))
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
