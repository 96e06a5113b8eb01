"""A password that was stolen somewhere is found in a file of any length, and asked of nobody."""

from hashlib import sha1

import pytest
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError

from booking.clerk.breached import is_in
from config import environment


def digest(password):
    return sha1(password.encode()).hexdigest().upper()


def write(path, passwords, end="\r\n"):
    lines = sorted(f"{digest(one)}:{len(one) ** 7}" for one in passwords)
    path.write_bytes("".join(line + end for line in lines).encode())
    return path


@pytest.mark.parametrize("count", [0, 1, 2, 3, 7, 64, 500])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_every_line_is_found_and_nothing_else(tmp_path, count, end):
    stolen = [f"stolen {n}" * (1 + n % 3) for n in range(count)]
    path = write(tmp_path / "hashes", stolen, end)

    assert [one for one in stolen if not is_in(path, one)] == []
    assert [n for n in range(200) if is_in(path, f"own {n}")] == []


def test_a_stolen_password_is_refused_and_no_other(tmp_path, settings):
    settings.BREACHED_PASSWORDS_FILE = None
    validate_password("a-long-horse-2026")
    settings.BREACHED_PASSWORDS_FILE = write(tmp_path / "hashes", ["a-long-horse-2026", "Ünï x y"])

    for stolen in ("a-long-horse-2026", "Ünï x y"):
        with pytest.raises(ValidationError, match="known to criminals"):
            validate_password(stolen)
    validate_password("a-longer-horse-2026")


def test_a_file_that_is_not_there_stops_the_start(monkeypatch, tmp_path):
    monkeypatch.setenv("BREACHED_PASSWORDS_FILE", str(tmp_path / "none"))
    with pytest.raises(environment.ImproperlyConfigured, match="cannot be read"):
        environment.own_file("BREACHED_PASSWORDS_FILE")
    monkeypatch.setenv("BREACHED_PASSWORDS_FILE", " ")
    assert environment.own_file("BREACHED_PASSWORDS_FILE") is None
