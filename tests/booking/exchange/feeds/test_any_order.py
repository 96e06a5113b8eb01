"""Any sequence of pushes, in any order, with doubles, ends as the newest word on each slot."""

import json
from datetime import UTC, datetime, timedelta
from random import Random

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from booking.exchange.feeds.importer import import_lines
from booking.models import EPOCH, Slot
from tests.booking.exchange.feeds.conftest import location, schedule, slot

FIRST = datetime(2026, 11, 1, 3, tzinfo=UTC)
SLOTS = ["a", "b", "c"]
STATUSES = ["free", "busy", "busy-unavailable", "entered-in-error"]
WORDS = st.fixed_dictionaries(
    {
        "name": st.sampled_from(SLOTS),
        "version": st.integers(0, 6),
        "status": st.sampled_from(STATUSES),
        "hour": st.integers(8, 17),
        "capacity": st.integers(1, 3),
    }
)
PUSHES = st.lists(st.lists(WORDS, min_size=1, max_size=6), min_size=1, max_size=6)


def one_word_a_version(pushes):
    """Let a slot's version always say the same, as a trust's own system does."""
    said = {}
    return [
        [said.setdefault((word["name"], word["version"]), word) for word in push] for push in pushes
    ]


def line(site, word):
    stamp = (FIRST + timedelta(hours=word["version"])).isoformat()
    changes = {name: word[name] for name in ("name", "status", "hour", "capacity")}
    return json.dumps(slot(site, stamp=stamp, **changes)).encode()


def state():
    return sorted(
        Slot.objects.exclude(status="withdrawn").values_list(
            "external_id", "start", "status", "free_at", "fed_at"
        )
    )


def send(site, pushes, now):
    Slot.objects.all().delete()
    for push in pushes:
        import_lines("RTX", enumerate((line(site, word) for word in push), 1), now=now)
    return state()


@pytest.fixture
def known(push, furness):
    push(location(furness), schedule(furness))
    return furness


def word(name, version, status="free"):
    return {"name": name, "version": version, "status": status, "hour": 9, "capacity": 1}


@given(pushes=PUSHES, shuffle=st.randoms(use_true_random=False))
@example(
    [[word("b", 0)], [word("a", 0), word("b", 6, "entered-in-error")], [word("b", 0)]], Random(1)
)
@example([[word("b", 0)], [word("a", 0), word("b", 6, "busy-unavailable")]], Random(1))
@settings(
    max_examples=40,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
def test_the_order_of_pushes_and_doubles_do_not_matter(known, now, pushes, shuffle):
    pushes = one_word_a_version(pushes)
    words = [word for push in pushes for word in push]
    newest = {}
    for word in words:
        if word["name"] not in newest or newest[word["name"]]["version"] < word["version"]:
            newest[word["name"]] = word
    doubled = [words[:], words[: len(words) // 2], *pushes]
    for push in doubled:
        shuffle.shuffle(push)
    shuffle.shuffle(doubled)

    wanted = send(known, [list(newest.values())], now)

    assert send(known, pushes, now) == wanted
    assert send(known, doubled, now) == wanted
    assert all((free_at == EPOCH) == (status == "free") for _, _, status, free_at, _ in wanted)
