"""One booking of a patient at a time: a person with two requests is not in two places at once."""

from django.db import connection

from booking.changes import commit_numbers, transactions

BOOKINGS = 7202
"""First half of the key of these advisory locks, so that they meet no others."""
KEYS = 2**31
"""The second half is a 32-bit number: two patients who share one wait for one another, at worst."""


def lock_patient(patient_id: int) -> None:
    """Wait until nobody else books for this patient; then keep others out.

    Until the transaction ends. It is taken first of all, by bookings alone: the patient's own row
    is locked by those who change it. SQLite has one writer anyway.
    """
    transactions.must_be_in_transaction("A patient's lock")
    commit_numbers.must_come_before_numbers("A patient's lock")
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s, %s)", [BOOKINGS, patient_id % KEYS])
