"""Bodies to lines."""

import gzip
import io

import pytest

from booking.exchange.feeds import body_stream
from booking.exchange.feeds.body_stream import (
    MAX_LINE,
    READ,
    CutShort,
    NotGzip,
    OfLength,
    TooLong,
    lines,
)

LIMIT = 10 * 1024 * 1024


def read(body, gzipped=False, limit=LIMIT):
    return list(lines(io.BytesIO(body), gzipped=gzipped, limit=limit))


def test_lines_are_numbered_as_an_editor_numbers_them():
    assert read(b"a\n\n  \nb\r\nc") == [(1, b"a"), (4, b"b\r"), (5, b"c")]


def test_an_empty_body_has_no_lines():
    assert read(b"") == []
    assert read(b"\n\n") == []


def test_lines_across_reads_are_whole():
    whole = [b"x" * 1000 for _ in range(200)]

    assert [line for _, line in read(b"\n".join(whole))] == whole


def test_a_line_without_an_end_is_given_up_and_the_next_is_read():
    long = b"x" * (MAX_LINE + READ * 3)

    assert read(b"a\n" + long + b"\nb") == [(1, b"a"), (2, None), (3, b"b")]
    assert read(long) == [(1, None)]


def test_gzip_is_unpacked_as_it_comes():
    text = b"\n".join(b"line %d" % i for i in range(50_000))

    assert read(gzip.compress(text), gzipped=True) == read(text)


def test_a_bomb_is_stopped_long_before_it_is_unpacked():
    bomb = gzip.compress(b"0" * LIMIT)
    given = io.BytesIO(bomb)

    with pytest.raises(TooLong):
        list(lines(given, gzipped=True, limit=LIMIT * 100))
    assert len(bomb) < LIMIT / 500


@pytest.mark.parametrize("gzipped", [False, True])
def test_a_body_over_the_limit_is_refused(gzipped):
    body = b"\n".join(b"%d" % (i * 7919) for i in range(5000))

    with pytest.raises(TooLong):
        read(gzip.compress(body) if gzipped else body, gzipped=gzipped, limit=20_000)


# mtime=0: a stamp of now would name the test differently in each process that collects it.
@pytest.mark.parametrize(
    "body",
    [b"plain", gzip.compress(b"a\nb\n" * 1000, mtime=0)[:-9], b""],
    ids=["plain", "cut short", "empty"],
)
def test_what_is_not_whole_gzip_says_so(body):
    with pytest.raises(NotGzip):
        read(body, gzipped=True)


MEMBERS = [b"a\n", b"", b"b\nc", b"c\nd"]


@pytest.mark.parametrize("gzipped", [True, False], ids=["said", "not said"])
@pytest.mark.parametrize("filling", [b"", b"\0" * 512], ids=["alone", "filled up"])
def test_all_members_of_a_gzip_are_read(gzipped, filling):
    body = b"".join(gzip.compress(one, mtime=0) for one in MEMBERS) + filling

    assert read(body, gzipped=gzipped) == [(1, b"a"), (2, b"b"), (3, b"cc"), (4, b"d")]


@pytest.mark.parametrize("size", [1, 7, 20])
def test_members_may_end_anywhere_in_what_is_read(size, monkeypatch):
    monkeypatch.setattr(body_stream, "READ", size)
    body = b"".join(gzip.compress(one, mtime=0) for one in MEMBERS)

    assert [line for _, line in read(body, gzipped=True)] == [b"a", b"b", b"cc", b"d"]


@pytest.mark.parametrize("after", [b"x", b"\x1f", b"\x1f\x8b", b"a\nb\n", b"\0\0x"], ids=repr)
def test_what_follows_a_gzip_and_is_none_is_no_end(after):
    with pytest.raises(NotGzip):
        read(gzip.compress(b"a\n", mtime=0) + after, gzipped=True)


def test_a_gzip_of_too_many_members_is_stopped(monkeypatch):
    monkeypatch.setattr(body_stream, "MAX_MEMBERS", 3)

    with pytest.raises(TooLong):
        read(gzip.compress(b"", mtime=0) * 4, gzipped=True)


@pytest.mark.parametrize("start", [b"[", b" [", b"\xef\xbb\xbf{"], ids=repr)
def test_a_long_line_that_begins_as_json_is_kept_up_to_a_limit(start, monkeypatch):
    monkeypatch.setattr(body_stream, "MAX_DOCUMENT", 4 * MAX_LINE)
    long = start + b"x" * 2 * MAX_LINE

    assert read(long + b"\nb") == [(1, long), (2, b"b")]
    assert read(long * 3 + b"\nb") == [(1, None), (2, b"b")]


def test_a_body_must_be_as_long_as_it_says():
    assert list(lines(OfLength(io.BytesIO(b"ab"), 2), gzipped=False, limit=LIMIT)) == [(1, b"ab")]
    with pytest.raises(CutShort):
        list(lines(OfLength(io.BytesIO(b"ab"), 3), gzipped=False, limit=LIMIT))
