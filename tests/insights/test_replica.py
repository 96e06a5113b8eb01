"""A real replica that follows: figures are read there, and nothing else depends on it."""

import subprocess

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.db import connection, connections
from django.test.utils import CaptureQueriesContext

from booking.appointments import booking, holds
from booking.models import Appointment
from config.database import databases
from insights import replica
from insights.models import TrustMonth
from insights.reading import Filters, amounts
from tests.booking.conftest import *  # noqa: F403 - the scene
from tests.racing import only_postgresql
from tests.waiting import until
from times.london import day_in_england
from tools.clusters import Cluster, programs


@pytest.fixture(autouse=True)
def _asked_anew():
    replica._until.moment = 0.0


@pytest.fixture(scope="module")
def servers(tmp_path_factory, django_db_setup):
    """A primary with our tables, and a standby that follows it."""
    folder = tmp_path_factory.mktemp("servers")
    for one in (folder, *list(folder.parents)[:3]):
        one.chmod(0o755)
    (folder / "first").mkdir()
    (folder / "second").mkdir()
    first, second = Cluster(folder / "first"), Cluster(folder / "second")
    first.make()
    first.start()
    try:
        second.follow(first)
        second.start()
        yield first, second
    finally:
        second.stop()
        first.stop()


def _connects():
    copy = connections["replica"]
    if copy.connection is None:
        with copy.wrap_database_errors:
            copy.connect()


def with_our_tables(cluster, settings):
    """Give a server a database like the tests', without rows."""
    where = [f"--host={settings['HOST'] or '127.0.0.1'}", f"--port={settings['PORT'] or 5432}"]
    dump = [programs() / "pg_dump", "--no-owner", f"--username={settings['USER']}", *where]
    tables = subprocess.run([*dump, settings["NAME"]], capture_output=True, check=True).stdout
    there = ["--host=127.0.0.1", f"--port={cluster.port}", "--username=postgres"]
    subprocess.run([programs() / "createdb", *there, "ours"], check=True)
    subprocess.run([programs() / "psql", "-q", *there, "ours"], input=tables, check=True,
                   stdout=subprocess.DEVNULL)  # fmt: skip


@pytest.fixture
def followed(servers, transactional_db):
    """Have Django write to the primary, with the standby as its replica."""
    first, second = servers
    was = dict(connection.settings_dict)
    connection.close()
    with_our_tables(first, was)
    there = {**was, "NAME": "ours", "HOST": "127.0.0.1", "USER": "postgres", "PASSWORD": ""}
    connection.settings_dict.update({**there, "PORT": first.port})
    connections.settings["replica"] = {**there, "PORT": second.port}
    connections["replica"].ensure_connection = _connects  # pytest-django knows of one database
    yield second
    connections["replica"].close()
    del connections.settings["replica"]
    delattr(connections._connections, "replica")
    connection.close()
    connection.settings_dict.clear()
    connection.settings_dict.update(was)


def said_by(alias, question):
    with connections[alias].cursor() as cursor:
        cursor.execute(question)
        return cursor.fetchone()[0]


def catch_up():
    """Wait until the replica has what the database has."""
    at = said_by("default", "SELECT pg_current_wal_lsn()")
    until(lambda: said_by("replica", f"SELECT pg_last_wal_replay_lsn() >= '{at}'::pg_lsn"))


def scans():
    return sum(
        one.n for by_month in amounts(["scans"], "month", Filters()).values()
        for one in by_month.values()
    )  # fmt: skip


@only_postgresql
@pytest.mark.skipif(not programs(), reason="PostgreSQL's programs are not on this machine")
@pytest.mark.django_db(transaction=True)
def test_figures_are_read_from_the_replica_and_booking_needs_none(followed, jane, make_slot, now):
    month = day_in_england(now).replace(day=1)
    TrustMonth.objects.create(counter="scans", month=month, trust="RTX", modality="MR", n=7)
    catch_up()

    with CaptureQueriesContext(connections["replica"]) as there:
        assert scans() == 7
    assert len(there) == 1
    assert said_by("replica", "SELECT pg_is_in_recovery()") is True

    said_by("replica", "SELECT 1 FROM (SELECT pg_wal_replay_pause()) one")
    until(lambda: said_by("replica", "SELECT pg_get_wal_replay_pause_state()") == "paused")
    TrustMonth.objects.update(n=8)
    assert scans() == 7  # it lags: what was counted before
    slot = make_slot()
    holds.hold(jane, slot.pk, now=now)
    booking.book(jane, slot.pk, now=now, actor="patient")
    assert Appointment.objects.count() == 1  # asked of the database itself

    followed.stop()
    assert scans() == 8  # nobody's page fails: the database answers
    made = Appointment.objects.get()
    booking.cancel(made, made.version, now=now, actor="patient")
    with CaptureQueriesContext(connection) as here:
        assert scans() == 8
    assert len(here) == 1  # it is left alone for a while


def test_without_a_replica_the_database_is_read(db):
    assert replica.read(lambda alias: alias) == "default"


def test_its_address_is_its_own_and_a_postgresqls(monkeypatch, tmp_path):
    monkeypatch.setenv("DATABASE_REPLICA_URL", "postgres://reader@copy:5433/finder")
    found, _ = databases(tmp_path, [])
    assert (found["replica"]["HOST"], found["replica"]["PORT"]) == ("copy", 5433)
    assert found["default"]["HOST"] != "copy"
    monkeypatch.setenv("DATABASE_REPLICA_URL", "sqlite:///copy")
    with pytest.raises(ImproperlyConfigured, match="DATABASE_REPLICA_URL"):
        databases(tmp_path, [])
