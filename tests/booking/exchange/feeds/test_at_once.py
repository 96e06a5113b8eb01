"""Pushes that meet each other, bookings, or the end of their process."""

import json
import os
import re
import signal
import subprocess
import sys
from itertools import pairwise
from pathlib import Path
from types import SimpleNamespace

import pytest
from django.conf import settings
from django.db import connection
from django.test.utils import CaptureQueriesContext

from booking.appointments import booking, holds
from booking.exchange.feeds.importer import import_lines, import_whole
from booking.exchange.feeds.write_turns import PAUSE, WriteTransactions
from booking.models import Appointment, Feed, Slot
from tests.booking.exchange.feeds.conftest import location, schedule, slot
from tests.racing import at_once

ROOT = Path(__file__).resolve().parents[4]
pytestmark = pytest.mark.django_db(transaction=True)


def encoded(resources):
    return list(enumerate((json.dumps(one).encode() for one in resources), 1))


def test_pushes_of_the_same_keys_at_once_end_in_the_newest(push, furness, now):
    push(location(furness), schedule(furness))
    older = [slot(furness, f"s{i:03}", hour=9) for i in range(400)]
    newer = [slot(furness, f"s{i:03}", hour=10, stamp="2026-11-21T03:00:00Z") for i in range(400)]

    at_once(
        lambda: import_lines("RTX", encoded(older), now=now),
        lambda: import_lines("RTX", encoded(reversed(newer)), now=now),
        lambda: import_lines("RTX", encoded(newer), now=now, replace=True),
    )

    assert Slot.objects.count() == 400
    assert set(Slot.objects.values_list("start__hour", "status")) == {(10, "free")}


def test_bookings_go_on_while_their_slots_are_pushed_and_none_is_doubled_or_lost(
    push, furness, now, make_referral
):
    push(location(furness), schedule(furness))
    times = [(f"2026-12-02T{i // 2:02}:{i % 2 * 3}0:00Z", i) for i in range(41)]
    everything = [
        slot(furness, f"s{i:02}", start=start, end=end) for (start, i), (end, _) in pairwise(times)
    ]
    push(*everything)
    people = [make_referral(code=f"7KQ49CR{letter}") for letter in "23456789BCDF"]
    slots = list(Slot.objects.values_list("pk", flat=True)[:12])

    def book(person, pk):
        holds.hold(person, pk, now=now)
        return booking.book(person, pk, now=now, actor="patient")

    def push_all():
        for day in range(10, 20):
            word = [
                {**one, "meta": {"lastUpdated": f"2026-11-{day}T03:00:00Z"}} for one in everything
            ]
            import_lines("RTX", encoded(word), now=now, replace=True)

    at_once(push_all, *[lambda p=p, s=s: book(p, s) for p, s in zip(people, slots, strict=True)])

    assert Appointment.objects.filter(status="booked").count() == 12
    assert set(Slot.objects.filter(free_at=None).values_list("pk", flat=True)) == set(slots)


def test_of_two_places_that_become_one_the_one_booked_meanwhile_is_kept(
    push, fed, jane, now, meanwhile
):
    push(fed(capacity=2))
    first, second = Slot.objects.order_by("seat")

    def book():
        holds.hold(jane, second.pk, now=now)
        booking.book(jane, second.pk, now=now, actor="patient")

    meanwhile(book)
    report = push(fed(capacity=1, stamp="2026-11-21T03:00:00Z"))

    assert report.displaced == 0
    assert Appointment.objects.get().status == "booked"
    assert Slot.objects.get(pk=first.pk).status == "withdrawn"


def test_a_slot_whose_schedule_moves_meanwhile_is_where_the_schedule_is(
    push, fed, lancaster, meanwhile
):
    def move():
        push(location(lancaster))
        push({**schedule(lancaster), "id": "furness-MR"})

    push(fed(name="before"))
    meanwhile(move)
    push(fed(name="new"))

    assert set(Slot.objects.values_list("site__slug", flat=True)) == {lancaster.slug}


def test_a_word_that_is_overtaken_while_it_waits_is_stale(push, fed, meanwhile):
    meanwhile(lambda: push(fed(hour=10, stamp="2026-11-21T03:00:00Z")))

    report = push(fed(hour=9))

    assert (report.stale, report.created) == (1, 0)
    assert Slot.objects.get().start.hour == 10


def test_an_import_leaves_the_database_alone_between_its_turns(now, monkeypatch):
    slept = []
    clock = SimpleNamespace(monotonic=lambda: 100.0, sleep=slept.append)
    monkeypatch.setattr("booking.exchange.feeds.write_turns.time", clock)
    turns = WriteTransactions("RTX", now)

    for _ in range(3):
        with turns.transaction():
            assert connection.in_atomic_block

    assert slept == [0.0, pytest.approx(PAUSE), pytest.approx(PAUSE)]


