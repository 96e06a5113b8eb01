"""Text that the database keeps and cannot read: who has a copy of it and no key reads nothing.

The keys are settings.FIELD_KEYS (Fernet: AES-128-CBC with HMAC-SHA256), the newest first: the first
encrypts, all decrypt. A key goes out after `manage.py rotate_keys` has written all anew. What is
looked for has a keyed hash before it (HMAC-SHA256 by settings.NUMBER_HASH_KEY, its first 128 bits):
the same for the same text, whichever key encrypted it.
"""

import hashlib
import hmac
from collections.abc import Sequence
from functools import lru_cache

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings

HASH_SIGNS = 32
"""Signs of the hash, in hexadecimal: of a million values two are alike once in 10**26 times."""
MARK = "gAAAAA"
"""How every text of Fernet's begins: its version, and a time of before the year 2106."""
TWO_DIFFER = b"what stands in a column: "
"""Before what is hashed, so that it is alike to no other hash under the same key."""


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


def is_encrypted(kept: str) -> bool:
    """Return whether this is of `encrypt`, to go by how it looks."""
    return kept.startswith(MARK)


def hash_of(text: str) -> str:
    """Return by what a text is found: 32 signs, always the same for the same text."""
    keyed = _hash(settings.NUMBER_HASH_KEY).copy()
    keyed.update(text.encode())
    return keyed.hexdigest()[:HASH_SIGNS]


@lru_cache(maxsize=4)
def _hash(key: str) -> hmac.HMAC:
    return hmac.new(key.encode(), TWO_DIFFER, hashlib.sha256)


@lru_cache(maxsize=8)
def _keys(keys: tuple[str, ...]) -> MultiFernet:
    return MultiFernet([Fernet(key) for key in keys])


def _open(kept: str, keys: Sequence[str]) -> str:
    try:
        return _keys(tuple(keys)).decrypt(kept.encode()).decode()
    except InvalidToken:
        raise KeyMissing("No key of FIELD_KEYS opens what the database keeps.") from None
