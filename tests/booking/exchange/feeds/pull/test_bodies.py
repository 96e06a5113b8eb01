"""Files as real publishers make them: odd, packed, arrays, Bundles."""

import gzip
import json

import pytest

from booking.demo.publisher import Page
from booking.exchange.feeds import pull
from booking.models import Feed, Slot
from tests.booking.exchange.feeds.conftest import slot
from tests.booking.exchange.feeds.pull.conftest import MANIFEST, open_slots, published


def test_what_real_publishers_get_wrong_is_read_all_the_same(publish, furness, now):
    publish(
        json.dumps(slot(furness, "odd_id of theirs")).encode(),
        json.dumps(
            slot(furness, "west", start="2026-12-02T09:00:00-05", end="2026-12-02T09:30:00-0500")
        ).encode(),
        json.dumps(slot(furness, "X")).replace('"X"', "12345").encode(),
        json.dumps(slot(furness, "tab", comment="X")).replace('"X"', '"a\tb"').encode(),
        json.dumps(slot(furness, "status", extension=[{"url": "state", "valueString": "MA"}]))
        .encode() + b"\r",
    )  # fmt: skip

    report = pull.pull("RTX", now=now)

    assert open_slots() == ["12345", "odd_id of theirs", "status", "tab", "west"]
    assert report.refused == 0
    assert Slot.objects.get(external_id="west").start.hour == 14


def test_a_manifest_may_say_its_state_as_a_string(publish, server, furness, now):
    publish(slot(furness))
    manifest = json.loads(server.pages[MANIFEST].body)
    for output in manifest["output"]:
        output["extension"] = {"state": "Lancashire"}
    server.pages[MANIFEST] = Page(b"\xef\xbb\xbf" + json.dumps(manifest).encode())

    assert pull.pull("RTX", now=now).created == 3


@pytest.mark.parametrize("said", [True, False], ids=["said", "not said"])
def test_a_packed_manifest_is_read(publish, server, furness, now, said):
    publish(slot(furness))
    headers = {"Content-Encoding": "gzip"} if said else {}
    server.pages[MANIFEST] = Page(gzip.compress(server.pages[MANIFEST].body), headers=headers)

    assert pull.pull("RTX", now=now).created == 3
    assert Feed.objects.get().pull_problem == ""


def test_a_manifest_that_unpacks_to_too_much_is_given_up(two, server, now):
    server.pages[MANIFEST] = Page(gzip.compress(b" " * (pull.MAX_MANIFEST + 1)))

    pull.pull("RTX", now=now)

    assert open_slots() == ["a", "b"]
    assert "larger" in Feed.objects.get().pull_problem


def test_all_members_of_a_file_are_read(two, server, furness, now):
    lines = [published(slot(furness, "b", hour=15)) + b"\n", published(slot(furness, "c", hour=16))]
    server.pages["/Slot.ndjson"] = Page(b"".join(gzip.compress(line) for line in lines))

    assert pull.pull("RTX", now=now).created == 1
    assert open_slots() == ["b", "c"]


@pytest.mark.parametrize("kind", ["array", "Bundle"])
def test_a_file_may_be_an_array_or_a_bundle(two, server, furness, now, kind):
    slots = [slot(furness, "b", hour=15), slot(furness, "c", hour=16)]
    entries = [{"resource": one} for one in slots]
    whole = slots if kind == "array" else {"resourceType": "Bundle", "entry": entries}
    server.pages["/Slot.ndjson"] = Page(json.dumps(whole, indent=1).encode())

    pull.pull("RTX", now=now)

    assert open_slots() == ["b", "c"]
    assert Feed.objects.get().pull_problem == ""


@pytest.mark.parametrize(
    "body", [b"[]", b'{"resourceType": "Bundle", "entry": []}', b"<html>Sign in</html>", b"{}"]
)
def test_a_slot_file_without_a_slot_withdraws_nothing(two, server, now, body):
    server.pages["/Slot.ndjson"] = Page(body)

    pull.pull("RTX", now=now)

    assert open_slots() == ["a", "b"]
    assert "No slot could be used" in Feed.objects.get().pull_problem
