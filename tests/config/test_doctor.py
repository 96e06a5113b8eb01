"""`manage.py doctor`: each line says what is wrong and what to do, and none hides another."""

import io
import json
from datetime import UTC, datetime, timedelta

import pytest
from cryptography.fernet import Fernet
from django.core.management import call_command
from django.db import DatabaseError, connection

from booking.alerts.due import HEARTBEAT as ALERTS
from booking.models import Feed, SecondFactor
from config.health import checks, doctor, heartbeats, ready, writing
from config.health.findings import Level, fail, ok, warn
from notifications import provider
from notifications.models import Inbound
from tests.booking.conftest import trust  # noqa: F401 - fixtures

NOON = datetime(2026, 11, 27, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)


@pytest.fixture(autouse=True)
def _looks_anew(monkeypatch):
    """Nothing of before stands, and this machine's own clock and disk are left out."""
    for name in ("clock", "disk"):
        monkeypatch.setitem(checks.ALL, name, lambda _now: ok("well"))
    writing.forget()
    yield
    writing.forget()


def levels(now=NOON):
    return {name: one.level for name, one in doctor.examine(now).items()}


def test_every_line_that_is_not_ok_says_what_to_do(db):
    for name, one in doctor.examine(NOON).items():
        assert one.says, name
        assert bool(one.do) == (one.level != Level.OK), name


def test_a_fresh_installation_lacks_beat_and_worker(db):
    found = levels()

    assert {name for name, level in found.items() if level == Level.FAIL} == {
        "beat", "worker", "alerts"
    }  # fmt: skip


def test_once_they_run_nothing_fails(db):
    for name in (heartbeats.BEAT, heartbeats.WORKER, ALERTS):
        heartbeats.write(name, NOON)

    assert Level.FAIL not in levels().values()
    later = levels(NOON + HOUR)
    assert (later["beat"], later["worker"], later["alerts"]) == ("FAIL", "FAIL", "FAIL")


def test_what_no_key_opens_fails_and_what_stands_in_clear_warns(db, settings):
    assert checks.sealed(NOON).level == Level.OK
    Inbound.objects.create(message_sid="S1", body="Yes", received_at=NOON)
    assert checks.sealed(NOON).level == Level.OK
    keys, settings.FIELD_KEYS = settings.FIELD_KEYS, [Fernet.generate_key().decode()]
    lost = checks.sealed(NOON)
    assert (lost.level, "notifications.Inbound.body" in lost.says) == (Level.FAIL, True)

    settings.FIELD_KEYS, settings.SEAL_FIELDS = keys, False
    Inbound.objects.update(body="Yes")
    assert "written in clear" in checks.sealed(NOON).says
    settings.SEAL_FIELDS = True
    assert checks.sealed(NOON).level == Level.WARN
    call_command("rotate_keys", stdout=io.StringIO())
    assert checks.sealed(NOON).level == Level.OK


@pytest.mark.parametrize("part", ["database", "migrations", "broker"])
def test_a_part_that_is_away_fails(db, monkeypatch, part):
    monkeypatch.setattr(ready, part, lambda: "away")

    assert levels()[part] == Level.FAIL


def test_a_full_disk_of_the_database_fails(db, monkeypatch):
    monkeypatch.setattr(writing, "_look", lambda: "database or disk is full")

    assert levels()["writes"] == Level.FAIL


def test_a_setting_at_fault_fails_and_a_demo_gateway_warns(db, settings):
    assert checks.gateway(NOON).level == Level.WARN
    settings.SMS_GATEWAY = "twilio"
    assert checks.gateway(NOON).level == Level.OK
    provider.setting_at_fault(NOON, "20003: Authenticate")

    found = checks.gateway(NOON)

    assert (found.level, "20003" in found.says) == (Level.FAIL, True)


def test_production_with_something_of_the_demo_fails(settings, monkeypatch):
    assert checks.mode(NOON).level == Level.WARN, "the demo"
    settings.PRODUCTION = True
    found = checks.mode(NOON)
    assert (found.level, "PUBLIC_BASE_URL" in found.says) == (Level.FAIL, True)
    monkeypatch.setattr(checks, "refuse_unsafe_production", lambda settings: None)
    assert checks.mode(NOON).level == Level.OK


def test_a_system_check_that_complains_is_named(db, monkeypatch):
    from django.core.checks import Error

    monkeypatch.setattr(
        checks.django_checks, "run_checks", lambda **how: [Error("no words", id="x.E1")]
    )

    found = checks.system_checks(NOON)

    assert (found.level, "no words" in found.says) == (Level.FAIL, True)


def test_feeds_that_are_late_warn_and_those_too_old_fail(db, trust):  # noqa: F811
    Feed.objects.update(last_contact_at=None)
    assert checks.feeds(NOON).level == Level.WARN, "no trust sends anything"
    Feed.objects.update(last_contact_at=NOON)
    for later, level in ((timedelta(), "OK"), (HOUR, "WARN"), (25 * HOUR, "FAIL")):
        found = checks.feeds(NOON + later)
        assert (found.level, trust.pk in found.says) == (level, level != "OK"), later


@pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite has this machine's clock")
def test_a_clock_that_is_not_the_databases_is_said(db):
    now = datetime.now(UTC)

    assert checks.clock(now).level == Level.OK
    assert checks.clock(now - timedelta(seconds=10)).level == Level.WARN
    assert checks.clock(now + HOUR).level == Level.FAIL


@pytest.mark.parametrize(("free", "level"), [(50, "OK"), (15, "OK"), (14, "WARN"), (4, "FAIL")])
def test_little_room_on_the_disk(monkeypatch, free, level):
    class Usage:
        total = 100

    Usage.free = free
    monkeypatch.setattr(checks.shutil, "disk_usage", lambda path: Usage)

    assert checks.disk(NOON).level == level


def write_backup(folder, name, taken_at, *, whole=True):
    (folder / f"{name}.json").write_text(
        json.dumps({"taken_at": taken_at.isoformat(), "file": name})
    )
    if whole:
        (folder / name).write_bytes(b"x")


def test_how_old_the_newest_whole_backup_is(settings, tmp_path):
    settings.BACKUP_DIR = tmp_path / "none"
    assert checks.backup(NOON).level == Level.WARN
    assert "no backup yet" in checks.backup(NOON).says
    settings.PRODUCTION = True
    assert checks.backup(NOON).level == Level.FAIL
    settings.BACKUP_DIR = tmp_path
    write_backup(tmp_path, "finder-1", NOON - 25 * HOUR)
    write_backup(tmp_path, "finder-0", NOON - 90 * HOUR)
    write_backup(tmp_path, "finder-2", NOON, whole=False)
    (tmp_path / "finder-3.json").write_text("{")
    (tmp_path / "finder-4.json").write_text("[]")
    assert checks.newest_backup(tmp_path) == NOON - 25 * HOUR
    for later, level in ((0, "OK"), (2, "WARN"), (26, "FAIL")):
        assert checks.backup(NOON + later * HOUR).level == level, later


def test_who_may_change_the_audit_is_said(transactional_db):
    found = checks.audit_owner(NOON)

    assert found.level == Level.WARN, "in tests the service owns its tables"
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT current_user")
            assert cursor.fetchone()[0] in found.says


def test_a_check_that_breaks_hides_no_other(db):
    def breaks(_now):
        raise RuntimeError

    def away(_now):
        raise DatabaseError

    found = doctor.examine(NOON, {"one": breaks, "two": away, "three": lambda _now: ok("well")})

    assert [one.level for one in found.values()] == ["FAIL", "FAIL", "OK"]


def test_the_worst_counts():
    assert doctor.worst({}) == Level.OK
    assert doctor.worst({"a": ok("x"), "b": warn("x", "y")}) == Level.WARN
    assert doctor.worst({"a": fail("x", "y"), "b": warn("x", "y")}) == Level.FAIL


def test_the_command_says_it_in_lines_and_to_a_program(db, time_machine):
    time_machine.move_to(NOON, tick=False)
    out = io.StringIO()
    with pytest.raises(SystemExit) as end:
        call_command("doctor", stdout=out)
    assert end.value.code == 1
    assert "FAIL beat" in out.getvalue()
    assert "-> Start one celery beat" in out.getvalue()

    for name in (heartbeats.BEAT, heartbeats.WORKER, ALERTS):
        heartbeats.write(name, NOON)
    out = io.StringIO()
    call_command("doctor", "--json", stdout=out)
    said = json.loads(out.getvalue())
    assert said["level"] in ("OK", "WARN")
    assert set(said["parts"]) == set(checks.ALL)


def test_a_container_asks_only_of_itself(db, time_machine):
    time_machine.move_to(NOON, tick=False)
    heartbeats.write(heartbeats.WORKER, NOON)
    out = io.StringIO()
    call_command("doctor", "--only", "worker", stdout=out)
    assert out.getvalue().split() == ["OK", "worker", "a", "worker", "works"]
    with pytest.raises(SystemExit):
        call_command("doctor", "--only", "beat", stdout=out)


def test_a_key_that_is_missing_is_said_with_what_it_was_for(settings, make_staff, trust):  # noqa: F811
    first, second = (Fernet.generate_key().decode() for _ in range(2))
    settings.FIELD_KEYS = [first]
    carol = make_staff(username="carol")
    SecondFactor.objects.create(user=carol.user, secret="00" * 20, confirmed=True)
    assert checks.sealed(NOON).level == Level.OK
    settings.FIELD_KEYS = [second, first]
    dan = make_staff(username="dan")
    SecondFactor.objects.create(user=dan.user, secret="00" * 20, confirmed=True)
    assert checks.sealed(NOON).level == Level.OK

    for left in ([first], [second], [Fernet.generate_key().decode()]):
        settings.FIELD_KEYS = left
        found = doctor.examine(NOON)["sealed"]
        assert (found.level, "booking.SecondFactor.secret" in found.says) == (Level.FAIL, True)
        assert "Put back the key" in found.do
