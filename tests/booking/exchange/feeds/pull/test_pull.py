"""A manifest that is pulled: what comes in, and what does not come whole."""

import gzip
import json
from datetime import timedelta

import pytest

from booking.demo.publisher import Page
from booking.exchange.feeds import pull
from booking.models import Feed, FeedCall
from tests.booking.exchange.feeds.conftest import slot
from tests.booking.exchange.feeds.pull.conftest import MANIFEST, open_slots


@pytest.mark.parametrize("packed", [False, True])
def test_all_files_of_a_manifest_come_in(publish, furness, now, packed):
    publish(slot(furness, "a"), slot(furness, "b", hour=15), packed=packed)

    report = pull.pull("RTX", now=now)

    assert report.created == 4
    feed = Feed.objects.get()
    assert (feed.last_contact_at, feed.pull_problem) == (now, "")
    assert FeedCall.objects.get().call == "pull"


def test_nothing_new_costs_no_body_and_counts_as_heard_from(two, server, now):
    server.statuses()

    report = pull.pull("RTX", now=now)

    assert server.statuses() == [304, 304, 304, 304]
    assert report.used == 0
    assert Feed.objects.get().last_contact_at == now


def test_a_slot_that_is_no_longer_published_is_withdrawn(two, publish, server, furness, now):
    publish(slot(furness, "b", hour=15))
    server.statuses()

    report = pull.pull("RTX", now=now)

    assert report.withdrawn == 1
    assert open_slots() == ["b"]
    assert server.statuses() == [304, 304, 304, 200, 200, 200]


@pytest.mark.parametrize("fault", ["error", "break_off", "drip"])
@pytest.mark.parametrize("path", [MANIFEST, "/Slot.ndjson", "/Location.ndjson"])
def test_what_does_not_come_whole_withdraws_nothing_and_is_written_down(
    two, publish, server, furness, settings, now, fault, path
):
    settings.FEED_PULL_SECONDS = 0.5
    publish(slot(furness, "b", hour=15), slot(furness, "c", hour=16))
    server.pages[path].body += b" "
    server.pages[path].fault = fault

    pull.pull("RTX", now=now)

    feed = Feed.objects.get()
    assert {"a", "b"} <= set(open_slots())
    assert feed.pull_problem
    assert feed.last_contact_at == now - timedelta(hours=1)
    assert FeedCall.objects.latest("pk").status == 502


def test_a_server_that_drips_a_byte_at_a_time_is_given_up_in_total_time(
    two, publish, server, furness, settings, now
):
    settings.FEED_PULL_SECONDS = 0.5
    publish(slot(furness, "b", hour=15))
    server.pages["/Slot.ndjson"].fault = "drip"

    pull.pull("RTX", now=now)

    assert "too long" in Feed.objects.get().pull_problem


def test_a_missing_file_withdraws_nothing(two, publish, server, furness, now):
    publish(slot(furness, "b", hour=15))
    del server.pages["/Slot.ndjson"]

    pull.pull("RTX", now=now)

    assert open_slots() == ["a", "b"]
    assert "404" in Feed.objects.get().pull_problem


def test_truncated_gzip_withdraws_nothing(two, publish, server, furness, now):
    body = gzip.compress(b"\n".join(json.dumps(slot(furness, f"n{i}")).encode() for i in range(9)))
    publish()
    server.pages["/Slot.ndjson"] = Page(body[:-12], headers={"Content-Encoding": "gzip"})

    pull.pull("RTX", now=now)

    assert {"a", "b"} <= set(open_slots())
    assert "gzip" in Feed.objects.get().pull_problem


@pytest.mark.parametrize(
    "manifest",
    [
        b"",
        b'{"output": [{"type": "Slot", "url": "http:',
        b"[]",
        b'{"output": []}',
        b'{"output": [{"type": "Schedule", "url": "/Schedule.ndjson"}]}',
        b'{"output": [{"type": "Slot", "url": "file:///etc/passwd"}]}',
        b'{"output": [{"type": "Slot", "url": "http://user@127.0.0.1/"}]}',
        b'{"output": [{"type": "Slot", "url": "http://127.0.0.1:99999/"}]}',
        b'{"output": ' + b"[" * 50_000,
        json.dumps({"output": [{"type": "Slot", "url": "/x"}] * 201}).encode(),
        b" " * (pull.MAX_MANIFEST + 1),
    ],
)
def test_half_a_manifest_or_a_strange_one_withdraws_nothing(two, server, now, manifest):
    server.pages[MANIFEST] = Page(manifest)

    pull.pull("RTX", now=now)

    assert open_slots() == ["a", "b"]
    assert Feed.objects.get().pull_problem


def test_an_empty_slot_file_withdraws_nothing(two, publish, now):
    publish()

    pull.pull("RTX", now=now)

    assert open_slots() == ["a", "b"]
    assert "empty" in Feed.objects.get().pull_problem


def test_a_file_larger_than_we_take_is_given_up(two, publish, furness, settings, now):
    publish(slot(furness, "b", hour=15, comment="x" * 2000))
    settings.IMPORT_MAX_BODY_BYTES = 1000

    pull.pull("RTX", now=now)

    assert open_slots() == ["a", "b"]
    assert "larger" in Feed.objects.get().pull_problem


def test_a_feed_that_recovers_says_so(two, publish, server, furness, now):
    server.pages["/Slot.ndjson"].fault = "error"
    pull.pull("RTX", now=now)
    publish(slot(furness, "b", hour=15))

    pull.pull("RTX", now=now + timedelta(minutes=2))

    assert Feed.objects.get().pull_problem == ""
    assert open_slots() == ["b"]
