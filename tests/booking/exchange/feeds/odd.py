"""Bodies that no reader expects, for each way in."""

import gzip
import json

from tests.booking.exchange.feeds.conftest import slot

DEEP = b"[" * 200_000
LATIN = "caf\xe9".encode("latin-1")


def odd_slots(furness):
    """Bodies that name a Slot, or seem to, each odd in a way of its own."""
    good = json.dumps(slot(furness, "odd")).encode()

    def with_(**changes):
        return json.dumps(slot(furness, "odd", **changes)).encode()

    return {
        "year 1": with_(start="0001-01-01T00:00:00Z", end="0001-01-01T00:30:00Z"),
        "year 1 east": with_(start="0001-01-01T00:00:00+14:00"),
        "year 9999 west": with_(end="9999-12-31T23:59:59-14:00"),
        "stamp of year 1": with_(meta={"lastUpdated": "0001-01-01T00:00:00+14:00"}),
        "stamp of year 9999": with_(meta={"lastUpdated": "9999-12-31T23:59:59-14:00"}),
        "meta is a list": with_(meta=[1]),
        "offset of a day": with_(start="2026-12-02T14:00:00+24:00"),
        "30 February": with_(start="2026-02-30T14:00:00Z"),
        "Arabic digits": with_(start="٢٠٢٦-12-02T14:00:00Z"),
        "a huge number": good.replace(b'"odd"', b"1" * 5000),
        "NaN": good.replace(b'"free"', b"NaN"),
        "-Infinity": good.replace(b'"free"', b"-Infinity"),
        "1e999": with_(extension=[{"url": "x", "valueInteger": 1}]).replace(b": 1}", b": 1e999}"),
        "NUL escaped": with_(comment="a\0b"),
        "NUL raw": good.replace(b"odd", b"o\0d"),
        "NUL in the id": with_(id="a\0b"),
        "half a pair": good.replace(b"odd", rb"\ud800"),
        "half a pair in the comment": with_(comment="\udfff"),
        "a key twice": good.replace(b"{", b'{"id": "other", ', 1),
        "no object": b"17",
        "a word": b'"Slot"',
        "deep": DEEP,
        "deep and closed": DEEP + b"]" * 200_000,
        "deep objects": b'{"a":' * 50_000 + b"1" + b"}" * 50_000,
        "UTF-16": good.decode().encode("utf-16"),
        "UTF-16 without a mark": good.decode().encode("utf-16-le"),
        "UTF-8 with three marks": b"\xef\xbb\xbf" * 3 + good,
        "Latin-1": good.replace(b"odd", LATIN),
        "NULs alone": b"\0" * 5000,
        "line ends alone": b"\r\n\r\r\n",
        "Unicode line ends": good.replace(b", ", "\u2028".encode()),
        "HTML": b"<!DOCTYPE html><h1>Sign in</h1>",
        "XML": b'<Slot xmlns="http://hl7.org/fhir"><id value="odd"/></Slot>',
        "a schedule that is a number": with_(schedule=7),
        "a reference that is an object": with_(schedule={"reference": {"a": 1}}),
        "an array of arrays": b"[[[]]]",
        "a Bundle without entries": b'{"resourceType":"Bundle","entry":null}',
        "a Bundle of itself": b'{"resourceType":"Bundle","entry":[{"resource":'
        b'{"resourceType":"Bundle","entry":[]}}]}',
        "gzip of nothing": gzip.compress(b""),
        "gzip twice": gzip.compress(gzip.compress(good)),
        "gzip that lies": gzip.compress(good)[:-4] + b"\0\0\0\0",
    }
