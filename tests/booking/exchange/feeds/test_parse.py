"""Lines that are refused, and what we say about each."""

import json

import pytest

from booking.exchange.feeds.parse import LineRefused, parse

GOOD = {
    "resourceType": "Slot",
    "id": "s1",
    "schedule": {"reference": "Schedule/a"},
    "status": "free",
    "start": "2026-12-02T14:00:00Z",
    "end": "2026-12-02T14:30:00+00:00",
}


def parsed(**changes):
    return parse(json.dumps({**GOOD, **changes}).encode())


def capacity(value):
    url = "http://fhir-registry.smarthealthit.org/StructureDefinition/slot-capacity"
    return parsed(extension=[{"url": url, "valueInteger": value}])


@pytest.mark.parametrize("name", ["a", "A-1.b", "odd_id", "with space", "x" * 64])
def test_ids_of_others_are_accepted(name):
    assert parsed(id=name).id == name


@pytest.mark.parametrize("name", ["", "x" * 65, "a/b", "é", "a\n"])
def test_other_ids_are_refused(name):
    with pytest.raises(LineRefused, match="regex"):
        parsed(id=name)


@pytest.mark.parametrize("start", ["2026-12-02T14:00:00", "2026-12-02", "2pm", "", 5, None])
def test_an_instant_needs_seconds_and_an_offset(start):
    with pytest.raises(LineRefused) as refused:
        parsed(start=start)
    assert refused.value.item == "Slot/s1"
    assert "start" in str(refused.value)


@pytest.mark.parametrize(
    ("end", "why"),
    [
        ("2026-12-02T14:00:00Z", "after start"),
        ("2026-12-02T13:00:00Z", "after start"),
        ("2026-12-03T15:00:00Z", "24 hours"),
    ],
)
def test_times_must_make_sense(end, why):
    with pytest.raises(LineRefused, match=why):
        parsed(end=end).check_times()


@pytest.mark.parametrize("value", [0, -1, 10**9, None])
def test_capacity_is_one_to_a_hundred(value):
    with pytest.raises(LineRefused, match="1 to 100"):
        capacity(value).capacity()


def test_capacity_is_one_unless_said():
    assert parsed().capacity() == 1
    assert capacity(3).capacity() == 3


@pytest.mark.parametrize("status", ["Free", "", "booked", "busy_tentative", "proposed"])
def test_other_statuses_are_refused(status):
    with pytest.raises(LineRefused, match="free, busy"):
        parsed(status=status).stored_status()


@pytest.mark.parametrize(
    ("status", "kept"),
    [
        ("free", "free"),
        ("busy", "busy"),
        ("busy-tentative", "busy"),
        ("busy-unavailable", "busy-unavailable"),
        ("entered-in-error", "withdrawn"),
    ],
)
def test_every_status_of_r4_means_something(status, kept):
    assert parsed(status=status).stored_status() == kept


@pytest.mark.parametrize(
    "start",
    [
        "2026-12-02T24:00:00Z",
        "2026-12-02T23:59:60Z",
        "2026-12-02T14:60:00Z",
        "2026-02-30T14:00:00Z",
        "0000-01-01T00:00:00Z",
        "10000-01-01T00:00:00Z",
        "2026-12-02T14:00:00+25:00",
    ],
)
def test_a_moment_that_does_not_exist_is_refused_with_what_may_be_sent(start):
    with pytest.raises(LineRefused, match="no such moment") as refused:
        parsed(start=start)
    assert (refused.value.item, refused.value.schedule) == ("Slot/s1", "a")


@pytest.mark.parametrize(
    "line",
    [
        b"",
        b"{broken",
        b"[]",
        b"null",
        b'"text"',
        b"\xff\xfe",
        b'{"resourceType": "Slot", "id": NaN}',
        b'{"resourceType": "Patient", "id": "p"}',
        b'{"id": "x"}',
        b"[" * 20_000,
        b'{"a":' * 20_000,
        json.dumps({**GOOD, "id": "\ud800"}).encode("utf-8", "surrogatepass"),
    ],
)
def test_nonsense_is_refused_and_never_a_crash(line):
    with pytest.raises(LineRefused):
        parse(line)
