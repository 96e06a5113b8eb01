"""Looks for a password in a file of breached ones, on this machine: nothing of it leaves it.

The file is Have I Been Pwned's own, in the order of its hashes: a line is the SHA-1 of a password
in hexadecimal, a colon and how often it was seen. It is too large to read, and need not be: some
thirty looks into it find a line.
"""

from hashlib import sha1
from pathlib import Path
from typing import BinaryIO

from django.conf import settings
from django.contrib.auth.models import User
from django.core.exceptions import ValidationError

LENGTH = 40
"""Of a SHA-1 in hexadecimal."""


class NotBreached:
    """Refuses a password that stands in BREACHED_PASSWORDS_FILE, if there is such a file."""

    def validate(self, password: str, user: User | None = None) -> None:
        """Raise ValidationError if it stands there."""
        if settings.BREACHED_PASSWORDS_FILE and is_in(settings.BREACHED_PASSWORDS_FILE, password):
            raise ValidationError("This password is known to criminals. Choose another one")

    def get_help_text(self) -> str:
        """Return the rule in words."""
        return "It cannot be one that was stolen somewhere before."


def is_in(path: Path, password: str) -> bool:
    """Return whether a file of hashes, in their order, has that of a password."""
    wanted = sha1(password.encode(), usedforsecurity=False).hexdigest().upper().encode()
    with path.open("rb") as file:
        low, high = 0, file.seek(0, 2)
        while low < high:
            middle = (low + high) // 2
            found, end = _line_after(file, middle)
            if found == wanted:
                return True
            if found and found < wanted:
                low = end
            else:
                high = middle
    return False


def _line_after(file: BinaryIO, offset: int) -> tuple[bytes, int]:
    """Return the hash of the first line that begins at an offset or after it, and where it ends;
    no hash at the end of the file."""
    file.seek(max(0, offset - 1))
    if offset:
        file.readline()
    line = file.readline()
    return line[:LENGTH].upper(), file.tell()
