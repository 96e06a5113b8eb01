"""A trust's lines into the database: read a chunk, put in what of it is new, in small transactions.

What a chunk brought is in once the chunk is done, whatever happens to the rest of the body; the
same lines can be sent again. One bad line never loses the good ones.
"""

from collections.abc import Iterable, Iterator
from datetime import datetime
from itertools import islice

from django.db import transaction
from django.db.models import F

from booking.exchange.feeds import batch, freshness, log, losses, parse, renumber, settling
from booking.exchange.feeds.authoritative import AuthoritativeBody
from booking.exchange.feeds.parse import LineRefused
from booking.exchange.feeds.report import Report
from booking.exchange.feeds.write_turns import WriteTransactions
from booking.models import Feed, Schedule

CHUNK = 1000
"""Lines that are read and compared at a time."""
Lines = Iterable[tuple[int, bytes | None]]


def import_lines(
    trust: str,
    lines: Lines,
    *,
    now: datetime,
    replace: bool = False,
    by_line: bool = False,
    pulled: bool = False,
) -> Report:
    """Upsert the Locations, Schedules and Slots on `lines` (number, bytes) as trust's own.

    None for a line means that it was too long to read. With `replace` the body is authoritative
    for every Schedule that it names: their slots to come that it does not name are withdrawn,
    once all of it was read; with `pulled` also for those that a pull named before, and whether
    the feed counts as heard from is the caller's to say. What takes times away is put off to the
    end, and held if it is more than the brake lets pass. `by_line` fills report.outcomes. Raises
    what reading `lines` raises; the chunks before are in by then, nothing is withdrawn, and the
    feed's record says so.
    """
    report = Report(outcomes={} if by_line else None)
    seen = AuthoritativeBody() if replace else None
    transactions, numbered = WriteTransactions(trust, now), iter(lines)
    Feed.objects.get_or_create(trust_id=trust)
    try:
        while some := list(islice(_parsed(numbered, report, seen), CHUNK)):
            batch.import_batch(trust, some, report, transactions, now=now, seen=seen)
        if seen is not None:
            _lose_missing(trust, seen, report, transactions, pulled)
        renumber.find_again(trust, report, transactions, now=now)
        settling.settle(trust, report, transactions, now=now)
        transactions.finish()  # what import_whole left for its end; other turns have settled theirs
        report.displaced += transactions.displaced
    finally:
        report.keep_first()
        _record(trust, report, now, contact=not pulled)
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
    lines: Iterator[tuple[int, bytes | None]], report: Report, seen: AuthoritativeBody | None
) -> Iterator[parse.Line]:
    for number, line in lines:
        try:
            if line is None:
                raise LineRefused("too-long", "the line is over 64 KB.")
            yield number, line, parse.parse(line)
        except LineRefused as error:
            report.refuse(number, error)
            if seen is not None:
                seen.refused(error)


def _lose_missing(
    trust: str,
    seen: AuthoritativeBody,
    report: Report,
    transactions: WriteTransactions,
    pulled: bool,
) -> None:
    if seen.incomplete_reason:
        report.kept = f"Nothing was withdrawn: {seen.incomplete_reason}"
        return
    now, schedules = transactions.now, Schedule.objects.of_trust(trust)
    if pulled:
        schedules.filter(pk__in=seen.schedules, is_pulled=False).update(is_pulled=True)
        for pk in schedules.filter(is_pulled=True).values_list("pk", flat=True):
            seen.schedule(pk)
    seen.lose_missing(trust, transactions, now=now)
    # A file that names no time at all is more often broken than true.
    losses.force(trust, is_forced=pulled and not report.usable and not report.refused)


def _as_of(trust: str) -> datetime | None:
    return Feed.objects.values_list("as_of", flat=True).get(trust_id=trust)


def _record(trust: str, report: Report, now: datetime, contact: bool) -> None:
    fields: dict[str, object] = {"refused_lines": F("refused_lines") + report.refused}
    if report.is_usable and contact:
        fields["last_contact_at"] = now
        fields["as_of"] = freshness.of_push(report, as_of=_as_of(trust), now=now)
    if report.changed:
        fields["last_change_at"] = now
    Feed.objects.filter(trust_id=trust).update(**fields)
    log.record_refusals(trust, report.refusals, now=now)
