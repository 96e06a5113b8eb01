"""Which text, JSON, number and moment may come in."""

import re
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import msgspec
import pytest
from django.core.management.base import CommandError

from received.arguments import check_arguments
from received.json_body import JsonRefused, read_envelope, read_json
from received.moments import FIRST, LAST, bring_near, is_usual
from received.numbers import LARGEST, whole_number
from received.text import is_fit, keep_fit, tidy

ANY = msgspec.json.Decoder()
EARLY = datetime(1, 1, 1, tzinfo=timezone(timedelta(hours=14)))
LATE = datetime(9999, 12, 31, 23, 59, tzinfo=timezone(timedelta(hours=-14)))


@pytest.mark.parametrize("unfit", ["\0", "a\0", "\ud800", "x\udfff"])
def test_what_no_database_or_encoding_keeps_is_unfit(unfit):
    assert not is_fit(unfit)
    assert is_fit(keep_fit(unfit))
    assert is_fit(tidy(unfit))


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("\ufeff7KQ4\u200b9CRB", "7KQ49CRB"),
        ("LA14\u00a04LF", "LA14 4LF"),
        ("\u202eFell\u202c\u2066", "Fell"),
        ("soft\u00adhyphen\x07\x85", "softhyphen"),
        ("a\tb\r\nc", "a\tb\r\nc"),
        ("می‌خواهم", "می‌خواهم"),
        ("👩‍⚕️ Zoë Ó’Neill", "👩‍⚕️ Zoë Ó’Neill"),
        ("\u3000Ｆｅｌｌ", " Ｆｅｌｌ"),
    ],
)
def test_what_cannot_be_seen_is_left_out_and_letters_stay(typed, kept):
    assert tidy(typed) == kept


@pytest.mark.parametrize(
    ("typed", "number"),
    [("0", 0), ("007", 7), (str(LARGEST), LARGEST), (str(LARGEST + 1), None), ("9" * 5000, None),
     ("", None), ("-1", None), ("+1", None), ("1e9", None), ("1.0", None), (" 1", None),
     ("²", None), ("٣", None), ("１", None), ("1_0", None), ("\0", None)],
)  # fmt: skip
def test_a_number_has_digits_0_to_9_and_64_bits(typed, number):
    assert whole_number(typed) == number


def test_a_number_has_a_range():
    assert [whole_number(typed, 1, 10) for typed in ("0", "1", "10", "11")] == [None, 1, 10, None]


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (rb'{"a": "x\u0000"}', "processing"),
        (rb'{"\u0000": 1}', "processing"),
        (rb'"\\\u0000"', "processing"),
        (b'"\0"', "structure"),
        (rb'"\ud800"', "structure"),
        (rb'"\udc00\ud800"', "structure"),
        (b'"\xff"', "structure"),
        (b"[" * 10_000, "structure"),
        (b"", "structure"),
    ],
)
def test_json_with_an_unfit_text_is_refused(body, code):
    with pytest.raises(JsonRefused) as refused:
        read_json(body, ANY)
    assert refused.value.code == code


def test_json_says_everything_else():
    assert read_json(rb'"\\u0000"', ANY) == r"\u0000"
    assert read_json(rb'"\ud83d\ude00"', ANY) == "😀"
    assert read_envelope(rb'{"a": "\u0000"}', ANY) == {"a": "\0"}
    with pytest.raises(JsonRefused, match="Expected `int`") as refused:
        read_json(b'"x"', msgspec.json.Decoder(int))
    assert refused.value.code == "invalid"


def test_moments_at_the_ends_of_time_are_brought_near():
    assert [bring_near(EARLY), bring_near(LATE)] == [FIRST, LAST]
    assert not is_usual(EARLY)
    assert not is_usual(LATE)
    now = datetime(2026, 11, 24, tzinfo=UTC)
    assert bring_near(now) == now
    assert is_usual(now)


@pytest.mark.parametrize("value", ["a\0", ["RXL", "\udcff"]])
def test_an_argument_that_cannot_be_kept_is_refused(value):
    with pytest.raises(CommandError, match="label holds characters that cannot be kept"):
        check_arguments({"label": value, "force": True, "count": 3})
    check_arguments({"label": "Zoë", "force": None})


def test_no_door_takes_for_a_number_what_only_looks_like_one():
    """`int("²")` fails though "²" is a digit: what comes in is read by `whole_number`."""
    looks_like = re.compile(r"\bint\(.*\.is(digit|numeric)\(\)|\.is(digit|numeric)\(\).*\bint\(")
    rooms = ("booking", "insights", "notifications", "received", "sealed", "sites", "times")
    found = [
        f"{path}: {line.strip()}"
        for room in rooms
        for path in Path(room).rglob("*.py")
        for line in path.read_text().splitlines()
        if looks_like.search(line)
    ]
    assert found == []
