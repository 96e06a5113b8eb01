"""Wrong keys and client secrets, counted by who sends them and under which key id.

Only what is wrong is counted and told to wait: a right key is let in at once, whoever sends wrong
ones from the same address or under the same id. A key is 256 random bits, so that what is saved is
not the key but the work of refusing it. Counted in the database, as calls are: all processes share
it. `now` is passed in, aware, UTC.
"""

from datetime import datetime

from django.db.models import F
from django.utils.crypto import salted_hmac

from booking.models import KeyTries
from received.client import network_of

FROM_ADDRESS, OF_KEY = 30, 10
"""Wrong ones a minute after which they are told to wait: a new key that was pasted wrong a few
times, by several people of one trust behind one address, is still answered as it is."""
KEPT_MINUTES = 60


def count_wrong(address: str, key_id: str, *, now: datetime) -> int:
    """Count a wrong key or secret; return 0, or the seconds until the next is answered again.

    `address` is where it came from, `key_id` the part of it that is not secret, empty if it has
    none. An address over its limit is counted alone: whoever makes up ids fills no table.
    """
    second = int(now.timestamp())
    minute, left = second // 60, 60 - second % 60
    if _count(f"address {network_of(address)}", minute) > FROM_ADDRESS:
        return left
    if key_id and _count(f"key {key_id[:64]}", minute) > OF_KEY:
        return left
    return 0


def _count(who: str, minute: int) -> int:
    who_hash = salted_hmac("booking.key_tries", who, algorithm="sha256").hexdigest()
    mine = KeyTries.objects.filter(pk=who_hash)
    if not mine.filter(minute=minute).update(wrong=F("wrong") + 1):
        KeyTries.objects.filter(minute__lt=minute - KEPT_MINUTES).delete()
        KeyTries.objects.update_or_create(
            who_hash=who_hash, defaults={"minute": minute, "wrong": 1}
        )
    return mine.values_list("wrong", flat=True).first() or 1
