"""The service's own database user may add to the audit, and has no way to change it."""

import os
import subprocess
import sys
from io import StringIO

import pytest
from django.conf import settings as conf
from django.core.management import CommandError, call_command
from django.db import ProgrammingError, connection, transaction
from django.test import Client

from booking.appointments import booking, holds
from booking.changes import audit, audit_chain, audit_check, audit_rights
from booking.changes.audit_rights import NoRoles
from booking.models import Appointment, AuditEntry, AuditLink
from config.environment import runs_as_owner
from sites import place_table
from tests.booking.signing_in import prove
from tests.racing import only_postgresql

FORBIDDEN = [
    "UPDATE {} SET at = at",
    "DELETE FROM {}",
    "TRUNCATE {}",
    "TRUNCATE {} CASCADE",
    "DROP TRIGGER audit_append_only ON {}",
    "DROP TRIGGER audit_never_truncated ON {}",
    "ALTER TABLE {} DISABLE TRIGGER ALL",
    "ALTER TABLE {} DISABLE TRIGGER USER",
    "ALTER TABLE {} RENAME TO other",
    "ALTER TABLE {} ADD COLUMN more int",
    "DROP TABLE {}",
    "CREATE TRIGGER mine BEFORE INSERT ON {} FOR EACH ROW EXECUTE FUNCTION audit_is_append_only()",
    "CREATE RULE mine AS ON INSERT TO {} DO INSTEAD NOTHING",
    "SELECT 1 FROM {} FOR UPDATE",
    "MERGE INTO {} AS one USING (SELECT 1) AS two ON true WHEN MATCHED THEN DELETE",
]
BESIDE = [
    "DROP FUNCTION audit_is_append_only() CASCADE",
    "CREATE OR REPLACE FUNCTION audit_is_append_only() RETURNS trigger LANGUAGE plpgsql"
    " AS $$ BEGIN RETURN OLD; END $$",
    "SET session_replication_role = replica",
    "CREATE FUNCTION public.now() RETURNS int LANGUAGE sql AS 'SELECT 1'",
    "CREATE TABLE public.mine (one int)",
    "DELETE FROM django_migrations",
    "ALTER SEQUENCE booking_auditentry_id_seq RESTART WITH 1",
]


@pytest.fixture(autouse=True)
def _heads(settings, tmp_path):
    settings.AUDIT_HEADS = str(tmp_path / "audit-heads")


@pytest.fixture
def role(transactional_db):
    """A user of the service's own, with the rights that the command gives; signs in for real."""
    name = f"app_{os.getpid()}"
    owner = connection.settings_dict["USER"]
    with connection.cursor() as cursor:
        cursor.execute(f"CREATE ROLE {name} LOGIN PASSWORD 'only-in-this-test'")
    call_command("database_roles", name, apply=True, stdout=StringIO())
    yield name
    with connection.cursor() as cursor:
        cursor.execute(f"REASSIGN OWNED BY {name} TO {owner}")
        cursor.execute(f"DROP OWNED BY {name}")
        cursor.execute(f"DROP ROLE {name}")


@pytest.fixture
def as_service(role):
    """Let Django sign in as the service's user until the test ends."""
    was = {key: connection.settings_dict[key] for key in ("USER", "PASSWORD")}

    def begin():
        connection.close()
        connection.settings_dict.update(USER=role, PASSWORD="only-in-this-test")
        with connection.cursor() as cursor:
            cursor.execute("SELECT current_user, session_user")
            assert cursor.fetchone() == (role, role)

    yield begin
    connection.close()
    connection.settings_dict.update(was)


def refused():
    return pytest.raises(ProgrammingError, match=r"permission denied|must be owner")


@only_postgresql
@pytest.mark.parametrize("table", audit_rights.APPEND_ONLY)
@pytest.mark.parametrize("forbidden", FORBIDDEN)
def test_the_services_user_cannot_change_the_audit(as_service, now, table, forbidden):
    audit.write("viewed", now=now, actor="staff 1")
    audit_chain.seal(now=now)
    as_service()

    with refused(), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(forbidden.format(table))

    assert AuditEntry.objects.count() == AuditLink.objects.count() == 1


@only_postgresql
def test_nor_can_it_give_itself_more(as_service, role):
    as_service()
    with connection.cursor() as cursor:  # PostgreSQL only warns that nothing was granted
        for table in audit_rights.APPEND_ONLY:
            cursor.execute(f"GRANT UPDATE, DELETE ON {table} TO {role}")

    assert audit_rights.too_much() == []


@only_postgresql
@pytest.mark.parametrize("forbidden", BESIDE)
def test_nor_what_guards_it_nor_what_would_stand_before_it(as_service, forbidden):
    as_service()

    with refused(), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(forbidden)


@only_postgresql
@pytest.mark.django_db(transaction=True)
def test_the_services_journey_works_as_that_user(
    jane, make_slot, make_staff, now, clock, as_service
):
    slot, lead = make_slot(), make_staff("lead", username="lena")
    as_service()

    client, staff = Client(), Client()
    prove(client, "7KQ49CRB")
    assert client.get("/referral/").status_code == 200
    holds.hold(jane, slot.pk, now=now)
    booking.book(jane, slot.pk, now=now, actor="patient")
    assert Appointment.objects.get().status == "booked"
    staff.force_login(lead.user)
    assert staff.get(f"/staff/patient/{jane.patient_id}/").status_code == 200
    assert staff.post("/staff/audit/", {"who": "7KQ49CRB"}).status_code == 200
    assert staff.post("/staff/sign-out/").status_code == 302
    assert audit_chain.seal(now=now) == AuditEntry.objects.count() > 3
    assert audit_check.verify().faults == []
    assert audit_rights.too_much() == []
    call_command("database_roles", check=True, stdout=StringIO())