def test_imports_tidy_sqlites_log_themselves_short_ones_too(fed, now, monkeypatch):
    if connection.vendor != "sqlite":
        pytest.skip("only SQLite has a log that a commit must tidy")
    log = Path(f"{connection.settings_dict['NAME']}-wal")

    def grown(name, tidy):
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        monkeypatch.setattr("booking.exchange.feeds.write_turns.TIDY", tidy)
        for push in range(20):
            lines = [fed(name=f"{name}{push}-{n}") for n in range(100)]
            import_lines("RTX", encoded(lines), now=now)
        return log.stat().st_size

    assert grown("untidy", tidy=1000) > 3 * grown("tidy", tidy=2)


def test_a_whole_bundle_numbers_its_changes_when_every_slot_is_locked(
    push, fed, furness, lancaster, now
):
    """A booking locks its slot, then the counters: the other way round they would deadlock."""
    push(location(lancaster), fed(name="a"), {**schedule(furness), "id": "other"})
    moves = {**schedule(lancaster), "id": "furness-MR"}
    stays = fed(name="b", schedule={"reference": "Schedule/other"})

    with CaptureQueriesContext(connection) as asked:
        report = import_whole("RTX", encoded([moves, stays]), now=now)

    assert (report.updated, report.created) == (1, 1)
    written = [query["sql"] for query in asked if "booking_offer" not in query["sql"]]  # only read
    tables = [re.search(r"booking_(slot|counter)\b", sql) for sql in written]
    order = [table[1] for table in tables if table]
    assert order.index("counter") > max(n for n, table in enumerate(order) if table == "slot")


PUSH = """
import itertools, json, sys
import django; django.setup()
from django.utils import timezone
from booking.exchange.feeds.importer import import_lines
word = json.loads(sys.argv[1])
def lines():
    for number in itertools.count(1):
        if number == 2500:
            print("halfway", flush=True)
            sys.stdin.read()  # for ever: the test kills us here
        yield number, json.dumps({**word, "id": f"k{number:05}"}).encode()
import_lines("RTX", lines(), now=timezone.now(), replace=True)
"""


def test_a_push_killed_halfway_keeps_what_was_in_withdraws_nothing_and_can_be_sent_again(
    push, furness, now
):
    push(location(furness), schedule(furness), slot(furness, "before", hour=8))
    name = connection.settings_dict["NAME"]
    url = f"sqlite:///{name}"
    if connection.vendor == "postgresql":
        url = os.environ["DATABASE_URL"].rsplit("/", 1)[0] + f"/{name}"
    env = {**os.environ, "DATABASE_URL": url, "DJANGO_SETTINGS_MODULE": "config.settings"}
    env |= {"VAR_DIR": str(settings.VAR_DIR), "PYTHONPATH": str(ROOT)}
    word = slot(furness, "k")
    with subprocess.Popen(
        [sys.executable, "-c", PUSH, json.dumps(word)],
        env=env, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    ) as process:  # fmt: skip
        assert process.stdout.readline() == "halfway\n"
        process.send_signal(signal.SIGKILL)
        process.wait()

    assert Slot.objects.filter(external_id__startswith="k").count() == 2000  # two whole chunks
    assert Slot.objects.get(external_id="before").status == "free"
    whole = [{**word, "id": f"k{number:05}"} for number in range(1, 2601)]
    # It waits until PostgreSQL has seen that the other's client died, and ends.
    report = import_lines("RTX", encoded(whole), now=now, replace=True)
    assert (report.unchanged, report.created, report.withdrawn) == (2000, 600, 1)
    assert Feed.objects.get().refused_lines == 0


def test_keys_are_64_bits_wide_on_this_database(make_slot, jane, now):
    wide = 2**40
    seat = make_slot()
    Slot.objects.filter(pk=seat.pk).update(id=wide)
    holds.hold(jane, wide, now=now)

    appointment = booking.book(jane, wide, now=now, actor="patient")

    assert appointment.slot_id == wide
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT table_name, column_name FROM information_schema.columns"
                " WHERE table_name LIKE 'booking%%' AND data_type = 'integer'"
                " AND (column_name = 'id' OR column_name LIKE '%%\\_id')"
            )
            # Accounts of staff are rows of Django's own table, and never billions.
            staffs = {"owner_id", "user_id", "staff_id", "person_id", "answered_by_id"}
            assert [found for found in cursor.fetchall() if found[1] not in staffs] == []
