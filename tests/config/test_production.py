"""Settings that may not face patients: each is named, with what to set, and nothing starts."""

import os
import subprocess
import sys

import pytest
from cryptography.fernet import Fernet
from django.core.exceptions import ImproperlyConfigured

from config.environment import DEMO_SECRET_KEY, refuse_unsafe_production
from tools.environment import ROOT
from tools.production import PRODUCTION

POSTGRESQL = {"default": {"ENGINE": "django.db.backends.postgresql"}}
SAFE = {
    **{name: PRODUCTION[name] for name in PRODUCTION if name.startswith(("SECRET", "SMS", "TWI"))},
    "DEBUG": False,
    "ALLOWED_HOSTS": ["scans.example"],
    "PUBLIC_BASE_URL": "https://scans.example",
    "DATABASES": POSTGRESQL,
    "FEEDS_MAY_BE_PRIVATE": False,
    "OIDC_RP_CLIENT_ID": "desk",
    "OIDC_ISSUER": "https://sign-in.example",
}
UNSAFE = [
    ("DEBUG", True),
    ("SECRET_KEY", DEMO_SECRET_KEY),
    ("SECRET_KEY", "x" * 49),
    ("ALLOWED_HOSTS", []),
    ("ALLOWED_HOSTS", ["scans.example", "*"]),
    ("PUBLIC_BASE_URL", "http://scans.example"),
    ("DATABASES", {"default": {"ENGINE": "config.sqlite"}}),
    ("DATABASES", {"default": {"ENGINE": "django.db.backends.sqlite3"}}),
    ("SMS_GATEWAY", "outbox"),
    ("SMS_GATEWAY", "console"),
    ("TWILIO_ACCOUNT_SID", ""),
    ("TWILIO_AUTH_TOKEN", ""),
    ("TWILIO_MESSAGING_SERVICE_SID", ""),
    ("FEEDS_MAY_BE_PRIVATE", True),
    ("OIDC_ISSUER", ""),
]
NAMED = {"DATABASES": "DATABASE_URL"}


@pytest.fixture(autouse=True)
def _number_hash_key(monkeypatch):
    monkeypatch.setenv("NUMBER_HASH_KEY", PRODUCTION["NUMBER_HASH_KEY"])
    monkeypatch.setenv("TRUSTED_PROXIES", PRODUCTION["TRUSTED_PROXIES"])
    monkeypatch.setenv("AUDIT_KEY", PRODUCTION["AUDIT_KEY"])
    monkeypatch.setenv("FIELD_KEYS", PRODUCTION["FIELD_KEYS"])


def test_what_is_safe_starts():
    refuse_unsafe_production(SAFE)
    refuse_unsafe_production({**SAFE, "OIDC_RP_CLIENT_ID": "", "OIDC_ISSUER": ""})


@pytest.mark.parametrize(("name", "value"), UNSAFE)
def test_what_is_unsafe_is_named_alone(name, value):
    with pytest.raises(ImproperlyConfigured) as refusal:
        refuse_unsafe_production({**SAFE, name: value})

    said = str(refusal.value).removeprefix("Not started. In production ")
    assert said.startswith(NAMED.get(name, name))
    assert ";" not in said


@pytest.mark.parametrize("value", ["", "  "])
def test_somebody_must_have_thought_of_the_proxy(monkeypatch, value):
    monkeypatch.setenv("TRUSTED_PROXIES", value)

    with pytest.raises(ImproperlyConfigured, match="TRUSTED_PROXIES is missing"):
        refuse_unsafe_production(SAFE)
    monkeypatch.setenv("TRUSTED_PROXIES", "none")
    refuse_unsafe_production(SAFE)


@pytest.mark.parametrize("value", ["", "  "])
def test_the_key_of_numbers_must_be_the_networks_own(monkeypatch, value):
    monkeypatch.setenv("NUMBER_HASH_KEY", value)

    with pytest.raises(ImproperlyConfigured, match="NUMBER_HASH_KEY is missing"):
        refuse_unsafe_production(SAFE)


@pytest.mark.parametrize("value", ["", "  ", ","])
def test_what_encrypts_must_be_the_networks_own(monkeypatch, value):
    monkeypatch.setenv("FIELD_KEYS", value)

    with pytest.raises(ImproperlyConfigured, match="FIELD_KEYS is missing"):
        refuse_unsafe_production(SAFE)


def test_every_fault_is_named_at_once(monkeypatch):
    monkeypatch.delenv("NUMBER_HASH_KEY")
    monkeypatch.delenv("FIELD_KEYS")

    with pytest.raises(ImproperlyConfigured) as refusal:
        refuse_unsafe_production({**SAFE, **dict(reversed(UNSAFE))})

    assert str(refusal.value).count(";") == 12


def start(word="print(s.MODE, s.SECURE_HSTS_PRELOAD)", **env):
    """What a process says that reads the settings, and whether it goes on."""
    done = subprocess.run(
        [sys.executable, "-c", f"import config.settings as s; {word}"],
        cwd=ROOT,
        env={"PATH": os.environ["PATH"], "VAR_DIR": os.environ.get("VAR_DIR", "var"), **env},
        capture_output=True,
        text=True,
        check=False,
    )
    return done.returncode, (done.stdout + done.stderr).strip().splitlines()[-1]


@pytest.mark.parametrize(
    ("env", "says"),
    [
        ({"MODE": "prod"}, "MODE is 'prod'. Set it to one of demo, production."),
        ({"SMS_GATEWAY": "twillio"}, "SMS_GATEWAY is 'twillio'. Set it to one of outbox"),
        ({"FIELD_KEYS": "a key"}, "FIELD_KEYS holds what is no key"),
        ({**PRODUCTION, "FIELD_KEYS": ""}, "Not started. In production FIELD_KEYS is missing"),
        ({"MODE": "production"}, "Not started. In production SECRET_KEY is the demo one"),
        ({**PRODUCTION, "DATABASE_URL": ""}, "Not started. In production DATABASE_URL is missing"),
    ],
)
def test_a_slip_is_no_demo(env, says):
    code, last = start(**env)

    assert code == 1
    assert says in last


def manage(*arguments):
    """What a command of production says that has not yet been told everything."""
    done = subprocess.run(
        [sys.executable, "manage.py", *arguments],
        cwd=ROOT,
        env={"PATH": os.environ["PATH"], "VAR_DIR": os.environ.get("VAR_DIR", "var"),
             "MODE": "production"},
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    return done.returncode, done.stdout.strip(), done.stderr.strip()


def test_the_key_that_production_needs_can_be_made_before_it_starts():
    code, key, _ = manage("rotate_keys", "--new")

    assert code == 0
    Fernet(key)


@pytest.mark.parametrize("command", ["rotate_keys", "prepare"])
def test_any_other_command_says_what_to_set_in_one_line(command):
    code, _, said = manage(command)

    assert code == 1
    assert said.startswith("Not started. In production SECRET_KEY is")
    assert "\n" not in said


def test_no_other_host_can_set_a_cookie_of_ours():
    names = "SESSION_COOKIE_NAME, s.CSRF_COOKIE_NAME, s.DEVICE_COOKIE_NAME"
    code, said = start(f"print(s.{names}, s.SESSION_COOKIE_SECURE)", **PRODUCTION)

    assert (code, said) == (0, "__Host-finder __Host-csrftoken __Host-finder-device True")


def test_a_word_in_capitals_is_the_same_word():
    assert start(**PRODUCTION | {"MODE": "Production"}) == (0, "production False")
    assert start(**PRODUCTION | {"HSTS_PRELOAD": "1"}) == (0, "production True")
