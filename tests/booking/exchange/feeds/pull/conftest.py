"""A trust that only hosts a $bulk-publish manifest, on a real server of this machine."""

import json
from datetime import timedelta

import pytest

from booking.demo.publisher import Publisher
from booking.exchange.feeds import pull
from booking.models import Feed, Slot
from tests.booking.exchange.feeds.conftest import location, schedule, slot

MANIFEST = "/$bulk-publish"


@pytest.fixture
def server(settings, trust):
    settings.FEEDS_MAY_BE_PRIVATE = True
    with Publisher() as publisher:
        Feed.objects.update(
            pull_url=publisher.url + MANIFEST, interval_minutes=2, last_contact_at=None
        )
        yield publisher


@pytest.fixture
def publish(server, furness):
    def publish(*slots, packed=False, **headers):
        files = {
            "Slot": [one if isinstance(one, bytes) else json.dumps(one).encode() for one in slots],
            "Location": [json.dumps(location(furness)).encode()],
            "Schedule": [json.dumps(schedule(furness)).encode()],
        }
        server.publish(files, packed=packed, **headers)

    return publish


@pytest.fixture
def two(publish, furness, trust, now):
    """Slots a and b were published and pulled; an hour has passed."""
    publish(slot(furness, "a"), slot(furness, "b", hour=15))
    pull.pull("RTX", now=now - timedelta(hours=1))


def open_slots():
    return sorted(Slot.objects.exclude(status="withdrawn").values_list("external_id", flat=True))


def published(*resources):
    return b"\n".join(json.dumps(one).encode() for one in resources)
