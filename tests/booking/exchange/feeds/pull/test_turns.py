"""Whose turn it is to be pulled, and what of a file could not be used."""

import json
from datetime import timedelta

import pytest

from booking.demo.publisher import Page
from booking.exchange.feeds import pull
from booking.exchange.feeds.repairs import repaired
from booking.models import Feed
from tests.booking.exchange.feeds.conftest import slot
from tests.booking.exchange.feeds.pull.conftest import open_slots, published


def test_a_refused_line_keeps_its_schedule_is_said_and_is_read_again(two, server, furness, now):
    good, bad = slot(furness, "b", hour=15), slot(furness, "c", hour=16, capacity=0)
    server.pages["/Slot.ndjson"] = Page(published(good, bad))

    for minutes in (0, 2):
        pull.pull("RTX", now=now + timedelta(minutes=minutes))
        feed = Feed.objects.get()
        assert "Nothing was withdrawn of Schedule/furness-MR" in feed.pull_problem
        assert feed.last_contact_at == now + timedelta(minutes=minutes), "the others are fresh"
    assert open_slots() == ["a", "b"]


def test_a_line_that_could_be_anything_makes_the_feed_late(two, server, furness, now):
    server.pages["/Slot.ndjson"] = Page(published(slot(furness, "b", hour=15)) + b"\n{oops")

    pull.pull("RTX", now=now)

    assert open_slots() == ["a", "b"]
    assert Feed.objects.get().last_contact_at == now - timedelta(hours=1)


def test_mending_leaves_a_good_line_as_it_is(furness):
    line = json.dumps(slot(furness)).encode()

    assert repaired(line) == (line, [])


@pytest.mark.parametrize(("said", "minutes"), [
    ("max-age=180", 3), ("max-age=5", 1), ("max-age=99999", 5), ("no-store", 2),
])  # fmt: skip
def test_when_to_come_again_is_the_publishers_max_age_within_one_to_five_minutes(
    publish, furness, now, said, minutes
):
    publish(slot(furness), **{"Cache-Control": said})

    pull.pull("RTX", now=now)

    assert Feed.objects.get().pull_next_at == now + timedelta(minutes=minutes)


def test_a_feed_is_due_once_an_interval_and_only_for_one_worker(server, now):
    assert pull.due(now) == ["RTX"]
    assert pull.due(now) == []
    assert pull.due(now + timedelta(minutes=2)) == ["RTX"]


def test_staff_may_ask_for_a_pull_now(two, server, now):
    Feed.objects.update(pull_next_at=now + timedelta(minutes=2))

    assert pull.ask_again("RTX", now=now)
    assert pull.due(now) == ["RTX"]


def test_a_feed_that_pushes_is_never_pulled(trust, now):
    assert pull.due(now) == []
    assert not pull.ask_again("RTX", now=now)


def test_a_feed_that_is_switched_off_is_not_read_until_it_is_on_again(two, server, now):
    Feed.objects.update(pull_off=True, pull_next_at=None)
    server.statuses()

    assert pull.due(now) == []
    assert not pull.ask_again("RTX", now=now)
    assert server.statuses() == []
    Feed.objects.update(pull_off=False)
    assert pull.due(now) == ["RTX"]
