"""The booking codes that a browser came with: kept on our side, never in an address or a form.

A code is half of what opens a booking, and addresses stand in histories and logs. Two tabs may have
come with two codes, so a form carries a keyed hash of its own: it acts on that one, or on none.
"""

from collections.abc import MutableMapping
from datetime import datetime
from typing import Any

from django.utils.crypto import constant_time_compare, salted_hmac

from booking.identifiers.codes import read_code

KEPT = "codes"
SALT = "booking.patient.codes_at_hand"
MOST = 5
"""So many codes are kept at once, the latest last: a family's links in as many tabs."""
LONGEST = 64
"""What is no code is asked the same, and counted as its first signs are."""
KEY_LETTERS = 32
SHOWN = 2
"""So many last signs tell two tabs apart; the next person at the browser learns no more."""


class CodeForgotten(Exception):
    """The browser has not, or no longer, the code that a form was about."""


def keep_code(session: MutableMapping[str, Any], typed: str, *, now: datetime) -> None:
    """Remember a code as the latest that somebody came with. It says nothing of who they are."""
    code = read_code(typed) or typed[:LONGEST]
    others = [one for one in session.get(KEPT, []) if one != code]
    session[KEPT] = [*others, code][-MOST:]
    session["used_at"] = now.isoformat()


def latest_code(session: MutableMapping[str, Any]) -> str | None:
    """Return the code that somebody came with last, None if with none."""
    kept = session.get(KEPT, [])
    return str(kept[-1]) if kept else None


def code_of(session: MutableMapping[str, Any], key: str) -> str:
    """Return the code that a form is about. Raises CodeForgotten."""
    for code in session.get(KEPT, []):
        if constant_time_compare(key_of(code), key):
            return str(code)
    raise CodeForgotten


def key_of(code: str) -> str:
    """Return what a form carries in place of a code; without our key it says nothing of it."""
    return salted_hmac(SALT, code, algorithm="sha256").hexdigest()[:KEY_LETTERS]


def ending_of(code: str) -> str:
    """Return the last signs of a code, by which somebody knows which of two it is."""
    return code[-SHOWN:]
