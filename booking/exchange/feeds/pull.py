"""Trusts that only host a $bulk-publish manifest: we come and read it.

All files together are authoritative for the Schedules that they name. They are fetched first and
put in after, with no transaction open meanwhile; if one of them is missing or not whole, what was
readable may be in, and nothing is withdrawn.
"""

import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import datetime, timedelta
from typing import IO, Any, NamedTuple

import msgspec
from django.conf import settings

from booking.exchange.feeds import body_stream, freshness, log, losses
from booking.exchange.feeds.fetch import Fetched, FetchFailed, address_from, fetch
from booking.exchange.feeds.importer import import_lines
from booking.exchange.feeds.repairs import BOM
from booking.exchange.feeds.report import Report
from booking.models import Feed
from received.json_body import JsonRefused, read_json
from received.moments import is_usual
from received.text import keep_fit

TYPES = ["Location", "Schedule", "Slot"]
"""What we read, in the order in which one stands on the other."""
READ_ANEW = timedelta(hours=1)
"""How often all files are read whatever their ETags say: a tag may stand over new content."""
SHORTEST, LONGEST = timedelta(minutes=1), timedelta(minutes=5)
"""Between two pulls; a publisher's max-age decides within these."""
MAX_MANIFEST = 1024 * 1024
MAX_FILES = 200


class _Output(msgspec.Struct):
    type: str
    url: str


class _Manifest(msgspec.Struct, rename="camel"):
    output: list[_Output]
    transaction_time: Any = None


_decoder = msgspec.json.Decoder(_Manifest)


class _File(NamedTuple):
    kind: str
    content: IO[bytes]


class _Read(NamedTuple):
    """What came: `files` is None if nothing is new; `said` is how old its source says it is."""

    files: list[_File] | None
    state: dict[str, Any]
    max_age: int | None
    said: datetime | None


def due(now: datetime) -> list[str]:
    """Return the trusts to pull now, and put each off by its interval: one worker gets it."""
    waiting = Feed.objects.exclude(pull_url="").exclude(pull_off=True).exclude(pull_next_at__gt=now)
    return [
        feed.pk
        for feed in waiting
        # filter(x=None) means IS NULL: a feed that was never pulled is claimed the same way.
        if Feed.objects.filter(pk=feed.pk, pull_next_at=feed.pull_next_at).update(
            pull_next_at=now + _interval(feed, None)
        )
    ]


def ask_again(trust: str, *, now: datetime) -> bool:
    """Make a trust's pull due now, all files anew; False if it is not pulled."""
    waiting = Feed.objects.filter(pk=trust, pull_off=False).exclude(pull_url="")
    return bool(waiting.update(pull_next_at=now, pull_state={}))


def pull(trust: str, *, now: datetime) -> Report:
    """Fetch what changed and put it in; write down what was wrong, which never raises."""
    feed = Feed.objects.get(pk=trust)
    report, problem, whole = Report(), "", {}
    with ExitStack() as stack:
        try:
            read = _fetch(feed, stack, now)
            Feed.objects.filter(pk=trust).update(pull_next_at=now + _interval(feed, read.max_age))
            if read.files is not None:
                lines = _lines(read.files)
                report = import_lines(trust, lines, now=now, replace=True, pulled=True)
                problem = " ".join(filter(None, [_nothing_usable(report), report.kept]))
            if not problem or (report.kept and not report.kept_all and report.usable):
                whole = _as_read(read, report, feed.pull_state, now)
            if problem:
                # One bad line must not make all times unknown; all is read again next time.
                whole.pop("pull_state", None)
        except FetchFailed as error:
            problem = str(error)
        except (body_stream.TooLong, body_stream.NotGzip):
            problem = "A file is not whole gzip, or larger than we take."
    if report.changed or report.refused or problem:
        counts = report.counts
        log.record_call(
            trust, "pull", key=None, status=502 if problem else 200, counts=counts, now=now
        )
    said = " ".join(filter(None, [problem, losses.held_reason(trust, now=now)]))
    Feed.objects.filter(pk=trust).update(pull_problem=keep_fit(said)[:200], **whole)
    return report


def _nothing_usable(report: Report) -> str:
    """Say why a pull brought nothing that could be used; empty if it did."""
    if report.usable:
        return ""
    if not report.refused:
        return "No slot could be used: the Slot files are empty or gone. Nothing was withdrawn."
    first = report.refusals[0].what if report.refusals else ""
    return f"No slot could be used: {report.refused} lines were refused. The first: {first}"


