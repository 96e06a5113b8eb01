"""Mutual TLS, which ends at the proxy: it says in a header whose certificate it has checked.

The header (settings.CLIENT_CERTIFICATE_HEADER) holds the certificate's SHA-256 fingerprint in hex.
Without the setting no header is believed, and who is bound to a certificate is let in nowhere.
"""

import hmac
import re
from collections.abc import Mapping

from django.conf import settings

from booking.models import FeedKey

_FINGERPRINT = re.compile(r"[0-9a-f]{64}", re.ASCII)


class FingerprintRefused(ValueError):
    """What was typed is no SHA-256 fingerprint."""


def read_fingerprint(typed: str) -> str:
    """Return a fingerprint, `AB:CD:...` or `abcd...`, as it is kept. Raises FingerprintRefused."""
    found = typed.strip().replace(":", "").lower()
    if not _FINGERPRINT.fullmatch(found):
        raise FingerprintRefused("A SHA-256 fingerprint is 64 hex digits.")
    return found


def bind(prefix: str, fingerprint: str) -> None:
    """Let a key or client in only with the certificate of a fingerprint (read_fingerprint)."""
    FeedKey.objects.filter(prefix=prefix).update(certificate=fingerprint)


def is_shown(key: FeedKey, meta: Mapping[str, object]) -> bool:
    """Whether a call may be of this key: it is bound to no certificate, or the proxy saw that one.

    `meta` is the call's, as WSGI has it.
    """
    if not key.certificate:
        return True
    name = settings.CLIENT_CERTIFICATE_HEADER
    if not name:
        return False
    try:
        shown = read_fingerprint(str(meta.get(f"HTTP_{name.upper().replace('-', '_')}", "")))
    except FingerprintRefused:
        return False
    return hmac.compare_digest(shown, key.certificate)
