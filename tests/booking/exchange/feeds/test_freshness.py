"""A feed that goes silent is somebody's business."""

from datetime import timedelta

from booking.exchange.feeds import freshness, tasks
from booking.models import Feed, WorklistRow
from tests.booking.exchange.feeds.conftest import location, schedule


def test_after_three_missed_intervals_a_clerk_is_told_once(trust, now):
    Feed.objects.update(interval_minutes=5, last_contact_at=now)

    freshness.watch(now=now + timedelta(minutes=15))
    assert not WorklistRow.objects.exists()
    freshness.watch(now=now + timedelta(minutes=16))
    freshness.watch(now=now + timedelta(minutes=17))

    row = WorklistRow.objects.get()
    assert (row.kind, row.trust_id, row.about) == ("feed_late", "RTX", "RTX")
    assert "10am" in row.reason


def test_the_row_is_closed_when_the_feed_is_back(trust, now):
    later = now + timedelta(days=1)
    freshness.watch(now=later)
    Feed.objects.update(last_contact_at=later)

    freshness.watch(now=later)

    assert WorklistRow.objects.get().outcome == "resolved"


def test_a_feed_that_never_spoke_is_late(trust, now):
    Feed.objects.update(last_contact_at=None)

    freshness.watch(now=now)

    assert "yet" in WorklistRow.objects.get().reason


def test_the_clock_watches_and_starts_the_pulls_that_are_due(trust, monkeypatch):
    started = []
    monkeypatch.setattr(tasks.pull, "delay", started.append)
    Feed.objects.update(pull_url="https://scans.example/$bulk-publish", last_contact_at=None)

    tasks.tick()
    tasks.tick()

    assert started == ["RTX"]
    assert WorklistRow.objects.get().kind == "feed_late"


def test_the_names_that_beat_knows_are_kept(settings):
    named = {one["task"] for one in settings.CELERY_BEAT_SCHEDULE.values()}

    assert {tasks.tick.name, tasks.prune.name} <= named


def test_a_push_that_repeats_old_lines_for_days_is_as_old_as_when_it_last_said_something(
    push, fed, now
):
    push(fed(stamp=(now - timedelta(days=1)).isoformat()))
    push(fed(stamp=(now - timedelta(days=1)).isoformat()), at=now + timedelta(days=2))
    assert Feed.objects.get().checked_at == now + timedelta(days=2)

    push(fed(stamp=(now - timedelta(days=1)).isoformat()), at=now + timedelta(days=3))

    feed = Feed.objects.get()
    assert feed.last_contact_at == now + timedelta(days=3)
    assert feed.checked_at == now + timedelta(days=2)
    assert feed.is_late(now + timedelta(days=3))


def test_a_push_whose_slots_are_all_refused_is_no_contact(push, fed, furness, now):
    Feed.objects.update(last_contact_at=now - timedelta(hours=9))

    push(location(furness), schedule(furness), fed(capacity=0))
    assert Feed.objects.get().last_contact_at == now - timedelta(hours=9)

    push(fed(capacity=0), fed(name="good"))
    assert Feed.objects.get().last_contact_at == now
