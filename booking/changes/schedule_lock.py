"""One booking at a time of a Schedule whose slots overlap: two of them are two rows, so that no
condition of an UPDATE of one sees what another transaction does with the other."""

from django.db import connection

from booking.changes import commit_numbers, transactions

SCHEDULES = 7203
"""First half of the key of these advisory locks, so that they meet no others."""
KEYS = 2**31
"""The second half is a 32-bit number: two Schedules that share one wait for one another."""


def lock_schedule(schedule_id: int) -> None:
    """Wait until nobody else books on a Schedule with rivals; then keep others out.

    Until the transaction ends. It is taken after the feeds and before any slot. SQLite has one
    writer anyway.
    """
    transactions.must_be_in_transaction("A schedule's lock")
    commit_numbers.must_come_before_numbers("A schedule's lock")
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s, %s)", [SCHEDULES, schedule_id % KEYS])
