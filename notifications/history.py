"""Whether this database went back: before anything is sent, its last look is compared with the one
that was noted outside of it.

Somebody may have put a backup back by our own command, by pg_restore, by a copy of the file or of
the whole disk. The database cannot tell. So each look, at every tick and before each batch of
texts, raises a number in the database and writes the same number into a file of VAR_DIR, first the
one and then the other. A database behind the file is one of before: the send-fence goes up. So it
does if nothing proves that this is the database that we know, and nobody has looked at it for
longer than workers ever rest: a restore on another machine.
"""

import json
import logging
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from pathlib import Path
from uuid import UUID, uuid4

from django.conf import settings
from django.db import connection, transaction

from notifications import fence
from notifications.models import LastLook

logger = logging.getLogger(__name__)

RESTS = timedelta(minutes=15)
"""Workers at work look every SMS_TICK_SECONDS; a database unseen for longer was at rest, or is a
backup."""
FEW = 5
"""Looks that the file may lack: of workers that were killed before they noted theirs, or noted
theirs in another order than they looked."""


@dataclass(frozen=True)
class Noted:
    """A look as the file has it."""

    epoch: UUID
    sequence: int
    token: UUID


def look(now: datetime) -> None:
    """Note that this worker is about to send; put the fence up if the database went back.

    Belongs in no transaction: the file may never be ahead of what is committed.
    """
    noted = _read()  # first: by the time the row is read, it cannot be behind by rights
    with transaction.atomic():
        row, _ = LastLook.objects.select_for_update().get_or_create(
            pk=1, defaults={"epoch": uuid4(), "sequence": 0, "token": uuid4(), "at": now}
        )
        if why := row.restored_why if row.restored_at else why_back(row, noted, now):
            _raise(row, why, now)
        row.sequence, row.token, row.at = row.sequence + 1, uuid4(), now
        row.save()
    _write(row)


def mark_restored(why: str, *, restored_at: datetime, as_of: datetime | None = None) -> None:
    """Have the next look, of whichever worker, put the fence up: a backup was put back."""
    new = {"epoch": uuid4(), "sequence": 0, "token": uuid4(), "at": as_of or restored_at}
    LastLook.objects.get_or_create(pk=1, defaults=new)
    LastLook.objects.filter(pk=1).update(
        restored_at=restored_at, restored_as_of=as_of, restored_why=why[:200]
    )


def why_back(row: LastLook, noted: Noted | None, now: datetime) -> str:
    """Return why this is a database of before; empty if it is the one that we know."""
    if noted and noted.epoch == row.epoch:
        if noted.sequence > row.sequence:
            return "The database is older than what this machine saw last."
        if noted.sequence == row.sequence:
            same = noted.token == row.token
            return "" if same else "This is another copy of the database than the one seen last."
        if row.sequence - noted.sequence <= FEW:
            return ""
    if row.sequence and now - row.at > RESTS:
        return "Nobody had looked at this database for long, and this machine does not know it."
    return ""


def file() -> Path:
    """Return where looks at this database are noted: one file a database."""
    found = connection.settings_dict
    name = "|".join(str(found[part]) for part in ("ENGINE", "HOST", "PORT", "NAME"))
    return Path(settings.LOOKS_DIR) / f"last-look-{sha256(name.encode()).hexdigest()[:12]}.json"


def _raise(row: LastLook, why: str, now: datetime) -> None:
    logger.error("the send-fence is up: %s", why)
    restored_at, as_of = row.restored_at or now, row.restored_as_of or row.at
    row.epoch, row.restored_at, row.restored_as_of, row.restored_why = uuid4(), None, None, ""
    fence.raise_fence(restored_at=restored_at, as_of=as_of, why=why, now=now)


def _read() -> Noted | None:
    try:
        noted = json.loads(file().read_text())
        return Noted(UUID(noted["epoch"]), int(noted["sequence"]), UUID(noted["token"]))
    except FileNotFoundError:
        return None
    except (OSError, ValueError, KeyError, TypeError) as fault:
        logger.warning("the last look cannot be read: %s", type(fault).__name__)
        return None


def _write(row: LastLook) -> None:
    """Write the look down, whole or not at all. Texts go on if it cannot be written."""
    where = file()
    noted = {"epoch": str(row.epoch), "sequence": row.sequence, "token": str(row.token)}
    half = where.with_name(f"{where.name}.{row.token.hex}.half")
    try:
        where.parent.mkdir(parents=True, exist_ok=True)
        half.write_text(json.dumps(noted))
        half.replace(where)
    except OSError as fault:
        logger.warning("the last look cannot be noted: %s", type(fault).__name__)
