"""What a refused line is about, so that its sender finds it and nothing of it is taken away.

A line may hold other resources, in `contained` or in extensions, whose ids stand before its own:
only what stands at its top level is its own.
"""

import re
from typing import Any

import msgspec
from msgspec import Struct

from received.json_body import JsonRefused, read_envelope

ID = r"^[A-Za-z0-9\-._ ]{1,64}\Z"
"""Odd ids are accepted from others, never emitted (FHIR itself allows no space or underscore)."""
LOOKED_AT = 64 * 1024
"""Bytes of a broken line that are looked at."""
_id = re.compile(ID)
_kind = re.compile(r"\A\w{1,32}\Z", re.ASCII)
_TOKEN = re.compile(rb'"((?:[^"\\]++|\\.)*+)"|[{}\[\]:,]', re.DOTALL)


class _Top(Struct, rename="camel"):
    resource_type: Any = None
    id: Any = None
    schedule: Any = None


_decoder = msgspec.json.Decoder(_Top)


def subject_of(text: bytes) -> tuple[str, str]:
    """Return (resource, id of its Schedule) of a line, as parse.LineRefused keeps them."""
    try:
        top = read_envelope(text, _decoder)
    except JsonRefused:
        top = _top_of_broken(text[:LOOKED_AT])
    kind = top.resource_type if _fits(_kind, top.resource_type) else ""
    item = f"{kind}/{top.id}" if kind and _fits(_id, top.id) else kind
    reference = top.schedule.get("reference") if isinstance(top.schedule, dict) else None
    is_schedule = isinstance(reference, str) and reference.startswith("Schedule/")
    name = str(reference)[len("Schedule/") :] if is_schedule else ""
    return item, name if _fits(_id, name) else ""


def _fits(pattern: re.Pattern[str], value: object) -> bool:
    return isinstance(value, str) and pattern.match(value) is not None


def _top_of_broken(text: bytes) -> _Top:
    """Return what a line that is no JSON says at its top level, as far as it goes."""
    found, depth, key, last = _Top(), 0, b"", b""
    for token in _TOKEN.finditer(text):
        if token[0] in (b"{", b"["):
            depth += 1
        elif token[0] in (b"}", b"]"):
            depth -= 1
        elif depth != 1:
            continue
        elif token[0] == b":":
            key = last
        elif token[0] == b",":
            key = b""
        elif key == b"resourceType" and found.resource_type is None:
            found.resource_type = token[1].decode("ascii", "replace")
        elif key == b"id" and found.id is None:
            found.id = token[1].decode("ascii", "replace")
        else:
            last = token[1]
    return found
