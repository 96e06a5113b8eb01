"""The audit is sealed without anybody waiting, and whatever is done to it afterwards is found."""

import re
from contextlib import contextmanager
from datetime import timedelta
from io import StringIO
from pathlib import Path

import pytest
from django.core import mail
from django.core.management import CommandError, call_command
from django.db import DatabaseError, connection, connections, transaction
from django.test.utils import CaptureQueriesContext

from booking.changes import audit, audit_alarm, audit_chain, audit_check, tasks
from booking.changes.audit_chain import Head
from booking.changes.audit_check import Kind
from booking.models import AuditEntry, AuditLink, Heartbeat
from notifications import emails
from tests.racing import only_postgresql

pytestmark = pytest.mark.django_db
TABLES = ("booking_auditentry", "booking_auditlink")
KEY, OLD_KEY = "k" * 50, "o" * 50


@pytest.fixture(autouse=True)
def _heads(settings, tmp_path):
    settings.AUDIT_HEADS = str(tmp_path / "heads" / "audit-heads")
    settings.AUDIT_KEYS = [KEY]


@pytest.fixture
def write(now):
    """Write so many entries, each with a detail of its own."""

    def write(count=1, **detail):
        return [
            audit.write("viewed", now=now, actor="staff 1", which=which, **detail)
            for which in range(count)
        ]

    return write


@pytest.fixture
def sealed(write, now):
    """Six entries, sealed."""
    entries = write(6)
    assert audit_chain.seal(now=now) == 6
    return entries


@contextmanager
def unguarded():
    """Do as the owner of the tables could: by SQL, with the triggers away."""
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")  # or ALTER waits for the commit
            for table in TABLES:
                cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
            yield cursor
            return
        cursor.execute(
            "SELECT name, sql FROM sqlite_master WHERE type = 'trigger' AND tbl_name IN (%s, %s)",
            TABLES,
        )
        triggers = cursor.fetchall()
        for name, _ in triggers:
            cursor.execute(f"DROP TRIGGER {name}")
        yield cursor
        for _, sql in triggers:
            cursor.execute(sql)


def kinds(**how):
    return [fault.kind for fault in audit_check.verify(**how).faults]


def test_every_entry_is_sealed_once_and_in_a_chain(sealed, now, write):
    write()
    audit_chain.seal(now=now)
    assert audit_chain.seal(now=now) == 0

    links = list(AuditLink.objects.order_by("number"))
    assert [one.number for one in links] == [1, 2, 3, 4, 5, 6, 7]
    assert len({one.digest for one in links}) == 7
    assert {one.entry for one in links} == set(AuditEntry.objects.values_list("pk", flat=True))
    report = audit_check.verify()
    assert (report.looked_at, report.faults) == (7, [])
    assert report.head == Head(7, links[-1].digest)


