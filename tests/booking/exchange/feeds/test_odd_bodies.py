"""Odd bodies by each way in, and odd questions about our own: none is an error of ours."""

import json

import pytest
import time_machine

from booking.exchange.feeds.keys import create_key
from tests.booking.exchange.feeds.conftest import location, schedule, slot
from tests.booking.exchange.feeds.odd import odd_slots
from tests.booking.exchange.feeds.pull.conftest import open_slots


@pytest.fixture
def two(push, furness):
    """Slots a and b are there; nothing odd takes them away."""
    push(location(furness), schedule(furness), slot(furness, "a"), slot(furness, "b", hour=15))


@pytest.mark.parametrize("mode", ["", "?mode=replace"])
def test_pushed_they_are_answered_and_take_nothing_away(client, two, furness, now, mode):
    key = create_key("RTX", now=now)
    whole = b"\n".join(
        json.dumps(one).encode()
        for one in (schedule(furness), slot(furness, "a"), slot(furness, "b", hour=15))
    )
    for name, odd in odd_slots(furness).items():
        for body in (whole + b"\n" + odd, *([] if mode else [odd])):
            answer = client.generic(
                "POST", f"/fhir/R4/$import{mode}", body, content_type="application/fhir+ndjson",
                HTTP_AUTHORIZATION=f"Bearer {key}",
            )  # fmt: skip
            assert answer.status_code < 500, (name, answer.content)
            assert answer["Content-Type"].startswith("application/fhir+json"), name
            assert {"a", "b"} <= set(open_slots()), (name, answer.content)


def test_put_one_by_one_they_are_answered_in_fhir(client, two, furness, now):
    key = create_key("RTX", now=now)
    for path in ("Slot/odd", "Location/odd", "Schedule/odd", ""):
        for name, body in odd_slots(furness).items():
            answer = client.generic(
                "PUT" if path else "POST", f"/fhir/R4/{path}", body,
                content_type="application/fhir+json", HTTP_AUTHORIZATION=f"Bearer {key}",
            )  # fmt: skip
            assert answer.status_code < 500, (path, name, answer.content)
            assert answer["Content-Type"].startswith("application/fhir+json"), (path, name)


ODD_HEADERS = [
    ("If-None-Match", "*"), ("If-None-Match", '"\xe9"'), ("If-None-Match", "W/" * 999),
    ("Accept", "\xe9;q=x"), ("Accept", ",".join(["a/b"] * 999)), ("Accept-Encoding", "gzip;q=nan"),
    ("If-Modified-Since", "0001"), ("Range", "bytes=9-1"), ("Authorization", "Bearer \xe9"),
    ("Content-Encoding", "gzip"),
]  # fmt: skip
ODD_PATHS = [
    "", "?_since=0001-01-01T00:00:00Z", "?_since=%00", "?_since=9999-12-31T23:59:59-14:00",
    "?_type=%ff", "?_outputFormat=x", "/Slot-0001-01-01.ndjson", "/Slot-9999-12-31.ndjson",
    "/Slot-2026-02-30.ndjson", "/Slot-%00.ndjson", "/Slot-٢٠٢٦-11-30.ndjson", "/%ff.ndjson",
    "/Slot-2026-11-30.ndjson", "/Location.ndjson", "/Schedule.ndjson",
]  # fmt: skip


def test_what_we_publish_is_never_an_error_however_it_is_asked_for(client, now, two):
    with time_machine.travel(now, tick=False):
        for path in ODD_PATHS:
            for name, value in [("Accept", "*/*"), *ODD_HEADERS]:
                answer = client.get(f"/fhir/R4/$bulk-publish{path}", headers={name: value})
                body = b"".join(answer) if answer.streaming else answer.content
                assert answer.status_code < 500, (path, name, value, body[:300])
                assert not body.startswith(b"<"), (path, name, value)
            for method in ("post", "put", "delete"):
                answer = getattr(client, method)(f"/fhir/R4/$bulk-publish{path}")
                assert answer.status_code < 500, (path, method)
