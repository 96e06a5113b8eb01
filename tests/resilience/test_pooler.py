"""Through a real PgBouncer that gives each transaction any of two sessions.

Whatever one transaction leaves in its session another finds, or does not find, in the next.
"""

import json
from datetime import timedelta

import pytest
from django.core.management import CommandError, call_command
from django.db import connection, transaction
from django.test import Client

from booking.appointments import booking, holds
from booking.models import Appointment, Slot
from booking.restoring import postgres
from booking.search import places as search_places
from booking.search.criteria import SearchCriteria
from config.database import database
from notifications import dispatch
from notifications.models import Message
from sites.postcodes import Origin
from tests.booking.conftest import *  # noqa: F403 - the scene
from tests.notifications.conftest import provider  # noqa: F401 - the texts' provider
from tests.racing import at_once, only_postgresql
from tools import poolers

pytestmark = [
    only_postgresql,
    pytest.mark.skipif(not poolers.program(), reason="PgBouncer is not on this machine"),
    pytest.mark.django_db(transaction=True),
]
SESSIONS, THREADS, TIMES = 2, 8, 6
HERE = Origin("LA14 4LF", 54.136, -3.208, approximate=False)


@pytest.fixture(params=["transaction"])
def pooled(request, transactional_db, monkeypatch, tmp_path):
    """Have every connection of this test go through the pooler, as DATABASE_POOLER says."""
    was = dict(connection.settings_dict)
    with poolers.serve(was, mode="transaction", sessions=SESSIONS) as port:
        address = f"postgres://{was['USER']}@127.0.0.1:{port}/{was['NAME']}"
        monkeypatch.setenv("DATABASE_URL", address)
        monkeypatch.setenv("DATABASE_POOLER", request.param)
        found, _ = database(tmp_path, [])
        connection.close()
        connection.settings_dict.update({**found, "NAME": was["NAME"], "PASSWORD": ""})
        yield port
        connection.close()
        connection.settings_dict.clear()
        connection.settings_dict.update(was)


def found_by_search(now):
    wanted = SearchCriteria("MR", now.date(), now.date() + timedelta(days=14))
    return [
        [free.slot for free in one.times]
        for one in search_places.places(HERE, wanted, now=now, limit=5, times=3)
    ]


def test_searches_of_many_threads_share_two_sessions(make_slot, lancaster, now, pooled):
    for day in range(1, 9):
        make_slot(day=day)
        make_slot(day=day, site=lancaster)
    expected = found_by_search(now)

    def search():
        return [found_by_search(now) for _ in range(TIMES)]

    found = at_once(*[search] * THREADS)

    assert [len(times) for times in expected] == [3, 3]
    assert found == [[expected] * TIMES] * THREADS


def test_people_book_move_and_cancel_beside_each_other(make_referral, make_slot, now, pooled):
    letters = "23456789"
    people = [make_referral(code=f"7KQ49CR{letter}") for letter in letters]
    first = [make_slot(day=day) for day in range(3, 11)]
    second = [make_slot(day=day) for day in range(13, 21)]

    def live(person, old, new):
        for slot in (old, new):
            holds.hold(person, slot.pk, now=now)
            booked = booking.book(person, slot.pk, now=now, actor="patient")
        return booked.pk

    booked = at_once(
        *[lambda p=p, o=o, n=n: live(p, o, n)
          for p, o, n in zip(people, first, second, strict=True)]
    )  # fmt: skip

    assert len(set(booked)) == len(people)
    assert set(Appointment.objects.values_list("slot_id", flat=True)) == {s.pk for s in second}
    assert Slot.objects.filter(free_at=None).count() == len(people)


def test_one_of_many_has_a_time_that_all_want(make_referral, make_slot, now, pooled):
    """The locks of a transaction hold, and go with it."""
    people = [make_referral(code=f"7KQ49CR{letter}") for letter in "23456789"]
    slot = make_slot()

    results = at_once(
        *[lambda p=p: holds.hold(p, slot.pk, now=now) for p in people], refusals=(holds.SlotTaken,)
    )

    assert sum(isinstance(one, Slot) for one in results) == 1


def test_a_week_is_published_while_others_ask(make_slot, now, pooled, time_machine):
    time_machine.move_to(now, tick=False)
    for number in range(60):
        make_slot(day=6 + number % 5, seat=number, external_id=f"s{number}")

    def read():
        answer = Client().get("/fhir/R4/$bulk-publish/Slot-2026-11-30.ndjson")
        assert answer.status_code == 200
        return sorted(json.loads(line)["id"] for line in b"".join(answer).splitlines())

    files = at_once(*[read] * 4, *[lambda: found_by_search(now)] * 4)[:4]

    assert files[1:] == files[:1] * 3
    assert len(files[0]) == 60


def test_rows_that_are_read_one_after_the_other_outlive_the_others_transactions(
    make_slot, now, pooled
):
    """What `.iterator()` reads: a server's own cursor would be in a session that is another's."""
    for number in range(300):
        make_slot(seat=number)

    def read():
        seen = []
        for slot in Slot.objects.order_by("pk").iterator(chunk_size=20):
            Slot.objects.filter(pk=slot.pk).exists()  # another transaction
            seen.append(slot.pk)
        return len(set(seen))

    assert at_once(*[read] * 4) == [300] * 4


def test_each_text_goes_once(jane, make_slot, now, pooled, provider):  # noqa: F811
    for day in range(3, 9):
        slot = make_slot(day=day)
        holds.hold(jane, slot.pk, now=now)
        booking.book(jane, slot.pk, now=now, actor="patient")
    waiting = Message.objects.filter(state="ready", due_at__lte=now).count()

    at_once(*[lambda: dispatch.dispatch_due(now)] * 4)

    assert waiting
    assert len({call.pk for call in provider.calls}) == len(provider.calls) >= 1


HELD_HERE = """pg_locks WHERE locktype = 'advisory'
    AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"""
"""The locks of all sessions of this database: other tests have theirs in the same server."""


def test_nothing_is_left_in_a_session(make_slot, now, pooled):
    make_slot()
    at_once(*[lambda: found_by_search(now)] * THREADS)
    with transaction.atomic(), connection.cursor() as cursor:
        for of in ("pg_prepared_statements", "pg_cursors", HELD_HERE):
            cursor.execute(f"SELECT count(*) FROM {of}")
            assert cursor.fetchone() == (0,), of
        cursor.execute("SHOW jit")
        assert cursor.fetchone() == ("off",)


def test_no_backup_goes_through_it(pooled, tmp_path):
    """pg_dump would leave a session without tables to whoever has it next."""
    with pytest.raises(postgres.EngineFault, match="DATABASE_POOLER=none"):
        postgres.Postgres().dump(tmp_path / "dump")
    with pytest.raises(CommandError, match="through the pooler"):
        call_command("backup", to=str(tmp_path))


@pytest.mark.parametrize("pooled", ["none"], indirect=True)
def test_without_the_setting_it_is_refused_at_once(pooled):
    with pytest.raises(Exception, match="unsupported startup parameter"):
        connection.ensure_connection()
