"""Odd files and odd manifests: none is an error of ours, and none takes a time away."""

import json

from booking.demo.publisher import Page
from booking.exchange.feeds import pull
from booking.models import Feed
from tests.booking.exchange.feeds.conftest import slot
from tests.booking.exchange.feeds.odd import odd_slots
from tests.booking.exchange.feeds.pull.conftest import MANIFEST, open_slots


def test_fetched_they_are_a_problem_or_a_slot_and_take_nothing_away(publish, server, furness, now):
    publish(slot(furness, "a"), slot(furness, "b", hour=15))
    pull.pull("RTX", now=now)
    whole = server.pages["/Slot.ndjson"].body
    for name, odd in odd_slots(furness).items():
        server.pages["/Slot.ndjson"] = Page(whole + b"\n" + odd)
        pull.pull("RTX", now=now)
        assert {"a", "b"} <= set(open_slots()), name


def test_manifests_that_are_none_are_a_problem(publish, server, furness, now):
    publish(slot(furness, "a"))
    pull.pull("RTX", now=now)
    good = json.loads(server.pages[MANIFEST].body)
    none = odd_slots(furness)
    odd = dict(none)
    for field in good:
        for value in (None, 7, "x\0", [7], [None], {"a": []}, "0001-01-01T00:00:00+14:00"):
            odd[f"{field} is {value!r}"] = json.dumps({**good, field: value}).encode()
    for value in ("http://[", "\0", "file:///etc/passwd", "//", "x" * 9000, 7, None, "http://a:b/"):
        output = [{**one, "url": value} for one in good["output"]]
        odd[f"url is {value!r}"[:60]] = json.dumps({**good, "output": output}).encode()
    for name, body in odd.items():
        server.pages[MANIFEST] = Page(body)
        Feed.objects.update(pull_problem="")
        pull.pull("RTX", now=now)
        assert open_slots() == ["a"], name
        assert Feed.objects.get().pull_problem or name not in none, name
