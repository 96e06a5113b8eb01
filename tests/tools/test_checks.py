"""What `make check` asks of libraries, migrations and settings; that each finds what it is for."""

import json
import re
from dataclasses import replace
from datetime import UTC, date, datetime

import pytest
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator
from django.db import connection, migrations, models
from django.db.migrations.state import ProjectState
from django.db.models.functions import Left, Now, Random

from times.indexes import AddIndexConcurrently, AddUniqueConcurrently
from tools import migration_safety, sbom, settings_matrix, vulnerabilities
from tools.environment import ROOT
from tools.vulnerabilities import Answer, Excepted, NotAskedError

TODAY = date(2026, 11, 28)
KNOWN = {"jinja2 3.0": {"PYSEC-1", "CVE-2024-1"}}


# --- known vulnerabilities --------------------------------------------------------------------


def said(vulns):
    rows = [
        {"name": "jinja2", "version": "3.0", "vulns": vulns},
        {"name": "ours", "skip_reason": "Dependency not found"},
    ]
    return json.dumps({"dependencies": rows})


def test_what_pip_audit_says_is_read():
    answer = Answer()
    vulnerabilities.read(said([{"id": "PYSEC-1", "aliases": ["CVE-2024-1"]}]), "", answer)

    assert (answer.asked, answer.unknown, answer.known) == (1, {"ours"}, KNOWN)
    assert vulnerabilities.faults(answer, [], TODAY) == ["jinja2 3.0 has CVE-2024-1, PYSEC-1"]


def test_without_a_network_nobody_was_asked():
    complained = "requests.exceptions.ConnectionError: Max retries exceeded"
    with pytest.raises(NotAskedError, match="no network"):
        vulnerabilities.read("", complained, Answer())
    with pytest.raises(RuntimeError, match="a fault of its own"):
        vulnerabilities.read("", "a fault of its own", Answer())


@pytest.mark.parametrize(
    ("library", "until", "faults"),
    [
        ("jinja2", date(2026, 11, 28), 0),
        ("jinja2", date(2026, 11, 27), 2),  # over, and it stands against us again
        ("jinja2", date(2027, 3, 1), 1),
        ("django", date(2026, 12, 1), 1),
    ],
)
def test_an_exception_holds_for_one_library_until_its_day(library, until, faults):
    one = Excepted("CVE-2024-1", library, "we render nobody's templates", until)

    assert len(vulnerabilities.faults(Answer(1, set(), KNOWN), [one], TODAY)) == faults


def test_an_exception_without_a_reason_is_none(tmp_path):
    file = tmp_path / "excepted.csv"
    file.write_text("identifier,library,reason,until\nCVE-1,jinja2,,2026-12-01\n")

    with pytest.raises(ValueError, match="a reason"):
        vulnerabilities.excepted(file)
    assert vulnerabilities.excepted() == []


# --- migrations while old code runs -----------------------------------------------------------

BEFORE = ProjectState()
BEFORE.add_model(
    migrations.state.ModelState(
        "booking", "Slot",
        [
            ("id", models.BigAutoField(primary_key=True)),
            ("name", models.CharField(max_length=20)),
            ("note", models.TextField(null=True)),
        ],
    )
)  # fmt: skip
BY_NAME = models.Index(fields=["name"], name="by_name")
CHAR, TEXT = models.CharField, models.TextField


def broken(*operations, safe=None):
    one = migrations.Migration("0001_bad", "booking")
    one.operations = list(operations)
    migration_safety.SAFE = safe or {}
    kind = type("Migration", (migrations.Migration,), {"__module__": migration_safety.__name__})
    one.__class__ = kind
    try:
        return migration_safety.faults(one, BEFORE)
    finally:
        del migration_safety.SAFE


def add(field):
    return migrations.AddField("slot", "extra", field)


def alter(name, field):
    return migrations.AlterField("slot", name, field)


UNIQUE = models.UniqueConstraint(fields=["name"], name="one")
BAD = [
    ("RenameModel", migrations.RenameModel("Slot", "Time")),
    ("RenameField", migrations.RenameField("slot", "name", "title")),
    ("RemoveField", migrations.RemoveField("slot", "name")),
    ("DeleteModel", migrations.DeleteModel("Slot")),
    ("AlterModelTable", migrations.AlterModelTable("slot", "times")),
    ("AddField", add(CHAR(max_length=9, default=""))),
    ("AddField default", add(models.FloatField(db_default=Random()))),
    ("AddField unique", add(CHAR(max_length=9, null=True, unique=True))),
    ("AlterField type", alter("name", CHAR(max_length=19))),
    ("AlterField type", alter("name", models.IntegerField())),
    ("AlterField null", alter("note", TEXT())),
    ("AlterField unique", alter("note", TEXT(null=True, unique=True))),
    ("AddIndex", migrations.AddIndex("slot", BY_NAME)),
    ("AddConstraint", migrations.AddConstraint("slot", UNIQUE)),
    ("AlterUniqueTogether", migrations.AlterUniqueTogether("slot", {("name", "note")})),
    ("RunPython", migrations.RunPython(lambda apps, editor: None)),
    ("RunSQL", migrations.RunSQL("ALTER TABLE booking_slot DROP COLUMN name")),
    ("RunSQL", migrations.RunSQL(["CREATE INDEX x ON booking_slot (name)"])),
]


@pytest.mark.parametrize(("rule", "operation"), BAD)
def test_what_old_code_would_trip_over_is_refused(rule, operation):
    found = broken(operation)

    assert len(found) == 1
    assert found[0].endswith(migration_safety.RULES[rule])
    inside = migrations.SeparateDatabaseAndState(database_operations=[operation])
    assert broken(inside) == found


