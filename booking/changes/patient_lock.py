"""One booking of a patient at a time: a person with two requests is not in two places at once."""

from django.db import connection, transaction

from booking.changes import commit_numbers, transactions
from booking.models import Referral

BOOKINGS = 7202
"""First half of the key of these advisory locks, so that they meet no others."""
KEYS = 2**31
"""The second half is a 32-bit number: two patients who share one wait for one another, at worst."""


def lock_patient(patient_id: int) -> None:
    """Wait until nobody else books for this patient; then keep others out.

    Until the transaction ends. It is taken first of all, by bookings, deaths and joins: the
    patient's own row is locked by those who change it. SQLite has one writer anyway.
    """
    transactions.must_be_in_transaction("A patient's lock")
    commit_numbers.must_come_before_numbers("A patient's lock")
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s, %s)", [BOOKINGS, patient_id % KEYS])


def lock_patient_of(referral: Referral) -> None:
    """Lock the patient whose a referral is now, and let the referral that was passed say so.

    It may have gone to another record since it was read: two were joined, or taken apart. Until
    the transaction ends it goes to no other.
    """
    transactions.must_be_in_transaction("A patient's lock")
    while not _lock_as_read(referral):
        pass


def lock_with_referral(referral: Referral) -> Referral | None:
    """Lock the patient that a referral names, then its row; return the row as it is now.

    None if it is another patient's by now, whom the referral that was passed then names: whoever
    called rolls its transaction, or savepoint, back, which lets go of both locks, and asks again.
    So nothing is to be kept that it did before. The row's lock is no_key, so that an import that
    writes about this referral does not wait for us.
    """
    lock_patient(referral.patient_id)
    locked = Referral.objects.select_for_update(no_key=True).get(pk=referral.pk)
    if locked.patient_id == referral.patient_id:
        return locked
    referral.patient_id = locked.patient_id
    return None


def _lock_as_read(referral: Referral) -> bool:
    """Lock the patient that the referral names; if it is another's now, let go and name that.

    Who joins two locks both in the order of their keys: nobody may wait for one with the other.
    """
    with transaction.atomic():
        lock_patient(referral.patient_id)
        found = Referral.objects.values_list("patient_id", flat=True).get(pk=referral.pk)
        if found == referral.patient_id:
            return True
        transaction.set_rollback(True)  # to here: PostgreSQL lets go of the lock
    referral.patient_id = found
    return False