@pytest.fixture
def clock(now, time_machine):
    time_machine.move_to(now, tick=False)


@only_postgresql
def test_a_table_of_a_later_migration_is_the_services_too(role, as_service):
    with connection.cursor() as cursor:
        cursor.execute("CREATE TABLE later (id serial PRIMARY KEY)")
    try:
        as_service()
        with connection.cursor() as cursor:
            cursor.execute("INSERT INTO later DEFAULT VALUES RETURNING id")
            cursor.execute("UPDATE later SET id = 9")
            cursor.execute("DELETE FROM later")
    finally:
        connection.close()
        connection.settings_dict.update(USER="postgres", PASSWORD="")
        with connection.cursor() as cursor:
            cursor.execute("DROP TABLE later")


@only_postgresql
def test_a_place_that_the_services_user_changes_gives_the_places_another_version(as_service, trust):
    as_service()
    before = place_table.read_mark()

    trust.save()

    assert place_table.read_mark() != before


@only_postgresql
def test_what_is_too_much_is_said(role, as_service, settings, caplog):
    table = audit_rights.APPEND_ONLY[0]
    [first, _] = audit_rights.too_much()
    assert "who may do anything" in first
    with pytest.raises(CommandError, match="who may do anything"):
        call_command("database_roles", check=True)

    with connection.cursor() as cursor:
        cursor.execute(f"GRANT DELETE ON {table} TO {role}")
    as_service()
    assert audit_rights.too_much() == [
        f"The service runs as {role}, who has the right to DELETE on {table}."
        " See docs/audit.md: manage.py database_roles"
    ]


@only_postgresql
def test_the_owner_is_said_to_own_it(role, as_service):
    table, owner = audit_rights.APPEND_ONLY[0], connection.settings_dict["USER"]
    with connection.cursor() as cursor:
        cursor.execute(f"ALTER TABLE {table} OWNER TO {role}")
    try:
        as_service()
        assert any(f"owns {table}" in words for words in audit_rights.too_much())
    finally:
        connection.close()
        connection.settings_dict.update(USER=owner, PASSWORD="")
        with connection.cursor() as cursor:
            cursor.execute(f"ALTER TABLE {table} OWNER TO {owner}")


@only_postgresql
@pytest.mark.django_db
def test_the_command_prints_what_it_would_run(db):
    said = StringIO()
    call_command("database_roles", "finder_app", owner="finder_owner", stdout=said)

    for table in audit_rights.APPEND_ONLY:
        assert f"REVOKE UPDATE, DELETE, TRUNCATE ON {table} FROM finder_app" in said.getvalue()
    assert "FOR ROLE finder_owner" in said.getvalue()
    with pytest.raises(CommandError, match=r"Nothing was changed: role .* does not exist"):
        call_command("database_roles", "nobody_here", apply=True)


@pytest.mark.parametrize("role", ["", "a; DROP TABLE x", 'a"b', "A", "a-b", "owner"])
def test_a_name_that_could_be_sql_is_refused(role):
    with pytest.raises(NoRoles):
        audit_rights.grants(role, "owner")


@pytest.mark.django_db
def test_sqlite_has_no_users(db):
    if connection.vendor == "postgresql":
        pytest.skip("of SQLite")
    assert audit_rights.too_much() == []
    with pytest.raises(CommandError, match="SQLite has no users"):
        call_command("database_roles", "finder_app")


@pytest.mark.parametrize(
    ("line", "is_owners"),
    [
        (["manage.py", "migrate"], True),
        (["manage.py", "prepare"], True),
        (["manage.py", "restore", "finder.dump"], True),
        (["manage.py", "database_roles", "app", "--apply"], True),
        (["manage.py", "database_roles", "--check"], False),
        (["manage.py", "audit_verify"], False),
        (["manage.py"], False),
        (["celery", "-A", "config", "worker"], False),
        (["granian", "config.wsgi"], False),
    ],
)
def test_what_changes_tables_runs_as_their_owner_and_nothing_else_does(line, is_owners):
    assert runs_as_owner(line) is is_owners


@pytest.mark.parametrize(("command", "user"), [("migrate", "owner"), ("check", "app")])
def test_a_command_signs_in_as_its_user(command, user):
    code = (
        "import sys, django; from django.conf import settings;"
        f"sys.argv = ['manage.py', '{command}'];"
        "print(settings.DATABASES['default']['USER'], settings.DATABASE_ROLE)"
    )
    told = {"DATABASE_URL": "postgres://app@db/x", "MIGRATE_DATABASE_URL": "postgres://owner@db/x"}
    said = subprocess.run(
        [sys.executable, "-c", code], cwd=conf.BASE_DIR, capture_output=True, text=True, check=True,
        env={**os.environ, **told, "DJANGO_SETTINGS_MODULE": "config.settings"},
    )  # fmt: skip

    assert said.stdout.split() == [user, "app"]
