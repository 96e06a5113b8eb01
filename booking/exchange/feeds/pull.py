"""Trusts that only host a $bulk-publish manifest: we come and read it.

All files together are authoritative for the Schedules that they name. They are fetched first and
put in after, with no transaction open meanwhile; if one of them is missing or not whole, what was
readable may be in, and nothing is withdrawn.
"""

import re
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import datetime, timedelta
from typing import IO, Any, NamedTuple
from urllib.parse import urljoin

import msgspec
from django.conf import settings

from booking.exchange.feeds import body_stream, log
from booking.exchange.feeds.fetch import Fetched, FetchFailed, fetch
from booking.exchange.feeds.importer import import_lines
from booking.exchange.feeds.report import Report
from booking.models import Feed
from received.json_body import JsonRefused, read_json
from received.text import keep_fit

TYPES = ["Location", "Schedule", "Slot"]
"""What we read, in the order in which one stands on the other."""
SHORTEST, LONGEST = timedelta(minutes=1), timedelta(minutes=5)
"""Between two pulls; a publisher's max-age decides within these."""
MAX_MANIFEST = 1024 * 1024
MAX_FILES = 200


class _Output(msgspec.Struct):
    type: str
    url: str


class _Manifest(msgspec.Struct):
    output: list[_Output]


_decoder = msgspec.json.Decoder(_Manifest)


class _File(NamedTuple):
    kind: str
    content: IO[bytes]


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
    report, problem, state = Report(), "", feed.pull_state
    with ExitStack() as stack:
        try:
            files, state, max_age = _fetch(feed, stack)
            Feed.objects.filter(pk=trust).update(pull_next_at=now + _interval(feed, max_age))
            if files:
                report = import_lines(trust, _lines(files), now=now, replace=True, contact=False)
                problem = report.kept
        except FetchFailed as error:
            problem = str(error)
        except (body_stream.TooLong, body_stream.NotGzip):
            problem = "A file is not whole gzip, or larger than we take."
    if report.changed or report.refused or problem:
        counts = report.counts
        log.record_call(
            trust, "pull", key=None, status=502 if problem else 200, counts=counts, now=now
        )
    whole = {} if problem else {"last_contact_at": now, "pull_state": state}
    Feed.objects.filter(pk=trust).update(pull_problem=keep_fit(problem)[:200], **whole)
    return report


def read_manifest(url: str, stack: ExitStack) -> Iterator[tuple[int, bytes | None]]:
    """Return the lines of every file that the manifest at `url` names, fetched, as a pull reads
    them. Raises FetchFailed, also while they are read."""
    files, _, _ = _fetch(Feed(pull_url=url), stack)
    return _lines(files)


def _interval(feed: Feed, max_age: int | None) -> timedelta:
    asked = timedelta(minutes=feed.interval_minutes)
    if max_age is not None:
        asked = timedelta(seconds=max_age)
    return min(max(asked, SHORTEST), LONGEST)


def _fetch(feed: Feed, stack: ExitStack) -> tuple[list[_File], dict[str, Any], int | None]:
    """Return the files, none if nothing is new; what to remember of them; and the max-age."""
    deadline = time.monotonic() + settings.FEED_PULL_SECONDS
    known = feed.pull_state
    etags = known.get("etags", {})

    def get(url: str, limit: int, etag: str) -> tuple[Fetched, IO[bytes]]:
        content = stack.enter_context(tempfile.TemporaryFile())  # noqa: SIM115 - the stack closes it
        private = settings.FEEDS_MAY_BE_PRIVATE
        fetched = fetch(url, content, deadline=deadline, limit=limit, private=private, etag=etag)
        content.seek(0)
        return fetched, content

    manifest, content = get(feed.pull_url, MAX_MANIFEST, known.get("etag", ""))
    outputs = known.get("outputs", [])
    if manifest.is_new:
        outputs = _outputs(feed.pull_url, content.read())
    limit = settings.IMPORT_MAX_BODY_BYTES
    got = [(kind, url, *get(url, limit, etags.get(url, ""))) for kind, url in outputs]
    state = {
        "etag": manifest.etag,
        "outputs": outputs,
        "etags": {url: fetched.etag for _, url, fetched, _ in got if fetched.etag},
    }
    if not any(fetched.is_new for _, _, fetched, _ in got):
        return [], state, manifest.max_age
    files = []
    for kind, url, fetched, first in got:
        # Silence about a slot means something only in all files together.
        files.append(_File(kind, first if fetched.is_new else get(url, limit, "")[1]))
    return files, state, manifest.max_age


def _outputs(manifest_url: str, text: bytes) -> list[list[str]]:
    """Return [type, absolute address] of each file to read. Raises FetchFailed."""
    try:
        manifest = read_json(text.removeprefix(b"\xef\xbb\xbf"), _decoder)
    except JsonRefused as error:
        raise FetchFailed(f"The manifest cannot be read: {error}") from None
    found = [
        [output.type, urljoin(manifest_url, output.url)]
        for output in sorted(manifest.output, key=lambda one: [*TYPES, one.type].index(one.type))
        if output.type in TYPES
    ]
    if not any(kind == "Slot" for kind, _ in found):
        raise FetchFailed("The manifest names no Slot file.")
    if len(found) > MAX_FILES:
        raise FetchFailed(f"The manifest names more than {MAX_FILES} files.")
    return found


def _lines(files: list[_File]) -> Iterator[tuple[int, bytes | None]]:
    """Yield the lines of all files, numbered through; raises FetchFailed if there is no slot."""
    number, slots = 0, 0
    for kind, content in files:
        gzipped = content.read(2) == b"\x1f\x8b"
        content.seek(0)
        limit = settings.IMPORT_MAX_BODY_BYTES
        for _, line in body_stream.lines(content, gzipped=gzipped, limit=limit):
            number += 1
            slots += kind == "Slot"
            yield number, line and repair_line(line)
    if not slots:
        raise FetchFailed("The Slot files are empty. Nothing was withdrawn.")


_OFFSET = re.compile(rb'(T\d\d:\d\d(?::\d\d(?:\.\d+)?)?[+-]\d\d)(\d\d)?"')
_NUMBER_ID = re.compile(rb'"id"\s*:\s*(\d{1,64})\s*([,}])')


def repair_line(line: bytes) -> bytes:
    """Return a line without what real publishers get wrong and everybody can read anyway.

    Raw tabs inside strings, `-05` and `-0500` offsets, ids as numbers, a byte order mark.
    """
    line = line.removeprefix(b"\xef\xbb\xbf").replace(b"\t", b" ")
    line = _OFFSET.sub(lambda m: m[1] + b":" + (m[2] or b"00") + b'"', line)
    return _NUMBER_ID.sub(rb'"id":"\1"\2', line)
