"""Seals the audit: every entry gets a link whose digest covers it and the link before.

The digest is keyed (HMAC) and the key is in no database: whoever may write everything there, or
restores a copy of it, could work out a plain hash of a forged audit anew, and cannot do this.

Nobody who books waits for it. Entries are written as before, without a look at any other, and
sealed a minute later, by a task, in the order in which it finds them. Transactions end in another
order than that of their entries' keys: an entry that was not there yet when the one after it was
sealed is sealed after that, as long as it is found within LATE; one that comes later still is not
sealed, and audit_check says so. `now` is passed in, aware, UTC.
"""

import hashlib
import hmac
import json
import logging
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from django.conf import settings
from django.db import connection, transaction
from django.db.models import Exists, OuterRef, QuerySet

from booking.models import AuditEntry, AuditLink

logger = logging.getLogger(__name__)

LATE = timedelta(hours=1)
"""So long an entry may take to be committed and still be sealed: no transaction of ours is open for
minutes. Who writes an entry with an old key behind the chain's back is found by that."""
AT_ONCE = 1000
"""Entries of one transaction of the seal: some 20 ms, in which nobody else seals."""
SEALS = 7217
"""Key of the advisory lock of who seals."""
FIRST = "0" * 64
"""What the first link has for the digest before it."""


@dataclass(frozen=True)
class Head:
    """The end of the chain at some moment: what is kept outside of the database."""

    number: int
    digest: str

    def __str__(self) -> str:
        return f"{self.number}.{self.digest}"


class NoHead(ValueError):
    """This is no head, like 120.3f9a…"""


def read_head(text: str) -> Head:
    """Return the head that a line names last. Raises NoHead."""
    number, _, digest = (text.split() or [""])[-1].partition(".")
    if not number.isdecimal() or len(digest) != len(FIRST):
        raise NoHead(text)
    return Head(int(number), digest)


def seal(*, now: datetime) -> int:
    """Seal whatever is not sealed; return how many were. Does nothing while another one does.

    The new head is kept in the log and in settings.AUDIT_HEADS, which a removed tail does not
    reach.
    """
    sealed, after, head = 0, _settled(), None
    while batch := _seal_some(after, now):
        sealed, after, head = sealed + len(batch), batch[-1].entry, batch[-1]
    if head:
        _keep_head(Head(head.number, head.digest), now)
    return sealed


def unsealed() -> QuerySet[AuditEntry]:
    """Return the entries that have no link."""
    return AuditEntry.objects.exclude(Exists(AuditLink.objects.filter(entry=OuterRef("pk"))))


def waiting() -> QuerySet[AuditEntry]:
    """Return the entries that the next seal takes."""
    return unsealed().filter(pk__gt=_settled())


def never_sealed() -> QuerySet[AuditEntry]:
    """Return the entries that no link will ever be made for: they came later than LATE."""
    return unsealed().filter(pk__lte=_settled())


def last_link() -> AuditLink | None:
    """Return the end of the chain."""
    return AuditLink.objects.order_by("-number").first()


def kept_heads() -> list[Head]:
    """Return every head that was kept outside of the database, the oldest first. Raises NoHead.

    All of them: after a tail was cut off the next seal keeps a head of what stands then.
    """
    path = Path(settings.AUDIT_HEADS)
    lines = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
    return [read_head(line) for line in lines]


def digest_of(entry: AuditEntry, number: int, before: str, key: str) -> str:
    """Return what a link of this number says of an entry, after a link with digest `before`."""
    said = json.dumps(
        [
            *(number, before, entry.pk, entry.at.astimezone(UTC).isoformat(), entry.actor),
            *(entry.action, entry.patient_id, entry.referral_id, entry.appointment_id),
            entry.detail,
        ],
        sort_keys=True,
    )
    return hmac.new(key.encode(), said.encode(), hashlib.sha256).hexdigest()


def name_of(key: str) -> str:
    """Return what tells a key from others and gives nothing of it away."""
    return hmac.new(key.encode(), b"booking.audit_link", hashlib.sha256).hexdigest()[:8]


def _seal_some(after: int, now: datetime) -> list[AuditLink]:
    """Seal the next entries with keys above `after`; none if there are none, or others seal."""
    with transaction.atomic():
        if not _is_alone():
            return []
        entries = unsealed().filter(pk__gt=after).order_by("pk")[:AT_ONCE]
        return AuditLink.objects.bulk_create(_links(entries, last_link(), now))


def _links(
    entries: Iterable[AuditEntry], last: AuditLink | None, now: datetime
) -> Iterator[AuditLink]:
    number, before = (last.number, last.digest) if last else (0, FIRST)
    key = settings.AUDIT_KEYS[0]
    name = name_of(key)
    for entry in entries:
        number += 1
        before = digest_of(entry, number, before, key)
        yield AuditLink(number=number, entry=entry.pk, digest=before, key=name, at=now)


def _settled() -> int:
    """Return the key up to which nothing is sealed any more, counted from the last seal back: so
    that after a night without one what was on its way before is sealed still.
    """
    last = last_link()
    if last is None:
        return 0
    old = AuditLink.objects.filter(at__lte=last.at - LATE).order_by("-number")
    found = old.values_list("entry", flat=True).first()
    return found or 0


def _is_alone() -> bool:
    """Take the lock of who seals until the transaction ends; False if somebody has it.

    SQLite has one writer anyway.
    """
    if connection.vendor != "postgresql":
        return True
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [SEALS])
        return bool(cursor.fetchone()[0])


def _keep_head(head: Head, now: datetime) -> None:
    logger.info("audit: sealed up to %s", head)
    path = Path(settings.AUDIT_HEADS)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("a", encoding="utf-8") as file:
            file.write(f"{now.astimezone(UTC).isoformat()} {head}\n")
    except OSError as error:  # the log has it, too
        logger.error("audit: the head cannot be kept in AUDIT_HEADS: %s", error.strerror)