CHANGES = {
    "who": "actor = 'staff 2'",
    "what": "action = 'listed'",
    "when": "at = '2026-11-24 09:00:00+00:00'",
    "detail": """detail = '{"which": 9}'""",
    "whom": "patient_id = NULL",
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_a_changed_row_is_found(jane, write, now, change):
    write(2)
    entry = audit.write("viewed", now=now, actor="staff 1", referral=jane)
    write(3)
    audit_chain.seal(now=now)
    assert kinds() == []

    with unguarded() as cursor:
        cursor.execute(f"UPDATE booking_auditentry SET {change} WHERE id = {entry.pk}")

    [fault] = audit_check.verify().faults
    assert fault.kind == Kind.CHANGED
    assert f"Entry {entry.pk} is not as link 3 sealed it" in fault.words


def test_a_removed_row_is_found(sealed):
    with unguarded() as cursor:
        cursor.execute(f"DELETE FROM booking_auditentry WHERE id = {sealed[2].pk}")

    [fault] = audit_check.verify().faults
    assert fault.kind == Kind.REMOVED
    assert f"Entry {sealed[2].pk}, sealed as link 3" in fault.words


def test_a_row_removed_with_its_link_is_found(sealed, now):
    with unguarded() as cursor:
        cursor.execute(f"DELETE FROM booking_auditentry WHERE id = {sealed[2].pk}")
        cursor.execute("DELETE FROM booking_auditlink WHERE number = 3")

    assert kinds() == [Kind.LINK_REMOVED]


def test_links_that_are_numbered_anew_are_found(sealed):
    with unguarded() as cursor:
        cursor.execute(f"DELETE FROM booking_auditentry WHERE id = {sealed[2].pk}")
        cursor.execute("DELETE FROM booking_auditlink WHERE number = 3")
        for number in (4, 5, 6):
            cursor.execute(
                f"UPDATE booking_auditlink SET number = {number - 1} WHERE number = {number}"
            )

    report = audit_check.verify()
    assert report.faults[0].kind == Kind.CHANGED
    assert "link 3" in report.faults[0].words


def test_two_rows_that_swapped_their_keys_are_found(sealed):
    first, second = sealed[1].pk, sealed[2].pk
    with unguarded() as cursor:
        for was, becomes in ((first, -1), (second, first), (-1, second)):
            cursor.execute(f"UPDATE booking_auditentry SET id = {becomes} WHERE id = {was}")

    assert kinds() == [Kind.CHANGED, Kind.CHANGED]


def cut_tail(entries, upto):
    with unguarded() as cursor:
        cursor.execute(f"DELETE FROM booking_auditentry WHERE id > {entries[upto - 1].pk}")
        cursor.execute(f"DELETE FROM booking_auditlink WHERE number > {upto}")


def test_a_tail_that_was_cut_off_with_its_links_is_found(sealed):
    cut_tail(sealed, 4)

    [fault] = audit_check.verify().faults
    assert fault.kind == Kind.CUT_OFF
    assert "ends at link 4 and once went to 6" in fault.words


def test_it_is_found_still_when_the_chain_has_grown_past_it(sealed, write, now):
    cut_tail(sealed, 4)
    write(5)
    audit_chain.seal(now=now)

    assert kinds() == [Kind.CUT_OFF]


def test_the_whole_table_emptied_is_found(sealed):
    cut_tail([sealed[0]], 0)
    with unguarded() as cursor:
        cursor.execute("DELETE FROM booking_auditentry")

    assert kinds() == [Kind.CUT_OFF]


def test_with_the_file_of_heads_gone_too_a_head_from_the_log_finds_it(sealed, caplog, settings):
    head = audit_check.verify().head
    Path(settings.AUDIT_HEADS).unlink()
    cut_tail(sealed, 4)

    assert kinds() == []
    assert kinds(heads=[head]) == [Kind.CUT_OFF]
    with pytest.raises(CommandError, match="its end was cut off"):
        call_command("audit_verify", head=[str(head)], stdout=StringIO())


def test_a_file_of_heads_that_somebody_wrote_into_is_a_fault_of_its_own(sealed, settings):
    with Path(settings.AUDIT_HEADS).open("a") as file:
        file.write("2026-11-24 6.abc\n")

    assert kinds() == [Kind.HEADS_SPOILT]


def test_links_cut_off_alone_are_made_anew_just_as_they_were(sealed, now):
    with unguarded() as cursor:
        cursor.execute("DELETE FROM booking_auditlink WHERE number > 4")
    assert audit_chain.seal(now=now) == 2

    assert kinds() == []


def test_whoever_has_the_database_but_not_the_key_cannot_seal_a_forged_row(sealed, settings):
    entry = sealed[3]
    with unguarded() as cursor:
        cursor.execute(f"UPDATE booking_auditentry SET actor = 'staff 9' WHERE id = {entry.pk}")
        before = AuditLink.objects.get(number=3).digest
        for link in AuditLink.objects.filter(number__gt=3).order_by("number"):
            forged = AuditEntry.objects.get(pk=link.entry)
            before = audit_chain.digest_of(forged, link.number, before, "not the key")
            cursor.execute(
                f"UPDATE booking_auditlink SET digest = '{before}' WHERE number = {link.number}"
            )

    assert kinds()[0] == Kind.CHANGED


def test_a_new_key_seals_on_and_the_old_one_still_verifies(sealed, write, now, settings):
    settings.AUDIT_KEYS = ["n" * 50, KEY]
    write(2)
    audit_chain.seal(now=now)
    assert kinds() == []

    settings.AUDIT_KEYS = ["n" * 50]
    assert set(kinds()) == {Kind.KEY_NOT_KNOWN}


def test_an_entry_that_was_committed_late_is_sealed_after_those_that_came_before_it(write, now):
    [late, *_others] = write(4)
    AuditLink.objects.bulk_create(  # as when the first of them was not there yet
        audit_chain._links(AuditEntry.objects.exclude(pk=late.pk).order_by("pk"), None, now)
    )

    assert audit_chain.seal(now=now + timedelta(hours=9)) == 1  # nobody sealed all night

    assert AuditLink.objects.get(number=4).entry == late.pk
    assert kinds() == []


def test_an_entry_with_an_old_key_behind_the_chains_back_is_found(write, now):
    entries = write(6)
    with unguarded() as cursor:
        cursor.execute(f"DELETE FROM booking_auditentry WHERE id = {entries[2].pk}")
    audit_chain.seal(now=now)
    write()
    audit_chain.seal(now=now + timedelta(hours=2))
    forged = AuditEntry(pk=entries[2].pk, at=now, actor="staff 3", action="viewed")
    forged.save(force_insert=True)

    assert audit_chain.seal(now=now + timedelta(hours=3)) == 0
    assert kinds() == [Kind.NEVER_SEALED]


def test_what_is_younger_than_the_last_seal_may_wait(sealed, write, now):
    write(3)

    assert kinds() == []
    assert audit_check.waits_since(now) is None
    assert audit_check.waits_since(now + timedelta(minutes=16)) == now


def test_a_part_is_looked_at_from_the_link_before_it(sealed, write, now):
    write(2)
    audit_chain.seal(now=now + timedelta(days=5))
    with unguarded() as cursor:
        cursor.execute(f"UPDATE booking_auditentry SET actor = 'x' WHERE id = {sealed[0].pk}")

    part = audit_check.verify(since=now + timedelta(days=3))
    assert (part.looked_at, part.faults) == (2, [])
    assert audit_check.verify(since=now + timedelta(days=9)).looked_at == 0
    assert kinds() == [Kind.CHANGED]


@pytest.mark.parametrize("table", TABLES)
@pytest.mark.parametrize("change", ["UPDATE {} SET at = at", "DELETE FROM {}", "TRUNCATE {}"])
def test_the_database_refuses_to_change_the_audit_and_its_chain(sealed, table, change):
    if change.startswith("TRUNCATE") and connection.vendor == "sqlite":
        pytest.skip("SQLite has no TRUNCATE")

    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")  # or TRUNCATE waits for the commit
    refused = pytest.raises(DatabaseError, match="append-only")
    with refused, transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(change.format(table))


def test_the_command_says_the_head_and_fails_with_the_first_fault(sealed):
    said = StringIO()
    call_command("audit_verify", stdout=said)
    assert "6 links looked at" in said.getvalue()
    assert re.search(r"Keep elsewhere: 6\.[0-9a-f]{64}\n", said.getvalue())

    with unguarded() as cursor:
        cursor.execute(f"UPDATE booking_auditentry SET actor = 'x' WHERE id = {sealed[1].pk}")
    with pytest.raises(CommandError, match=f"Entry {sealed[1].pk} is not as link 2"):
        call_command("audit_verify", stdout=StringIO())
    with pytest.raises(CommandError, match="no head of the chain"):
        call_command("audit_verify", head=["6.abc"], stdout=StringIO())


def test_at_night_administrators_are_told_once_and_the_heartbeat_stands_still(
    write, now, time_machine, make_staff, trust, caplog, settings
):
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    time_machine.move_to(now, tick=False)
    ada = make_staff("network_admin", username="ada")
    ada.user.email = "ada@network.example"
    ada.user.save()
    make_staff("lead", username="lena")
    entries = write(3)
    tasks.seal_audit()
    tasks.verify_audit()
    assert Heartbeat.objects.get(name=audit_check.HEARTBEAT).at == now

    time_machine.move_to(now + timedelta(days=1), tick=False)
    with unguarded() as cursor:
        cursor.execute(f"UPDATE booking_auditentry SET actor = 'x' WHERE id = {entries[1].pk}")
    tasks.verify_audit()
    tasks.verify_audit()
    emails.send_due(now + timedelta(days=1))

    assert [one.to for one in mail.outbox] == [["ada@network.example"]]
    assert f"Entry {entries[1].pk} is not as" in mail.outbox[0].body
    assert "audit: Entry" in caplog.text
    assert Heartbeat.objects.get(name=audit_check.HEARTBEAT).at == now
    ages = {one.name: one.samples[0].value for one in audit_alarm.Audit().collect()}
    assert ages == {"audit_found_whole_age_seconds": 86_400, "audit_unsealed_age_seconds": 0}


def test_on_sundays_all_of_it_is_looked_at(sealed, now, time_machine, caplog):
    with unguarded() as cursor:
        cursor.execute(f"UPDATE booking_auditentry SET actor = 'x' WHERE id = {sealed[1].pk}")
    for day, says in ((11, False), (12, True)):  # Saturday 5 and Sunday 6 December
        time_machine.move_to(now + timedelta(days=day), tick=False)
        caplog.clear()
        tasks.verify_audit()
        assert ("audit: Entry" in caplog.text) is says


def test_who_writes_asks_nothing_of_the_chain(now, db):
    with CaptureQueriesContext(connection) as asked:
        audit.write("viewed", now=now, actor="staff 1")

    assert len(asked) == 1
    assert "auditlink" not in str(asked.captured_queries)


@contextmanager
def another_connection():
    """A connection beside the test's own, as another process has."""
    other = connections["default"].copy()
    try:
        with other.cursor() as cursor:
            yield cursor
    finally:
        other.close()


@only_postgresql
@pytest.mark.django_db(transaction=True)
def test_an_entry_of_a_transaction_that_is_open_is_waited_for_by_nobody(now):
    with another_connection() as other:
        other.execute("BEGIN")
        other.execute(
            "INSERT INTO booking_auditentry (at, actor, action, detail)"
            " VALUES (now(), 'staff 1', 'viewed', '{}')"
        )
        audit.write("viewed", now=now, actor="staff 2")
        assert audit_chain.seal(now=now) == 1
        other.execute("COMMIT")
    assert audit_chain.seal(now=now) == 1

    first, second = AuditLink.objects.order_by("number")
    assert first.entry > second.entry
    assert kinds() == []


@only_postgresql
@pytest.mark.django_db(transaction=True)
def test_two_who_seal_at_once_make_one_chain(write, now):
    write(3)
    with another_connection() as other:
        other.execute("SELECT pg_advisory_lock(%s)", [audit_chain.SEALS])
        assert audit_chain.seal(now=now) == 0

    assert audit_chain.seal(now=now) == 3
