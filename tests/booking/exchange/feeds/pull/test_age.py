"""How old a pulled feed is, by what its source says of itself."""

import json
from datetime import timedelta

import pytest

from booking.demo.publisher import Page
from booking.exchange.feeds import freshness, pull
from booking.models import Feed, WorklistRow
from tests.booking.exchange.feeds.conftest import slot
from tests.booking.exchange.feeds.pull.conftest import MANIFEST, open_slots


def set_stamp(server, at):
    manifest = json.loads(server.pages[MANIFEST].body)
    if at is None:
        del manifest["transactionTime"]
    else:
        manifest["transactionTime"] = at.isoformat()
    server.pages[MANIFEST] = Page(json.dumps(manifest).encode())


def test_a_manifest_of_last_week_is_of_last_week(publish, server, furness, now):
    publish(slot(furness))
    set_stamp(server, now - timedelta(days=7))

    pull.pull("RTX", now=now)

    feed = Feed.objects.get()
    assert (feed.last_contact_at, feed.checked_at) == (now, now - timedelta(days=7))
    assert feed.is_late(now)
    assert feed.is_unknown(now)
    freshness.watch(now=now)
    row = WorklistRow.objects.get()
    assert (row.kind, row.reason) == (
        "feed_late",
        "University Hospitals of Morecambe Bay still sends its times as they were at 10am, "
        "Tuesday 17 November.",
    )


def test_a_stamp_ahead_of_our_clock_says_nothing(publish, server, furness, now):
    publish(slot(furness))
    set_stamp(server, now + timedelta(days=700))
    pull.pull("RTX", now=now)
    assert Feed.objects.get().checked_at == now

    later = now + timedelta(days=4)
    pull.pull("RTX", now=later)

    assert Feed.objects.get().checked_at == now


FIRST = "Mon, 01 Jan 0001 00:00:00 GMT"


@pytest.mark.parametrize(
    ("stamp", "modified"),
    [
        ("0001-01-01T00:00:00Z", ""), ("0001-01-01T00:00:00+14:00", ""),
        ("9999-12-31T23:59:59-14:00", ""), ("1899-12-31T23:59:59Z", ""), (None, FIRST),
    ],
)  # fmt: skip
def test_a_moment_that_nobody_meant_says_nothing(publish, server, furness, now, stamp, modified):
    """What .NET writes where there is no date; no clock in England can show it."""
    publish(slot(furness), **({"Last-Modified": modified} if modified else {}))
    manifest = json.loads(server.pages[MANIFEST].body) | {"transactionTime": stamp}
    server.pages[MANIFEST] = Page(json.dumps(manifest).encode())

    pull.pull("RTX", now=now)
    freshness.watch(now=now)

    feed = Feed.objects.get()
    assert (feed.checked_at, feed.pull_problem) == (now, "")


@pytest.mark.parametrize(("days", "as_of"), [(3, 3), (4, 0)])
def test_a_file_that_says_nothing_of_itself_is_believed_for_three_days(
    publish, server, furness, now, days, as_of
):
    publish(slot(furness))
    set_stamp(server, None)
    pull.pull("RTX", now=now)

    pull.pull("RTX", now=now + timedelta(days=days))

    assert Feed.objects.get().checked_at == now + timedelta(days=as_of)


def test_without_a_stamp_the_files_own_last_change_counts(publish, server, furness, now):
    publish(slot(furness))
    set_stamp(server, None)
    server.pages["/Slot.ndjson"].headers["Last-Modified"] = "Mon, 23 Nov 2026 10:00:00 GMT"

    pull.pull("RTX", now=now)

    assert Feed.objects.get().checked_at == now - timedelta(days=1)


def test_new_content_under_an_old_tag_is_read_within_the_hour(two, publish, server, furness, now):
    etags = {path: page.etag for path, page in server.pages.items()}
    publish(slot(furness, "b", hour=15), slot(furness, "c", hour=16))
    for path, page in server.pages.items():
        page.tag = etags[path]

    pull.pull("RTX", now=now)
    assert open_slots() == ["a", "b"]
    pull.pull("RTX", now=now + timedelta(minutes=1))

    assert open_slots() == ["b", "c"]


def test_lines_that_are_all_refused_are_a_problem_and_no_contact(two, publish, furness, now):
    publish(*(slot(furness, name, capacity=0) for name in "ab"))

    pull.pull("RTX", now=now)

    feed = Feed.objects.get()
    assert feed.pull_problem.startswith("No slot could be used: 2 lines were refused.")
    assert feed.last_contact_at == now - timedelta(hours=1)
    assert open_slots() == ["a", "b"]
