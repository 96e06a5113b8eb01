"""A backup: whole, of one moment, only its owner's; or none."""

import os
import shutil
import stat
import threading
from collections import namedtuple
from datetime import UTC, datetime, timedelta

import pytest
from django.core.management.base import CommandError
from django.db import connection

from booking.models import Backup, Patient
from booking.restoring import backup, engines, postgres
from booking.restoring.manifest import check_sum, manifest_path, read_manifest, whole_backups

pytestmark = pytest.mark.django_db(transaction=True)
NOW = datetime(2026, 11, 24, 10, 0, tzinfo=UTC)
Usage = namedtuple("Usage", "total used free")
only_postgresql = pytest.mark.skipif("connection.vendor != 'postgresql'", reason="its tools")


def names(folder):
    return sorted(path.name for path in folder.iterdir())


def test_a_backup_says_of_when_and_what_it_is(folder, jane):
    made = backup.take(folder, now=NOW)

    file = folder / made.file
    assert read_manifest(file) == made
    assert made.taken_at == NOW
    assert made.counts["booking_patient"] == 1
    assert "booking.0001_initial" in made.migrations
    assert (made.size, made.sha256) == (file.stat().st_size, check_sum(file))
    assert names(folder) == [file.name, manifest_path(file).name]


def test_only_its_owner_can_read_it(folder, jane):
    made = backup.take(folder, now=NOW)

    for path in (folder / made.file, manifest_path(folder / made.file)):
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700


def test_when_the_last_one_was_made_can_be_asked_for(folder, jane):
    assert backup.last_taken_at() is None

    made = backup.take(folder, now=NOW)

    assert backup.last_taken_at() == NOW
    assert Backup.objects.get().sha256 == made.sha256


def test_only_the_newest_are_kept(folder, jane):
    made = [backup.take(folder, now=NOW + timedelta(hours=n), keep=2) for n in range(3)]

    assert [one.file for one in whole_backups(folder)] == [made[2].file, made[1].file]
    assert len(names(folder)) == 4


def test_all_are_kept_unless_said(folder, jane):
    for hour in range(3):
        backup.take(folder, now=NOW + timedelta(hours=hour))

    assert len(whole_backups(folder)) == 3


def test_it_is_refused_where_the_disk_is_short(folder, jane, monkeypatch, command):
    monkeypatch.setattr(shutil, "disk_usage", lambda path: Usage(0, 0, backup.SPARE))

    with pytest.raises(CommandError, match=r"No backup was made: .* MB free"):
        command("backup", "--to", folder)

    assert names(folder) == []
    assert not Backup.objects.exists()


def test_a_disk_that_fills_up_meanwhile_leaves_nothing(folder, jane, monkeypatch):
    def full(opened):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)

    with pytest.raises(OSError, match="No space"):
        backup.take(folder, now=NOW)

    assert names(folder) == []
    assert not Backup.objects.exists()


def test_a_copy_without_a_manifest_is_none(folder, jane, monkeypatch):
    """Killed between the two names: the copy is there, and nobody takes it for whole."""
    from booking.restoring import backup as module

    monkeypatch.setattr(module.msgspec.json, "format", lambda text: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        backup.take(folder, now=NOW)

    assert whole_backups(folder) == []


def test_what_a_killed_one_left_is_cleared_away_a_day_later(folder, jane):
    folder.mkdir()
    old, new = folder / ".finder-a.half", folder / ".finder-b.half"
    for path in (old, new):
        path.touch()
    os.utime(old, (0, 0))

    backup.take(folder, now=NOW)

    assert not old.exists()
    assert new.exists()


def test_somebody_who_writes_meanwhile_is_in_it_whole_or_not_at_all(folder, jane):
    """Patients come in pairs, and no backup has half a pair."""
    from django.db import close_old_connections, transaction

    stop = threading.Event()

    def write():
        while not stop.is_set():
            with transaction.atomic():
                for _ in range(2):
                    Patient.objects.create(given_name="A", family_name="B", born=NOW.date())
        connection.close()
        close_old_connections()

    writer = threading.Thread(target=write)
    writer.start()
    try:
        counts = [
            backup.take(folder, now=NOW + timedelta(seconds=n)).counts["booking_patient"]
            for n in range(3)
        ]
    finally:
        stop.set()
        writer.join()

    assert [count % 2 for count in counts] == [1, 1, 1]  # Jane, and pairs


def test_the_command_prints_the_file_alone(folder, jane, command):
    said = command("backup", "--to", folder)

    assert said.strip() == str(folder / whole_backups(folder)[0].file)


@pytest.mark.parametrize("keep", ["-1"])
def test_a_number_that_is_none_is_refused(folder, keep, command, jane):
    with pytest.raises(CommandError, match="--keep"):
        command("backup", "--to", folder, f"--keep={keep}")


def test_a_folder_that_cannot_be_made_is_said_plainly(tmp_path, jane, command):
    (tmp_path / "file").touch()

    with pytest.raises(CommandError, match="No backup was made: "):
        command("backup", "--to", tmp_path / "file" / "backups")


@only_postgresql
def test_a_tool_that_is_missing_is_named(folder, jane, monkeypatch, command):
    monkeypatch.setattr(shutil, "which", lambda name: None)

    with pytest.raises(CommandError, match="pg_dump is not here: install"):
        command("backup", "--to", folder)

    assert names(folder) == []


def test_the_password_goes_in_the_environment_never_in_an_argument(monkeypatch):
    ran = {}

    class Ended:
        returncode = 0

    def run(arguments, env, **how):
        ran.update(arguments=arguments, env=env)
        return Ended()

    monkeypatch.setattr(postgres.subprocess, "run", run)
    monkeypatch.setitem(connection.settings_dict, "PASSWORD", "s3cret/@#")
    postgres._run("/usr/bin/pg_dump", "--format=custom")

    assert ran["env"]["PGPASSWORD"] == "s3cret/@#"
    assert "s3cret" not in " ".join(ran["arguments"])


def test_what_a_tool_quotes_of_rows_is_not_passed_on(monkeypatch):
    class Ended:
        returncode = 1
        stderr = "ERROR: duplicate key\nDETAIL: Key (name)=(Jane Fell)\nCONTEXT: COPY x, line 1"

    monkeypatch.setattr(postgres.subprocess, "run", lambda *args, **how: Ended())

    with pytest.raises(engines.EngineFault) as fault:
        postgres._run("/usr/bin/psql")
    assert str(fault.value) == "psql says: ERROR: duplicate key"
