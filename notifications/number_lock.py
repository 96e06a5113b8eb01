"""One reply of a number at a time: what a reply does depends on what was said before it."""

from django.db import connection

REPLIES = 7204
"""First half of the key of these advisory locks, so that they meet no others."""
HEX_DIGITS = 7
"""How much of a number's hash is the second half: 28 bits. Two numbers that share them wait for
one another."""


def lock_number(number_hash: str) -> None:
    """Wait until no other reply of this number is being handled; then keep others out.

    Until the transaction ends. It is taken before all other locks, by replies alone. SQLite has
    one writer anyway.
    """
    if connection.vendor == "postgresql" and number_hash:
        key = int(number_hash[:HEX_DIGITS], 16)
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s, %s)", [REPLIES, key])
