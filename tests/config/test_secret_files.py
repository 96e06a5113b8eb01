"""Secrets from files, as containers have them; a slip is said and never an empty key."""

import pytest
from django.core.exceptions import ImproperlyConfigured

from config.secret_files import SECRETS, read_secret_files
from tests.config.test_production import start
from tools.production import PRODUCTION


@pytest.mark.parametrize("name", SECRETS)
def test_what_stands_in_the_file_is_the_setting(tmp_path, name):
    (tmp_path / "secret").write_text(" pass@word/#1 \n")
    environment = {f"{name}_FILE": str(tmp_path / "secret")}

    read_secret_files(environment)

    assert environment[name] == "pass@word/#1"


@pytest.mark.parametrize(
    ("content", "own", "says"),
    [
        (None, "", "cannot be read"),
        (b"", "", "is empty"),
        (b" \n", "", "is empty"),
        (b"\xff", "", "cannot be read"),
        (b"key", "other", "both set"),
    ],
)
def test_a_slip_is_said(tmp_path, content, own, says):
    path = tmp_path / "secret"
    if content is not None:
        path.write_bytes(content)

    with pytest.raises(ImproperlyConfigured, match=f"SECRET_KEY.*{says}"):
        read_secret_files({"SECRET_KEY_FILE": str(path), "SECRET_KEY": own})


def test_without_files_nothing_changes():
    environment = {"SECRET_KEY": "x", "DEPRIVATION_FILE": "/nowhere", "SECRET_KEY_FILE": " "}
    read_secret_files(environment)
    assert environment["SECRET_KEY"] == "x"


def test_production_starts_with_files_and_a_password_of_any_characters(tmp_path):
    env = dict(PRODUCTION)
    for name in ("SECRET_KEY", "NUMBER_HASH_KEY", "TWILIO_AUTH_TOKEN"):
        (tmp_path / name).write_text(env.pop(name))
        env[f"{name}_FILE"] = str(tmp_path / name)
    (tmp_path / "password").write_text("p@ss/w#rd?%20:x")
    env["DATABASE_PASSWORD_FILE"] = str(tmp_path / "password")

    assert start(**env) == (0, "production False")
    said = start(**env, word="print(s.DATABASES['default']['PASSWORD'])")
    assert said == (0, "p@ss/w#rd?%20:x")