def test_every_rule_has_a_migration_that_breaks_it():
    assert {rule for rule, _ in BAD} == set(migration_safety.RULES)


@pytest.mark.parametrize(
    "operation",
    [
        add(CHAR(max_length=9, null=True)),
        add(CHAR(max_length=9, db_default="")),
        add(models.DateTimeField(db_default=Now())),
        alter("name", CHAR(max_length=21)),
        alter("name", TEXT()),
        alter("name", CHAR(max_length=20, choices=[("a", "A")])),
        AddIndexConcurrently("slot", BY_NAME),
        migrations.CreateModel("New", [("id", models.BigAutoField(primary_key=True))]),
        migrations.RunPython(lambda apps, editor: None, migrations.RunPython.noop),
        migrations.RunSQL("CREATE INDEX CONCURRENTLY x ON booking_slot (name)"),
        migrations.SeparateDatabaseAndState(
            state_operations=[migrations.RemoveField("slot", "name")]
        ),
    ],
)
def test_what_old_code_need_not_know_is_let_through(operation):
    assert broken(operation) == []


def test_a_new_tables_own_index_is_let_through():
    table = migrations.CreateModel(
        "Message", [("id", models.BigAutoField(primary_key=True)), ("name", TEXT())]
    )
    assert broken(table, migrations.AddIndex("message", BY_NAME)) == []


def test_what_is_safe_for_a_reason_says_so_by_name():
    operation = migrations.RemoveField("slot", "name")

    assert broken(operation, safe={"RemoveField slot.name": "no release names it since 1.4"}) == []
    assert len(broken(operation, safe={"RemoveField slot.name": "ok"})) == 1
    assert len(broken(operation, safe={"RemoveField slot.note": "no release names it"})) == 1


def test_the_migrations_that_have_not_landed_are_safe():
    new = list(migration_safety.new_migrations())

    assert [fault for one, before in new for fault in migration_safety.faults(one, before)] == []


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    "operation",
    [
        AddIndexConcurrently("counter", models.Index(fields=["value"], name="only_for_a_test")),
        AddUniqueConcurrently(
            "counter", models.UniqueConstraint(Left("name", 9), name="only_for_a_test")
        ),
    ],
)
def test_an_index_is_added_while_others_write_and_taken_away(operation):
    from django.db.migrations.loader import MigrationLoader

    state = MigrationLoader(connection).project_state()
    after = state.clone()
    operation.state_forwards("booking", after)

    def names():
        with connection.cursor() as cursor:
            return connection.introspection.get_constraints(cursor, "booking_counter")

    with connection.schema_editor(atomic=False) as editor:
        operation.database_forwards("booking", editor, state, after)
    assert "only_for_a_test" in names()
    with connection.schema_editor(atomic=False) as editor:
        operation.database_backwards("booking", editor, after, state)
    assert "only_for_a_test" not in names()


# --- what a release is made of ----------------------------------------------------------------

AT = datetime(2026, 11, 28, tzinfo=UTC)


def test_the_list_has_every_pin_and_vendored_file_and_is_the_same_each_time():
    text = sbom.make("1.0", AT)
    made = json.loads(text)
    named = {(one["name"], one["version"]) for one in made["components"]}
    pins = {
        (re.sub(r"[-_.]+", "-", name).lower(), version)
        for file in sbom.SHIPPED
        for name, version in re.findall(
            r"^([\w.-]+)(?:\[[^]]*\])?==([\w.]+)",
            (ROOT / "requirements" / f"{file}.txt").read_text(encoding="utf-8"),
            re.MULTILINE,
        )
    }

    assert pins <= named
    assert named - pins == {("nhsuk-frontend", "10.6.1")}
    assert sbom.make("1.0", AT) == text
    assert sbom.make("1.1", AT) != text
    assert JsonStrictValidator(SchemaVersion.V1_6).validate_str(text) is None
    vendored = next(one for one in made["components"] if one["name"] == "nhsuk-frontend")
    assert len(vendored["components"]) == 8
    assert all(file["hashes"][0]["alg"] == "SHA-256" for file in vendored["components"])


def test_it_lists_what_the_image_installs():
    image = (ROOT / "Dockerfile").read_text(encoding="utf-8")
    install = next(line for line in image.splitlines() if line.startswith("RUN pip install"))

    assert set(re.findall(r"requirements/(\w+)\.txt", install)) == set(sbom.SHIPPED)


# --- settings ---------------------------------------------------------------------------------


def test_every_value_of_every_setting_is_taken_or_refused_as_it_should_be():
    asked = list(settings_matrix.tries())

    assert settings_matrix.faults(asked, settings_matrix.outcomes(asked)) == []


def test_every_setting_of_the_readme_is_tried():
    table = (ROOT / "README.md").read_text(encoding="utf-8").split("## Settings")[1]
    rows = re.findall(r"^\|([^|]*`[^|]*)\|", table.split("\n## ")[0], re.MULTILINE)
    named = {name for row in rows for name in re.findall(r"`([A-Z0-9_]+)`", row)}
    of_tools = {"TEST_DATABASE_URL", "TEST_BROKER_URL", "TEST_AMQP_URL", "CHROMIUM"}

    assert named - of_tools == set(settings_matrix.SETTINGS)


def test_the_matrix_finds_what_is_taken_or_refused_by_mistake():
    one = next(settings_matrix.tries())

    assert settings_matrix.faults([one], ["ValueError: x"]) != []
    assert settings_matrix.faults([replace(one, starts=False)], [""]) != []
    assert settings_matrix.faults([replace(one, starts=False)], ["ValueError: x"]) != []
    assert settings_matrix.faults([replace(one, starts=False)], ["ImproperlyConfigured: x"]) == []
