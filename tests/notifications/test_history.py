"""Whether a database went back: by its last look and the one that is noted outside of it."""

import json
from datetime import timedelta
from uuid import uuid4

import pytest

from notifications import dispatch, fence, history
from notifications.models import Fence, LastLook
from tests.notifications.conftest import NOON

pytestmark = pytest.mark.django_db
A_DAY = timedelta(days=1)


def kept():
    """The row as a backup would have it."""
    return LastLook.objects.values().get()


def put_back(row):
    LastLook.objects.all().delete()
    LastLook.objects.create(**row)


def is_up():
    return Fence.objects.filter(lifted_at=None).exists()


def test_a_new_database_is_no_restored_one():
    history.look(NOON)
    history.look(NOON + A_DAY)

    assert not is_up()


def test_a_database_behind_what_was_noted_is_one_of_before():
    history.look(NOON)
    backup = kept()
    history.look(NOON)
    put_back(backup)

    history.look(NOON + timedelta(seconds=30))

    up = fence.standing()
    assert up.restored_at == NOON + timedelta(seconds=30)
    assert up.as_of == NOON


def test_once_the_fence_was_taken_down_it_stays_down():
    history.look(NOON)
    backup = kept()
    history.look(NOON)
    put_back(backup)
    history.look(NOON)
    fence.lift(fence.standing(), now=NOON)

    history.look(NOON)

    assert not is_up()


def test_what_was_noted_of_the_database_before_is_not_of_this_one():
    """A demo's file was deleted, and a new database made where it was."""
    history.look(NOON)
    history.look(NOON)
    LastLook.objects.all().delete()

    history.look(NOON)

    assert not is_up()


def test_another_copy_that_came_as_far_is_found_out():
    history.look(NOON)
    LastLook.objects.update(token=uuid4())

    history.look(NOON)

    assert is_up()


def test_a_service_that_rested_on_its_own_machine_goes_on():
    history.look(NOON)

    history.look(NOON + A_DAY)

    assert not is_up()


def test_on_a_machine_that_does_not_know_it_a_database_at_rest_may_be_a_backup():
    history.look(NOON)
    history.file().unlink()

    history.look(NOON + history.RESTS + timedelta(seconds=1))

    assert is_up()


def test_another_worker_beside_those_at_work_changes_nothing():
    history.look(NOON)
    history.file().unlink()

    history.look(NOON + timedelta(seconds=30))

    assert not is_up()


def test_a_machine_that_looked_long_before_others_did_is_no_proof():
    history.look(NOON)
    noted = history.file().read_text()
    for _ in range(history.FEW + 1):
        history.look(NOON)
    history.file().write_text(noted)

    history.look(NOON + A_DAY)

    assert is_up()


def test_looks_of_killed_workers_that_were_not_noted_raise_nothing():
    history.look(NOON)
    noted = history.file().read_text()
    history.look(NOON)
    history.file().write_text(noted)

    history.look(NOON + A_DAY)

    assert not is_up()


def test_the_note_is_read_before_the_row(monkeypatch):
    """Else another worker could raise both between, and the note would seem ahead."""
    history.look(NOON)
    read = history._read

    def slow():
        found = read()
        monkeypatch.setattr(history, "_read", read)
        history.look(NOON)  # another worker's
        return found

    monkeypatch.setattr(history, "_read", slow)
    history.look(NOON)

    assert not is_up()


def test_a_note_that_cannot_be_read_or_written_keeps_no_text_back(caplog):
    history.look(NOON)
    history.file().write_text("{")
    history.look(NOON)
    assert json.loads(history.file().read_text())["sequence"] == 2

    history.file().unlink()
    history.file().mkdir()
    history.look(NOON)

    assert not is_up()
    assert "cannot be noted" in caplog.text


def test_who_puts_a_backup_back_by_hand_says_so():
    history.look(NOON)
    history.mark_restored("by pg_restore", restored_at=NOON + A_DAY)

    history.look(NOON + 2 * A_DAY)

    up = fence.standing()
    assert (up.restored_at, up.why) == (NOON + A_DAY, "by pg_restore")


def test_a_dispatcher_looks_before_it_takes_a_text(enqueue, provider):
    """A worker that is woken, without a tick, sends nothing of a database of before either."""
    enqueue()
    history.look(NOON)
    backup = kept()
    history.look(NOON)
    put_back(backup)

    dispatch.dispatch_due(NOON)

    assert provider.calls == []


def test_each_database_has_a_note_of_its_own(settings):
    before = history.file()
    from django.db import connection

    name = connection.settings_dict["NAME"]
    connection.settings_dict["NAME"] = "another"
    try:
        assert history.file() != before
    finally:
        connection.settings_dict["NAME"] = name
