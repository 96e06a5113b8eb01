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
from booking.exchange.feeds.documents import Numbered, documents, read_document
from booking.exchange.feeds.parse import LineRefused
from booking.exchange.feeds.report import Report
from booking.exchange.feeds.write_turns import WriteTransactions
from booking.identifiers.actors import Actor, ActorKind
from booking.models import Feed, Schedule
from booking.offers import ending as offers

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
    pulled: bool = False,
) -> Report:
    """Upsert the Locations, Schedules and Slots on `lines` (number, bytes) as trust's own.

    None for a line means that it was too long to read; an array or a Bundle is the resources in
    it. With `replace` the body is authoritative for every Schedule that it names: their slots to
    come that it does not name are withdrawn, once all of it was read and understood; report.kept
    says what was not. With `pulled` also for those that a pull named before, and whether the feed
    counts as heard from is the caller's to say. What takes times away is put off to the end, and
    held if it is more than the brake lets pass. `by_line`: each line is one resource, and
    report.outcomes is filled. Raises what reading `lines` raises; the chunks before are in by then,
    nothing is withdrawn, and the feed's record says so.
    """
    report = Report(outcomes={} if by_line else None)
    seen = AuthoritativeBody() if replace else None
    transactions, numbered = WriteTransactions(trust, now), iter(lines)
    Feed.objects.get_or_create(trust_id=trust)
    try:
        while some := list(islice(_parsed(numbered, report, seen, by_line), CHUNK)):
            batch.import_batch(trust, some, report, transactions, now=now, seen=seen)
        if seen is not None:
            _lose_missing(trust, seen, report, transactions, pulled)
        renumber.find_again(trust, report, transactions, now=now)
        is_whole = seen is not None and not report.kept
        settling.settle(trust, report, transactions, now=now, whole=is_whole)
        # Last: what has another id now, or is withdrawn, stands on nothing.
        report.overlapping, report.crowded = report.crowding.warnings(trust)
        transactions.finish()  # what import_whole left for its end; other turns have settled theirs
        report.displaced += transactions.displaced
        # Not before: a time that has only another id is given back to who had it on hold.
        offers.end_gone_of(trust, now=now, actor=Actor(ActorKind.FEED, trust))
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


def _lose_missing(
    trust: str,
    seen: AuthoritativeBody,
    report: Report,
    transactions: WriteTransactions,
    pulled: bool,
) -> None:
    report.kept = seen.finish(trust)
    report.kept_all = bool(seen.incomplete_reason)
    if report.kept_all:
        return
    now, schedules = transactions.now, Schedule.objects.of_trust(trust)
    if pulled:
        schedules.filter(pk__in=seen.schedules, is_pulled=False).update(is_pulled=True)
        for pk in schedules.filter(is_pulled=True).values_list("pk", flat=True):
            seen.schedule(pk)
    seen.lose_missing(trust, transactions, now=now)
    if pulled:  # A file that names no time at all is more often broken than true.
        losses.force(trust, is_forced=not report.usable)


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
