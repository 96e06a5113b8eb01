"""Who may open a referral: whoever has its code and knows the patient's date of birth."""

import hashlib
from datetime import date, datetime

from django.db import transaction
from django.db.models import F, Q

from booking.identifiers.codes import read_code
from booking.limits import tally
from booking.models import CodeTries, Patient, Referral
from booking.patients import code_guesses
from received.client import network_of

NOBODY = 0
"""A key that no patient has: whose a code is that does not exist."""
OF_ADDRESS = tally.Limit("date of birth", 30, 60 * 60)
"""Wrong dates of birth from one address, for whatever codes: many patients may share one."""


class NotRecognised(Exception):
    """The code and the date of birth do not belong together. It does not say which is wrong."""


class CodeLocked(Exception):
    """Too many wrong tries with this code, whether it exists or not.

    Until `until`; None if staff must open it.
    """

    def __init__(self, until: datetime | None) -> None:
        super().__init__("locked")
        self.until = until


class AddressLimited(Exception):
    """Too many wrong tries from this address; `seconds` until the next counts."""

    def __init__(self, seconds: int) -> None:
        super().__init__(f"again in {seconds} seconds")
        self.seconds = seconds


def authenticate_patient(
    typed_code: str, born: date, *, now: datetime, address: str = ""
) -> Referral:
    """Return the referral of a code if `born` is its patient's date of birth.

    A code that does not exist is looked up, compared, counted and locked exactly as one that
    does, so that neither the answer nor its time tells them apart. `address` is where it comes
    from, empty if nobody knows. Raises NotRecognised, CodeLocked and AddressLimited.
    """
    who = network_of(address) if address else ""
    if who and (wait := tally.count(OF_ADDRESS, who, now=now)):
        raise AddressLimited(wait)
    code = read_code(typed_code) or ""
    code_hash = hashlib.sha256((code or typed_code[:64]).encode()).hexdigest()
    with transaction.atomic():
        tries, _ = CodeTries.objects.select_for_update().get_or_create(
            code_hash=code_hash, defaults={"last_at": now}
        )
        if code_guesses.was_seen_to(tries, code):
            code_guesses.begin_anew(tries)
        locked = tries.locked_until is not None and tries.locked_until > now
        referral = (
            Referral.objects.select_related("patient", "exam", "trust").filter(code=code).first()
        )
        whose = referral.patient_id if referral else NOBODY
        # Of records that were joined, the birthday of each: it is what that person was known by.
        birthdays = Patient.objects.filter(Q(pk=whose) | Q(merged_into=whose), born=born)
        right = birthdays.exists()
        _count(tries, referral, locked, right, now)
    if locked:
        raise CodeLocked(None if code_guesses.is_for_good(tries) else tries.locked_until)
    if referral is None or not right:
        raise NotRecognised
    if who:
        tally.take_back(OF_ADDRESS, who, now=now)
    return referral


def _count(
    tries: CodeTries, referral: Referral | None, locked: bool, right: bool, now: datetime
) -> None:
    """Write the try down: one UPDATE, whatever it is."""
    mine = CodeTries.objects.filter(pk=tries.pk)
    if locked:
        mine.update(last_at=now)
    elif right:
        mine.update(last_at=now, wrong=0, locked_until=None)
    elif tries.wrong >= code_guesses.MAX_TRIES - 1:
        number, until = code_guesses.next_lock(tries, now)
        told = min(tries.locks_told, number - 1)
        mine.update(
            last_at=now, wrong=0, locked_until=until, locks=number, locked_at=now,
            locks_told=told, referral=referral,
        )  # fmt: skip
    else:
        mine.update(last_at=now, wrong=F("wrong") + 1)
