"""One slot on two lines of a body without stamps: the later line counts, wherever the two stand."""

import itertools
import json
from datetime import timedelta

import pytest
from django.db import connection

from booking.exchange.feeds.importer import import_lines
from booking.models import FeedLocation, Schedule, Slot
from tests.booking.exchange.feeds.conftest import location, schedule

PAIRS = [*itertools.permutations(["free", "busy"]), ("entered-in-error", "free"),
    ("free", "entered-in-error"), ("busy", "busy-unavailable")]  # fmt: skip
STORED = {"entered-in-error": "withdrawn"}
BETWEEN = {
    "side by side": (0, 1000, 100),
    "another slice": (3, 1000, 2),
    "another batch": (3, 2, 2),
}


@pytest.fixture
def unstamped(fed):
    def unstamped(**fields):
        line = fed(**fields)
        del line["meta"]
        return line

    return unstamped


@pytest.fixture(params=BETWEEN)
def between(request, monkeypatch, unstamped):
    """Give what stands between the two lines, and read few enough at once to part them."""
    count, chunk, size = BETWEEN[request.param]
    monkeypatch.setattr("booking.exchange.feeds.importer.CHUNK", chunk)
    sizes = {connection.vendor: size}
    monkeypatch.setattr("booking.exchange.feeds.batch.SLOTS_PER_TRANSACTION", sizes)
    return [unstamped(name=f"n{number}", hour=number) for number in range(count)]


def send(trust, lines, now, *, replace):
    raw = [json.dumps(line).encode() for line in lines]
    return import_lines(trust.code, enumerate(raw, 1), now=now, replace=replace)


@pytest.mark.parametrize("replace", [False, True], ids=["upsert", "replace"])
def test_the_later_status_counts_whatever_was_there(trust, now, unstamped, between, replace):
    for before, (first, second) in itertools.product([None, "free", "busy"], PAIRS):
        Slot.objects.all().delete()
        if before:
            send(trust, [unstamped(status=before)], now - timedelta(hours=1), replace=False)
        lines = [unstamped(status=first), *between, unstamped(status=second)]

        report = send(trust, lines, now, replace=replace)

        told = f"{before}: {first}, {second}"
        assert report.refused == 0, told
        assert not report.kept, told
        slot = Slot.objects.get(external_id="s1")
        assert slot.status == STORED.get(second, second), told
        assert (slot.free_at is None) == (second != "free"), told


def test_the_later_time_counts(trust, now, unstamped, between):
    send(trust, [unstamped(hour=9), *between, unstamped(hour=16, capacity=2)], now, replace=False)

    assert [one.start.hour for one in Slot.objects.filter(external_id="s1")] == [16, 16]


def test_the_later_line_counts_when_it_is_the_one_that_is_stored(trust, now, unstamped, between):
    was, other = unstamped(), unstamped(status="busy")
    for lines in ([was], [other, *between, was], [was, *between, other], [was, other, was]):
        send(trust, lines, now, replace=True)
        assert Slot.objects.get(external_id="s1").status == lines[-1]["status"]


def test_a_stamped_line_and_one_without_count_by_when_they_came(trust, now, fed, unstamped):
    stamped = fed(status="busy", stamp=(now - timedelta(days=1)).isoformat())

    send(trust, [unstamped(), stamped], now, replace=False)

    assert Slot.objects.get().status == "free", "without a stamp it is of now"


def test_the_later_place_and_schedule_count(trust, now, furness, lancaster):
    places = [location(furness), {**location(lancaster), "id": "furness"}]
    send(trust, [*places, schedule(furness)], now, replace=False)

    assert FeedLocation.objects.get().site == lancaster
    assert Schedule.objects.get().site == lancaster
