"""Who may open a referral: whoever has its code and knows the patient's date of birth."""

import hashlib
from datetime import date, datetime, timedelta

from django.db import transaction
from django.db.models import F, Q

from booking.identifiers.codes import read_code
from booking.models import CodeTries, Patient, Referral

MAX_TRIES = 5
LOCK = timedelta(hours=1)
"""Five wrong tries lock a code for an hour (journeys.md)."""
NOBODY = 0
"""A key that no patient has: whose a code is that does not exist."""


class NotRecognised(Exception):
    """The code and the date of birth do not belong together. It does not say which is wrong."""


class CodeLocked(Exception):
    """Too many wrong tries with this code, whether it exists or not."""


def authenticate_patient(typed_code: str, born: date, *, now: datetime) -> Referral:
    """Return the referral of a code if `born` is its patient's date of birth.

    A code that does not exist is looked up, compared, counted and locked exactly as one that
    does, so that neither the answer nor its time tells them apart. Raises NotRecognised and
    CodeLocked.
    """
    code = read_code(typed_code) or ""
    code_hash = hashlib.sha256((code or typed_code[:64]).encode()).hexdigest()
    with transaction.atomic():
        tries, _ = CodeTries.objects.select_for_update().get_or_create(
            code_hash=code_hash, defaults={"last_at": now}
        )
        locked = tries.locked_until is not None and tries.locked_until > now
        referral = (
            Referral.objects.select_related("patient", "exam", "trust").filter(code=code).first()
        )
        whose = referral.patient_id if referral else NOBODY
        # Of records that were joined, the birthday of each: it is what that person was known by.
        birthdays = Patient.objects.filter(Q(pk=whose) | Q(merged_into=whose), born=born)
        right = birthdays.exists()
        _count(code_hash, locked, right, now)
    if locked:
        raise CodeLocked
    if referral is None or not right:
        raise NotRecognised
    return referral


def _count(code_hash: str, locked: bool, right: bool, now: datetime) -> None:
    """Write the try down: one UPDATE, whatever it is."""
    tries = CodeTries.objects.filter(code_hash=code_hash)
    if locked:
        tries.update(last_at=now)
    elif right:
        tries.update(last_at=now, wrong=0, locked_until=None)
    elif tries.filter(wrong__gte=MAX_TRIES - 1).exists():
        tries.update(last_at=now, wrong=0, locked_until=now + LOCK)
    else:
        tries.update(last_at=now, wrong=F("wrong") + 1)
