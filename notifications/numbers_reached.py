"""Which of many numbers texts reach, in as few queries as of one."""

from collections.abc import Collection

from notifications import opt_outs, phones
from notifications.models import DeadNumber, OptOut

AT_ONCE = 500


def reached(numbers: Collection[str]) -> set[str]:
    """Return those of these numbers (E.164, or empty) that a text may go to."""
    mobiles = {number for number in numbers if number and _is_mobile(number)}
    by_hash = {opt_outs.hash_of(number): number for number in mobiles}
    hashes = list(by_hash)
    lost: set[str] = set()
    for at in range(0, len(hashes), AT_ONCE):
        some = hashes[at : at + AT_ONCE]
        opted_out = OptOut.objects.filter(number_hash__in=some, revoked_at=None)
        dead = DeadNumber.objects.filter(number_hash__in=some, cleared_at=None)
        lost.update(opted_out.values_list("number_hash", flat=True))
        lost.update(dead.values_list("number_hash", flat=True))
    return {number for key, number in by_hash.items() if key not in lost}


def _is_mobile(number: str) -> bool:
    try:
        phones.tidy_mobile(number)
    except phones.NotAMobile:
        return False
    return True