def _as_read(
    read: _Read, report: Report, known: dict[str, Any], now: datetime
) -> dict[str, object]:
    """Return what a whole pull makes of its feed's fields."""
    before = known.get("changed_at")
    changed_at = datetime.fromisoformat(before) if before else None
    if report.changed or changed_at is None:
        changed_at = now
    state = {**read.state, "changed_at": changed_at.isoformat()}
    as_of = freshness.of_source(read.said, changed_at, now=now)
    return {"last_contact_at": now, "as_of": as_of, "pull_state": state}


def read_manifest(
    url: str, stack: ExitStack, *, now: datetime
) -> Iterator[tuple[int, bytes | None]]:
    """Return the lines of every file that the manifest at `url` names, fetched, as a pull reads
    them. Raises FetchFailed, also while they are read."""
    return _lines(_fetch(Feed(pull_url=url), stack, now).files or [])


def _interval(feed: Feed, max_age: int | None) -> timedelta:
    asked = timedelta(minutes=feed.interval_minutes)
    if max_age is not None:
        asked = timedelta(seconds=max_age)
    return min(max(asked, SHORTEST), LONGEST)


def _fetch(feed: Feed, stack: ExitStack, now: datetime) -> _Read:
    """Return the files, what to remember of them, and what their source says of itself."""
    deadline = time.monotonic() + settings.FEED_PULL_SECONDS
    known = feed.pull_state
    read_at = known.get("read_at", "")
    if not read_at or now - datetime.fromisoformat(read_at) > READ_ANEW:
        known, read_at = {}, now.isoformat()
    etags = known.get("etags", {})

    def get(url: str, limit: int, etag: str) -> tuple[Fetched, IO[bytes]]:
        content = stack.enter_context(tempfile.TemporaryFile())  # noqa: SIM115 - the stack closes it
        private = settings.FEEDS_MAY_BE_PRIVATE
        fetched = fetch(url, content, deadline=deadline, limit=limit, private=private, etag=etag)
        content.seek(0)
        return fetched, content

    manifest, content = get(feed.pull_url, MAX_MANIFEST, known.get("etag", ""))
    outputs, stamp = known.get("outputs", []), known.get("stamp", "")
    if manifest.is_new:
        # A server may pack it, whether it says so or not.
        text = body_stream.whole(content, gzipped=False, limit=MAX_MANIFEST)
        outputs, stamp = _outputs(feed.pull_url, text)
    limit = settings.IMPORT_MAX_BODY_BYTES
    got = [(kind, url, *get(url, limit, etags.get(url, ""))) for kind, url in outputs]
    state = {
        "etag": manifest.etag,
        "read_at": read_at,
        "stamp": stamp,
        "outputs": outputs,
        "etags": {url: fetched.etag for _, url, fetched, _ in got if fetched.etag},
    }
    modified = [fetched.modified for _, _, fetched, _ in got if fetched.modified]
    said = _moment(stamp) or max(modified, default=None)
    same = outputs and outputs == known.get("outputs")
    if same and not any(fetched.is_new for _, _, fetched, _ in got):
        return _Read(None, state, manifest.max_age, said)
    files = []
    for kind, url, fetched, first in got:
        # Silence about a slot means something only in all files together.
        files.append(_File(kind, first if fetched.is_new else get(url, limit, "")[1]))
    return _Read(files, state, manifest.max_age, said)


def _moment(said: object) -> datetime | None:
    """Return a transactionTime; None if it is none, or one that nobody meant (.NET's year 1)."""
    try:
        at = datetime.fromisoformat(str(said))
    except ValueError:
        return None
    return at if at.tzinfo and is_usual(at) else None


def _outputs(manifest_url: str, text: bytes) -> tuple[list[list[str]], str]:
    """Return [type, absolute address] of each file to read, and what the manifest says that it is
    of. Raises FetchFailed.
    """
    try:
        manifest = read_json(text.removeprefix(BOM), _decoder)
    except JsonRefused as error:
        raise FetchFailed(f"The manifest cannot be read: {error}") from None
    found = [
        [output.type, address_from(manifest_url, output.url)]
        for output in sorted(manifest.output, key=lambda one: [*TYPES, one.type].index(one.type))
        if output.type in TYPES
    ]
    if len(found) > MAX_FILES:
        raise FetchFailed(f"The manifest names more than {MAX_FILES} files.")
    return found, str(manifest.transaction_time or "")[:64]


def _lines(files: list[_File]) -> Iterator[tuple[int, bytes | None]]:
    """Yield the lines of all files, numbered through."""
    number = 0
    for _, content in files:
        limit = settings.IMPORT_MAX_BODY_BYTES
        for _, line in body_stream.lines(content, gzipped=False, limit=limit):
            number += 1
            yield number, line
