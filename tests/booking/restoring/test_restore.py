"""A backup put back: nobody is texted twice, and who booked since the backup is found again."""

import shutil
import sqlite3
from collections import namedtuple
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
import pytest
from django.contrib.sessions.models import Session
from django.core.management.base import CommandError
from django.db import connection

from booking.appointments import booking, holds
from booking.models import Appointment, Patient, Restore, WorklistRow
from booking.restoring import backup, engines
from booking.restoring.engines import EngineFault
from booking.restoring.manifest import manifest_path, read_manifest
from booking.restoring.restore import restore
from notifications import dispatch, fence, history
from notifications.models import Message

pytestmark = pytest.mark.django_db(transaction=True)
NOW = datetime(2026, 11, 24, 10, 0, tzinfo=UTC)
AN_HOUR = timedelta(hours=1)
Usage = namedtuple("Usage", "total used free")


def book(referral, slot, now=NOW):
    holds.hold(referral, slot.pk, now=now)
    return booking.book(referral, slot.pk, now=now, actor="patient")


def send(now):
    dispatch.run_scheduled_steps(now)
    while dispatch.dispatch_due(now):
        pass


def rewrite(file, **changes):
    """Change what is said of a backup."""
    said = msgspec.structs.asdict(read_manifest(file))
    manifest_path(file).write_bytes(msgspec.json.encode({**said, **changes}))


@pytest.fixture
def people(make_referral, make_slot):
    """Five people with a booking each, whose texts wait when the backup is made."""
    return [
        book(make_referral(f"7KQ49CR{sign}", mobile=f"+44770090046{n}"), make_slot(hour=9 + n))
        for n, sign in enumerate("23456")
    ]


@pytest.fixture
def made(folder, people):
    return folder / backup.take(folder, now=NOW).file


def test_after_a_restore_nobody_is_texted_twice_and_the_lost_booking_is_found(
    folder, people, texted, made, make_referral, make_slot, tmp_path, command, time_machine
):
    """The whole story: texts go, somebody books, the database is lost and put back."""
    send(NOW + timedelta(minutes=5))
    assert len(texted) == 5
    late_slot = make_slot(hour=15, external_id="slot-late")
    lost = book(
        make_referral("7KQ49CRY", nhs_number="9990000018", mobile="+447700900999"),
        late_slot, now=NOW + AN_HOUR,
    )  # fmt: skip
    send(NOW + AN_HOUR + timedelta(minutes=5))
    assert len(texted) == 6
    time_machine.move_to(NOW + 2 * AN_HOUR, tick=False)

    said = command("restore", made, "--yes-replace")
    assert "5 appointments" in said
    for minutes in range(0, 60, 10):
        send(NOW + 2 * AN_HOUR + timedelta(minutes=minutes))

    assert len(texted) == 6
    assert not Appointment.objects.filter(reference=lost.reference).exists()
    assert [line.count for line in fence.waiting(fence.standing())] == [5]
    theirs = tmp_path / "theirs.csv"
    theirs.write_text(
        "reference,status,start,slot,nhs_number\n"
        f"{lost.reference},booked,{lost.start.isoformat()},slot-late,9990000018\n"
        + "".join(f"{one.reference},booked,{one.start.isoformat()},,\n" for one in people)
    )
    said = command("after_restore", "--trust", "RTX", theirs)
    assert said.strip() == "1 put on the list, 5 as we have them."
    row = WorklistRow.objects.get(about=f"lost:RTX-{lost.reference}")
    assert "lost when a backup was put back" in row.reason


@pytest.mark.skipif("connection.vendor != 'sqlite'", reason="a file that is copied")
def test_a_file_that_was_copied_back_by_hand_is_found_out(people, texted, tmp_path):
    here = Path(connection.settings_dict["NAME"])
    history.look(NOW)
    copy_database(here, tmp_path / "copy")
    send(NOW + timedelta(minutes=5))
    assert len(texted) == 5
    copy_database(tmp_path / "copy", here)

    send(NOW + AN_HOUR)

    assert len(texted) == 5
    assert fence.standing() is not None


def copy_database(source, target):
    """Put one database's content into another's file: in its locks, as others may be connected."""
    connection.close()
    with closing(sqlite3.connect(source)) as old, closing(sqlite3.connect(target)) as new:
        old.backup(new)


