"""Text that the database keeps and cannot read: who has a copy of it and no key reads nothing.

The keys are settings.FIELD_KEYS (Fernet: AES-128-CBC with HMAC-SHA256), the newest first: the first
encrypts, all decrypt. A key goes out after `manage.py rotate_keys` has written all anew.
"""

from collections.abc import Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings
from django.db import models
from django.db.models.expressions import BaseExpression


class KeyMissing(Exception):
    """No key of FIELD_KEYS opens this: the one that it was written with is to be put back."""


def encrypt(text: str) -> str:
    """Return a text as only the keys read it, by the first of them; different each time."""
    return _keys(tuple(settings.FIELD_KEYS)).encrypt(text.encode()).decode()


def decrypt(kept: str) -> str:
    """Return what `encrypt` was given. Raises KeyMissing."""
    return _open(kept, settings.FIELD_KEYS)


def is_by_first_key(kept: str) -> bool:
    """Return whether the key that encrypts today wrote this."""
    try:
        _open(kept, settings.FIELD_KEYS[:1])
    except KeyMissing:
        return False
    return True


if TYPE_CHECKING:
    _Text = models.TextField[str, str]
else:
    _Text = models.TextField


class EncryptedText(_Text):
    """A text that stands encrypted in its column; an empty one stays empty.

    It cannot be looked for: each time it is written it is other text. Migrations see a TextField,
    which its column is, so that none of them needs a key.
    """

    def deconstruct(self) -> tuple[str, str, Sequence[Any], dict[str, Any]]:
        """Return what a migration writes of it."""
        name, _, args, options = super().deconstruct()
        return name, "django.db.models.TextField", args, options

    def get_prep_value(self, value: Any) -> Any:
        """Return what the column keeps."""
        return encrypt(str(value)) if value else value

    def from_db_value(
        self, value: str | None, _expression: BaseExpression, _connection: Any
    ) -> str | None:
        """Return what was given."""
        return decrypt(value) if value else value

    def get_lookup(self, lookup_name: str) -> Any:
        """Return how to look for it: only whether there is any."""
        return super().get_lookup(lookup_name) if lookup_name == "isnull" else None


@lru_cache(maxsize=8)
def _keys(keys: tuple[str, ...]) -> MultiFernet:
    return MultiFernet([Fernet(key) for key in keys])


def _open(kept: str, keys: Sequence[str]) -> str:
    try:
        return _keys(tuple(keys)).decrypt(kept.encode()).decode()
    except InvalidToken:
        raise KeyMissing("No key of FIELD_KEYS opens what the database keeps.") from None
