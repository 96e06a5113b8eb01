"""A trust's leads keep a share of its times for suspected cancer, or less of it.

`now` is passed in, aware, UTC.
"""

from collections import defaultdict
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import F

from booking.changes import audit, change_log, feed_locks, transactions
from booking.exams.reserved import reserves_of
from booking.identifiers.actors import Actor
from booking.models import EPOCH, AuditAction, ReservedShare, Slot

AT_ONCE = 500
"""Slots that one statement changes."""


class ShareChanged(Exception):
    """Somebody changed the share since it was read."""


def set_share(seen: ReservedShare, *, percent: int, hours: int, now: datetime, actor: Actor) -> int:
    """Keep this percent of a trust's times of a modality; return how many to come are kept.

    `seen` is the share as the page showed it, unsaved where there was none. No import of the trust
    runs meanwhile: it would work out its slots by the share that was. Raises ShareChanged.
    """
    trust, modality = seen.trust_id, seen.modality
    new = {"percent": percent, "hours": hours, "changed_at": now}
    with transaction.atomic():
        feed_locks.lock_feed_exclusively(trust)
        if seen.pk is None:
            fields = {"trust_id": trust, "modality": modality}
            _, is_new = ReservedShare.objects.get_or_create(**fields, defaults=new)
            if not is_new:
                raise ShareChanged
        else:
            same = ReservedShare.objects.filter(pk=seen.pk, version=seen.version)
            if not same.update(**new, version=F("version") + 1):
                raise ShareChanged
        audit.write(
            AuditAction.RESERVED_SET, now=now, actor=actor,
            trust=trust, modality=modality, percent=percent, hours=hours,
        )  # fmt: skip
        kept, starts = work_out(trust, modality, now=now)
        if starts:
            change_log.record_slot_changes(trust, starts, now=now)
        return kept


def work_out(trust: str, modality: str, *, now: datetime) -> tuple[int, set[datetime]]:
    """Write on each slot to come until when it is kept.

    Returns how many are kept from now on, and the starts of those that changed, to be numbered
    last.

    Belongs in a transaction that has the trust's feed lock alone. Whoever holds or has one of them
    keeps it: neither is looked at.
    """
    transactions.must_be_in_transaction("Keeping times")
    reserves = reserves_of(trust)
    coming = Slot.objects.of_trust(trust).filter(modality=modality, start__gt=now)
    changed: dict[timedelta | None, list[int]] = defaultdict(list)
    starts: set[datetime] = set()
    kept = 0
    for pk, schedule, start, was in coming.order_by("pk").values_list(
        "pk", "schedule_id", "start", "reserved_until"
    ):
        until = reserves.until(schedule, modality, start)
        kept += until > now
        if until != was:
            changed[start - until if until != EPOCH else None].append(pk)
            starts.add(start)
    for before, keys in changed.items():
        value = EPOCH if before is None else F("start") - before
        for at in range(0, len(keys), AT_ONCE):
            Slot.objects.filter(pk__in=keys[at : at + AT_ONCE]).update(reserved_until=value)
    return kept, starts