def test_what_is_put_back_is_what_was_there(made, people):
    Patient.objects.all().update(given_name="Changed")
    Message.objects.update(state="cancelled")

    restore(made, now=NOW + AN_HOUR, replace=True)

    assert not Patient.objects.filter(given_name="Changed").exists()
    assert not Message.objects.filter(state="cancelled").exists()
    assert Appointment.objects.count() == 5


def test_whoever_was_signed_in_signs_in_again(folder, people):
    Session.objects.create(session_key="x", session_data="", expire_date=NOW + AN_HOUR)
    file = folder / backup.take(folder, now=NOW).file

    restore(file, now=NOW + AN_HOUR, replace=True)

    assert not Session.objects.exists()


def test_the_fence_is_up_at_once_and_says_of_when_the_backup_is(made, texted):
    restore(made, now=NOW + AN_HOUR, replace=True)

    up = fence.standing()
    assert (up.as_of, up.restored_at) == (NOW, NOW + AN_HOUR)
    assert up.why == "A backup of 24 November 2026 10:00 (UTC) was put back."
    assert Restore.objects.get().restored_at == NOW + AN_HOUR


def test_a_database_with_bookings_is_not_replaced_unless_that_is_said(made, command):
    with pytest.raises(CommandError, match="which would be lost"):
        command("restore", made)

    assert fence.standing() is None


def test_a_backup_that_was_changed_is_refused(made, command):
    with made.open("ab") as file:
        file.write(b"x")

    with pytest.raises(CommandError, match="its check sum is another"):
        command("restore", made, "--yes-replace")


def test_a_file_without_a_manifest_is_refused(made, command):
    manifest_path(made).unlink()

    with pytest.raises(CommandError, match=r"Nothing was changed: .* is missing"):
        command("restore", made, "--yes-replace")


def test_a_manifest_that_is_none_is_refused(made, command):
    manifest_path(made).write_text("{}")

    with pytest.raises(CommandError, match="cannot be read"):
        command("restore", made, "--yes-replace")


def test_a_backup_of_a_newer_version_is_refused(made, command):
    rewrite(made, migrations=[*read_manifest(made).migrations, "booking.9999_next_year"])

    with pytest.raises(CommandError, match=r"newer version, which knows booking\.9999_next_year"):
        command("restore", made, "--yes-replace")


def test_a_backup_of_an_older_version_asks_for_migrate(made, command):
    known = read_manifest(made).migrations
    rewrite(made, migrations=[one for one in known if not one.startswith("insights.")])

    said = command("restore", made, "--yes-replace")

    assert "run manage.py migrate" in said
    assert fence.standing() is None  # tables may lack what this code writes
    dispatch.run_scheduled_steps(NOW + AN_HOUR)
    assert fence.standing() is not None


def test_a_backup_of_another_kind_of_database_is_refused(made, command):
    rewrite(made, engine="another")

    with pytest.raises(CommandError, match="it is of another, and DATABASE_URL names"):
        command("restore", made, "--yes-replace")


def test_it_is_refused_where_the_disk_is_short(made, command, monkeypatch):
    monkeypatch.setattr(shutil, "disk_usage", lambda path: Usage(0, 0, 0))

    with pytest.raises(CommandError, match="MB free"):
        command("restore", made, "--yes-replace")


def test_while_others_are_connected_nothing_is_put_back(made, command, monkeypatch):
    monkeypatch.setattr(type(engines.engine()), "users", lambda self: 3)

    with pytest.raises(CommandError, match="3 others are connected"):
        command("restore", made, "--yes-replace")


def test_a_restore_that_fails_half_way_leaves_what_was_there(made, people, monkeypatch):
    """The backup's own tool meets something that it cannot read, at the end of all."""
    from booking.restoring import postgres, sqlite

    Patient.objects.all().update(given_name="Kept")
    connection.close()

    def fail(*args):
        raise EngineFault("the disk")

    if connection.vendor == "sqlite":
        monkeypatch.setattr(sqlite, "_mark", fail)
    else:
        monkeypatch.setattr(postgres, "_mark", lambda mark: "SELECT 1/0;")
    with pytest.raises(EngineFault):
        restore(made, now=NOW + AN_HOUR, replace=True)

    assert Patient.objects.filter(given_name="Kept").count() == 5
    assert sorted(path.name for path in made.parent.iterdir()) == [
        made.name, manifest_path(made).name,
    ]  # fmt: skip


def test_the_fence_can_be_raised_and_read_by_hand(people, command):
    assert "is down" in command("fence")

    assert "is up since" in command("fence", "--raise", "pg_restore")

    assert fence.standing().why == "pg_restore"
    assert "Confirmation" in command("fence")
