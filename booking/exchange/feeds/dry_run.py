"""What would this body do? The true import, of which nothing is kept.

It is the import itself, in a transaction that is rolled back, so that what is said is what would
happen. Others wait for it meanwhile: on SQLite who writes at all, on PostgreSQL who books a slot
that it changes. So it ends after LOCKED_AT_MOST, whatever is left.
"""

import io
import time
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import datetime

from django.db import OperationalError

from booking.changes import transactions
from booking.exchange.feeds import body_stream, pull
from booking.exchange.feeds.fetch import FetchFailed
from booking.exchange.feeds.importer import Lines, import_lines
from booking.exchange.feeds.report import Report
from booking.models import Slot

LOCKED_AT_MOST = 3.0
"""Seconds. A booking waits for the database for 20 at most (config/sqlite)."""
MAX_UPLOAD = 2 * 1024 * 1024
"""Bytes that may be sent on a page, unpacked: about 5,000 slots."""


class TryFailed(Exception):
    """It could not be tried. The text says why, for the staff's page; nothing was changed."""


@dataclass(frozen=True)
class Tried:
    """What the import would report, and how many slots would be at another time or place."""

    report: Report
    moved: int


def try_manifest(trust: str, url: str, *, now: datetime) -> Tried:
    """Return what a pull from this address would do. Raises TryFailed."""
    with ExitStack() as stack:
        try:
            return _try(trust, pull.read_manifest(url, stack, now=now), now, is_pull=True)
        except FetchFailed as error:
            raise TryFailed(str(error)) from None
        except (body_stream.TooLong, body_stream.NotGzip):
            raise TryFailed("A file is not whole gzip, or larger than we take.") from None


def try_body(trust: str, body: bytes, *, now: datetime, replace: bool) -> Tried:
    """Return what sending this body would do, packed or not. Raises TryFailed."""
    gzipped = body.startswith(b"\x1f\x8b")
    try:
        lines = body_stream.lines(io.BytesIO(body), gzipped=gzipped, limit=MAX_UPLOAD)
        return _try(trust, lines, now, replace=replace)
    except body_stream.TooLong:
        raise TryFailed(f"Send {MAX_UPLOAD // 1024 // 1024} MB at most, unpacked.") from None
    except body_stream.NotGzip:
        raise TryFailed("The file is not whole gzip.") from None


def _try(
    trust: str, lines: Lines, now: datetime, *, replace: bool = True, is_pull: bool = False
) -> Tried:
    before = _where(trust, now)
    try:
        with transactions.rehearsal():
            in_time = _until(lines, time.monotonic())
            report = import_lines(trust, in_time, now=now, replace=replace, pulled=is_pull)
            after = _where(trust, now)
    except OperationalError:
        raise TryFailed("Its times are being changed just now. Try again in a minute.") from None
    moved = {after[pk][0] for pk, was in before.items() if pk in after and after[pk] != was}
    return Tried(report, len(moved))


def _where(trust: str, now: datetime) -> dict[int, tuple[str, datetime, int]]:
    """Return the id, start and site of each slot to come, by its key."""
    slots = Slot.objects.of_trust(trust).filter(start__gt=now)
    rows = slots.values_list("pk", "external_id", "start", "site_id")
    return {pk: (name, start, site_id) for pk, name, start, site_id in rows}


def _until(lines: Lines, began: float) -> Iterator[tuple[int, bytes | None]]:
    for line in lines:
        if time.monotonic() - began > LOCKED_AT_MOST:
            raise TryFailed(
                f"It is too large to try while people book: line {line[0]} was not reached."
                " Try a part of it."
            )
        yield line
