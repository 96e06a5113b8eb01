"""Numbered lines to JSON documents, and arrays and Bundles to the resources in them.

NDJSON is a resource a line. Systems also send one array, or one Bundle, on one line or printed over
many; each is read here. What is not understood comes out as it is, so that it is refused by its
line: nothing of a body is ever passed over in silence.
"""

import re
from collections.abc import Iterable, Iterator
from contextlib import suppress
from typing import Any, NamedTuple

import msgspec
from msgspec import Raw, Struct

from booking.exchange.feeds.body_stream import MAX_DOCUMENT, MAX_LINE
from booking.exchange.feeds.parse import LineRefused, Resource, parse_mended
from booking.exchange.feeds.repairs import BOM, repaired
from received.json_body import JsonRefused, read_envelope

Numbered = tuple[int, bytes | None]
MAX_NESTING = 3
"""Arrays and Bundles in one another: some databases pack a list into a list."""
GIVING = ("", "PUT", "POST")
"""Methods of an entry that give a resource."""
_CLOSED_BY = {b"[": b"]", b"{": b"}"}
_STRING = re.compile(rb'"(?:[^"\\]++|\\.)*+(")?', re.DOTALL)


class Found(NamedTuple):
    """A resource, its text, and what was mended of it; or why it was refused; or only mends."""

    text: bytes
    resource: Resource | LineRefused | None
    mended: list[str]


class _Link(Struct):
    relation: str = ""


class _Request(Struct):
    method: str = ""


class _Entry(Struct):
    resource: Raw = Raw(b"")
    request: _Request | None = None


class _Bundle(Struct, tag_field="resourceType", tag="Bundle"):
    entry: list[_Entry] = []
    link: list[_Link] = []
    total: Any = None


_Opened = list[Raw] | _Bundle
_decoder: msgspec.json.Decoder[_Opened] = msgspec.json.Decoder(_Opened)


def documents(lines: Iterable[Numbered]) -> Iterator[Numbered]:
    """Yield (number of the first line, text): lines that only together are JSON as one.

    If they never become whole each comes out by itself.
    """
    held: list[Numbered] = []
    depth = size = 0
    for number, line in lines:
        if held:
            deeper = _depth(line)
            depth = -1 if deeper is None else depth + deeper
        else:
            depth, size = _opens(line), 0
            if not depth:
                yield number, line
                continue
        held.append((number, line))
        size += len(line or b"")
        if depth == 0:
            held = [(held[0][0], b"\n".join(text or b"" for _, text in held))]
        if depth <= 0 or size > MAX_DOCUMENT:
            yield from held
            held = []
    yield from held


def read_document(text: bytes | None, *, alone: bool = False) -> Iterator[Found]:
    """Yield the resources in a document; None is one that was too long. `alone`: it is only one."""
    try:
        if text is None:
            raise LineRefused("too-long", f"the line is over {MAX_LINE // 1024} KB.")
        found = Found(text, *parse_mended(text))
    except LineRefused as refusal:
        inside = None if alone else _open(text or b"")
        if inside is None:
            found = Found(text or b"", refusal, [])
        else:
            opened, mended = inside
            yield Found(b"", None, mended)
            yield from _resources(opened)
            return
    yield found


def _resources(opened: _Opened) -> Iterator[Found]:
    for where, part in _parts(opened, 1):
        found = [Found(b"", part, [])] if isinstance(part, LineRefused) else [
            *read_document(part, alone=True)
        ]  # fmt: skip
        for one in found:
            refusal = one.resource
            if isinstance(refusal, LineRefused):
                told = f"{where}{refusal}"
                refusal = LineRefused(refusal.code, told, refusal.item, refusal.schedule)
            yield one._replace(resource=refusal)


def _open(text: bytes) -> tuple[_Opened, list[str]] | None:
    """Return an array or a Bundle, and what was mended to read it; None if it is neither."""
    if text.removeprefix(BOM).lstrip()[:1] != b"[" and b'"Bundle"' not in text:
        return None
    with suppress(JsonRefused):
        return read_envelope(text, _decoder), []
    mended, made = repaired(text)
    with suppress(JsonRefused):
        return read_envelope(mended, _decoder), made
    return None


def _parts(opened: _Opened, nesting: int) -> Iterator[tuple[str, bytes | LineRefused]]:
    """Yield where each resource stands, and its text or why there is none."""
    if isinstance(opened, _Bundle):
        yield from (("", refusal) for refusal in _absent(opened))
        parts: list[bytes | LineRefused] = [_given(entry) for entry in opened.entry]
    else:
        parts = [bytes(part) for part in opened]
    for number, part in enumerate(parts, 1):
        inner = _open(part) if isinstance(part, bytes) and nesting < MAX_NESTING else None
        for where, one in _parts(inner[0], nesting + 1) if inner else [("", part)]:
            yield f"entry {number}: {where}", one


def _given(entry: _Entry) -> bytes | LineRefused:
    method = entry.request.method if entry.request else ""
    if method not in GIVING:
        return LineRefused("not-supported", f"request.method {method[:20]} is not taken: send PUT.")
    return bytes(entry.resource) or LineRefused("required", "it has no resource.")


def _absent(bundle: _Bundle) -> Iterator[LineRefused]:
    """Say what a Bundle tells of itself that is not in it; an empty one may be anything."""
    if not bundle.entry:
        yield LineRefused("required", "the Bundle has no entry.", "Bundle")
    if any(link.relation == "next" for link in bundle.link):
        yield LineRefused("incomplete", "the Bundle has a next page: send all in one.", "Bundle")
    elif isinstance(bundle.total, int) and bundle.total > len(bundle.entry):
        said = f"the Bundle says total {bundle.total} and has {len(bundle.entry)} entries."
        yield LineRefused("incomplete", said, "Bundle")


def _opens(line: bytes | None) -> int:
    """Return how many brackets a line leaves open that a later one may close; 0 if none."""
    text = (line or b"").removeprefix(BOM).strip()
    closer = _CLOSED_BY.get(text[:1])
    if closer is None or text.endswith(closer):
        return 0  # a line by itself, as nearly all are: whether it is JSON is found out elsewhere
    return max(_depth(text) or 0, 0)


def _depth(line: bytes | None) -> int | None:
    """Return how many brackets a line leaves open, below 0 if it closes more than it opens.

    None if it ends inside a string, as no line of JSON does.
    """
    if line is None:
        return None
    bare = _STRING.sub(lambda string: b"" if string[1] else b'"', line)
    opened = bare.count(b"{") + bare.count(b"[")
    return None if b'"' in bare else opened - bare.count(b"}") - bare.count(b"]")
