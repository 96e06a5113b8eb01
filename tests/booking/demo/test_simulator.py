"""The simulator plays a trust against a running service."""

import io
import random
from datetime import UTC, date, datetime
from itertools import count
from types import SimpleNamespace

import pytest
from django.core.management import CommandError, call_command

from booking.demo import sender
from booking.demo.publisher import Publisher
from booking.demo.trust_system import FAULTS, PULL_FAULTS, TrustSystem
from booking.exchange.feeds import pull
from booking.exchange.feeds.keys import create_key
from booking.management.commands import feed_simulator
from booking.models import Feed, FeedCall, FeedRefusal, Slot

NOW = datetime(2026, 11, 24, 10, tzinfo=UTC)


@pytest.fixture
def system(furness):
    return TrustSystem("RTX", date(2026, 11, 24), random.Random(1))


def play(*arguments):
    out = io.StringIO()
    call_command("feed_simulator", "--trust", "RTX", *arguments, stdout=out)
    return out.getvalue()


def status(url, key, body):
    try:
        sender.push(url, key, body)
    except sender.NotTaken as refusal:
        return refusal.status
    return 200


def test_churn_changes_the_share_it_says_and_stamps_it(system):
    before = len(system.slots)

    changed = system.churn(0.1, NOW)

    assert len(changed) == int(before * 0.1)
    assert {slot["meta"]["lastUpdated"] for slot in changed} == {NOW.isoformat()}
    assert len(system.slots) < before


@pytest.mark.parametrize("fault", FAULTS)
def test_each_fault_of_a_sender_is_survived_by_the_service(system, live_server, trust, fault):
    key = create_key("RTX", now=NOW)
    sender.push(live_server.url, key, sender.pack(system.lines()))
    open_before = Slot.objects.exclude(status="withdrawn").count()
    lines = system.lines(system.churn(0.01, datetime(2026, 1, 1, tzinfo=UTC)))

    assert 200 <= status(live_server.url, key, system.spoil(lines, fault, NOW)) < 500
    assert Slot.objects.exclude(status="withdrawn").count() >= open_before * 0.95


@pytest.mark.parametrize("fault", PULL_FAULTS)
def test_each_fault_of_a_publisher_withdraws_nothing(system, settings, fault, now):
    settings.FEEDS_MAY_BE_PRIVATE, settings.FEED_PULL_SECONDS = True, 5
    with Publisher() as server:
        Feed.objects.update(pull_url=f"{server.url}/$bulk-publish")
        system.publish(server)
        pull.pull("RTX", now=now)
        slots = Slot.objects.count()
        system.slots = dict(list(system.slots.items())[:5])
        settings.FEED_PULL_SECONDS = 0.3
        system.publish(server, fault)
        pull.pull("RTX", now=now)

    assert slots > 100
    assert not Slot.objects.filter(status="withdrawn").exists()
    assert Feed.objects.get().pull_problem


@pytest.mark.django_db(transaction=True)
def test_the_command_pushes_goes_wrong_and_says_so(live_server, furness, monkeypatch):
    # Six rounds of its clock, however long the machine takes for one.
    clock = SimpleNamespace(monotonic=count(0, 0.25).__next__, sleep=lambda _: None)
    monkeypatch.setattr(feed_simulator, "time", clock)

    said = play("--url", live_server.url, "--minutes", "0.05", "--every", "0", "--faults", "1")

    assert "full push" in said
    assert "RTX ends" in said
    assert FeedCall.objects.filter(call="$import replace").exists()
    assert FeedCall.objects.filter(call="$import").exists() or FeedRefusal.objects.exists()
    assert Slot.objects.count() > 100


def test_the_command_publishes_and_sets_the_feed_up(furness):
    said = play("--publish", "0", "--minutes", "0.001", "--every", "0")

    assert "published" in said
    assert Feed.objects.get().pull_url.endswith("/$bulk-publish")


def test_a_trust_that_is_none_is_explained(db):
    with pytest.raises(CommandError, match="No trust"):
        call_command("feed_simulator", "--trust", "ZZZ")
