"""A trust's lines into the database: read a chunk, put in what of it is new, in small transactions.

What a chunk brought is in once the chunk is done, whatever happens to the rest of the body; the
same lines can be sent again. One bad line never loses the good ones.
"""

from collections.abc import Iterable, Iterator
from datetime import datetime
from itertools import islice

from django.db import transaction
from django.db.models import F

from booking.exchange.feeds import batch, log, parse
from booking.exchange.feeds.authoritative import AuthoritativeBody
from booking.exchange.feeds.documents import Numbered, documents, read_document
from booking.exchange.feeds.parse import LineRefused
from booking.exchange.feeds.report import Report
from booking.exchange.feeds.write_turns import WriteTransactions
from booking.models import Feed

CHUNK = 1000
"""Lines that are read and compared at a time."""
Lines = Iterable[Numbered]


def import_lines(
    trust: str,
    lines: Lines,
    *,
    now: datetime,
    replace: bool = False,
    by_line: bool = False,
    contact: bool = True,
) -> Report:
    """Upsert the Locations, Schedules and Slots on `lines` (number, bytes) as trust's own.

    None for a line means that it was too long to read; an array or a Bundle is the resources in
    it. With `replace` the body is authoritative for every Schedule that it names: their slots to
    come that it does not name are withdrawn, once all of it was read and understood; report.kept
    says what was not. `by_line`: each line is one resource, and report.outcomes is filled.
    `contact` is whether the feed counts as heard from. Raises what reading `lines` raises; the
    chunks before are in by then, nothing is withdrawn, and the feed's record says so.
    """
    report = Report(outcomes={} if by_line else None)
    seen = AuthoritativeBody() if replace else None
    transactions, numbered = WriteTransactions(trust, now), iter(lines)
    Feed.objects.get_or_create(trust_id=trust)
    try:
        while some := list(islice(_parsed(numbered, report, seen, by_line), CHUNK)):
            batch.import_batch(trust, some, report, transactions, now=now, seen=seen)
        report.overlapping, report.warnings = report.crowding.warnings(trust)
        transactions.finish()  # what import_whole left for its end; other turns have settled theirs
        report.displaced = transactions.displaced
        if seen is not None:
            _withdraw(trust, seen, report, transactions, now)
    finally:
        report.keep_first()
        _record(trust, report, now, contact)
    return report


def import_whole(trust: str, lines: Lines, *, now: datetime) -> Report:
    """Upsert all of `lines`, or nothing if one of them is refused. For small bodies."""
    with transaction.atomic():
        report = import_lines(trust, lines, now=now, by_line=True)
        if report.refused:
            transaction.set_rollback(True)
    if report.refused:
        kept = Report(refused=report.refused, refusals=report.refusals, outcomes={})
        _record(trust, kept, now, contact=True)
        return kept
    return report


def _parsed(
    lines: Iterator[Numbered], report: Report, seen: AuthoritativeBody | None, by_line: bool
) -> Iterator[parse.Line]:
    """Yield what can be read. `by_line`: each line is one resource, and nothing else."""
    for number, text in lines if by_line else documents(lines):
        for found in read_document(text, alone=by_line):
            if found.mended:
                report.mend(number, found.mended)
            if isinstance(found.resource, LineRefused):
                report.refuse(number, found.resource)
                if seen is not None:
                    seen.refused(number, found.resource)
            elif found.resource is not None:
                yield number, found.text, found.resource


def _withdraw(
    trust: str,
    seen: AuthoritativeBody,
    report: Report,
    transactions: WriteTransactions,
    now: datetime,
) -> None:
    report.kept = seen.finish(trust)
    report.kept_all = bool(seen.incomplete_reason)
    if report.kept_all:
        return
    for withdrawn, displaced in seen.withdraw_missing(trust, transactions, now=now):
        report.withdrawn += withdrawn
        report.displaced += displaced


def _record(trust: str, report: Report, now: datetime, contact: bool) -> None:
    fields: dict[str, object] = {"refused_lines": F("refused_lines") + report.refused}
    if report.used and contact:
        fields["last_contact_at"] = now
    if report.changed:
        fields["last_change_at"] = now
    Feed.objects.filter(trust_id=trust).update(**fields)
    log.record_refusals(trust, report.refusals, now=now)
