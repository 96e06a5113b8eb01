"""What a manifest names no more."""

import json
from datetime import timedelta

import pytest

from booking.demo.publisher import Page
from booking.exchange.feeds import pull
from booking.models import Feed, Schedule, Slot, WorklistRow
from tests.booking.exchange.feeds.conftest import schedule, slot
from tests.booking.exchange.feeds.pull.conftest import MANIFEST, open_slots

DX = {"schedule": {"reference": "Schedule/furness-DX"}}


@pytest.fixture
def both(publish, server, furness, now):
    """Times of two schedules were pulled; give what publishes some of them again."""

    def both(*slots, schedules=("MR", "DX"), **headers):
        publish(*slots, **headers)
        lines = [json.dumps(schedule(furness, modality)).encode() for modality in schedules]
        server.pages["/Schedule.ndjson"] = Page(b"\n".join(lines))

    both(slot(furness, "mr"), slot(furness, "dx", **DX))
    pull.pull("RTX", now=now - timedelta(minutes=9))
    return both


def test_a_schedule_that_no_manifest_names_any_more_is_not_on_sale(both, furness, now):
    both(slot(furness, "mr"), schedules=["MR"])

    report = pull.pull("RTX", now=now)

    assert (report.withdrawn, open_slots()) == (1, ["mr"])


def test_a_schedule_that_was_pushed_is_not_the_manifests_to_miss(both, push, furness, now):
    Schedule.objects.filter(modality="DX").update(is_pulled=False)
    both(slot(furness, "mr"), schedules=["MR"])

    assert pull.pull("RTX", now=now).withdrawn == 0


@pytest.mark.parametrize("gone", ["lines", "file", "all files"])
def test_a_manifest_without_a_time_is_held_however_little_it_takes(two, publish, server, now, gone):
    publish()
    manifest = json.loads(server.pages[MANIFEST].body)
    if gone != "lines":
        keep = [one for one in manifest["output"] if one["type"] != "Slot" and gone == "file"]
        server.pages[MANIFEST] = Page(json.dumps({**manifest, "output": keep}).encode())

    pull.pull("RTX", now=now)

    feed = Feed.objects.get()
    assert open_slots() == ["a", "b"]
    assert not Slot.objects.filter(free_at__lte=now).exists()
    assert "empty" in feed.pull_problem
    assert "Held: 2 times" in feed.pull_problem
    assert feed.last_contact_at == now - timedelta(hours=1)
    assert WorklistRow.objects.get().kind == "feed_held"


def test_times_that_are_back_are_on_sale_again(two, publish, server, furness, now):
    publish()
    pull.pull("RTX", now=now)
    publish(slot(furness, "a"), slot(furness, "b", hour=15))

    pull.pull("RTX", now=now + timedelta(minutes=2))

    assert Slot.objects.filter(free_at__lte=now).count() == 2
    assert Feed.objects.get().pull_problem == ""


def test_what_is_held_is_said_for_as_long_as_it_is_though_nothing_is_new(
    two, publish, settings, furness, now
):
    settings.FEED_BRAKE_TIMES = 0
    publish(slot(furness, "b", hour=15))
    pull.pull("RTX", now=now)

    pull.pull("RTX", now=now + timedelta(minutes=2))

    feed = Feed.objects.get()
    assert feed.pull_problem.startswith("Held: 1 times")
    assert feed.last_contact_at == now + timedelta(minutes=2)
