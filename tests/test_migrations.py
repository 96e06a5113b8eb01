"""Migrations that have landed are frozen, and data of an earlier landing survives the newer ones.

A new migration goes into a new file, changes one model or moves data, and joins FROZEN when it
lands. A migration that renames or drops something with data in it says so below.
"""

import hashlib
import importlib
import os
from copy import deepcopy
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path

import pytest
from django.conf import settings
from django.db import DatabaseError, connections, transaction
from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.operations import RunPython, RunSQL, SeparateDatabaseAndState

from tests.frozen_migrations import FROZEN

LANDED = [
    ("sites", "0001_initial"),
    ("notifications", "0001_initial"),
    ("booking", "0002_audit_is_append_only"),
]
"""Where the databases stand that are migrated from here."""
APPS = [app for app, _ in LANDED]
RENAMED_MODELS: dict[str, str] = {}
"""As in {"booking.worklistrow": "booking.worklistentry"}."""
RENAMED_FIELDS: dict[str, str | None] = {
    "booking.exam.contrast": None,
    "booking.slot.place": "seat",
    "booking.slot.word": "line_digest",
    "notifications.inbound.word": "command",
}
"""As in {"booking.slot.word": "line_digest"}; None for what was dropped or is said otherwise."""
NOW = datetime(2026, 11, 24, 10, 0, tzinfo=UTC)


def files():
    for app in (*APPS, "insights"):  # which came after the landing
        yield from sorted(Path(settings.BASE_DIR, app, "migrations").glob("0*.py"))


def operations_of(path):
    relative = path.relative_to(settings.BASE_DIR).with_suffix("")
    migration = importlib.import_module(".".join(relative.parts)).Migration
    for operation in migration.operations:
        if isinstance(operation, SeparateDatabaseAndState):
            yield from (*operation.database_operations, *operation.state_operations)
        else:
            yield operation


def touched(operation):
    if isinstance(operation, RunPython | RunSQL):
        return "data"
    name = getattr(operation, "model_name", None) or getattr(operation, "old_name", None)
    return (name or operation.name).lower()


def test_a_migration_that_has_landed_is_never_edited():
    found = {
        str(path.relative_to(settings.BASE_DIR)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in files()
    }

    assert {name: found.get(name) for name in FROZEN} == FROZEN


def test_each_newer_migration_changes_one_thing():
    for path in files():
        if str(path.relative_to(settings.BASE_DIR)) not in FROZEN:
            assert len({touched(operation) for operation in operations_of(path)}) == 1, path


@pytest.fixture(scope="module")
def database(django_db_setup, django_db_blocker, tmp_path_factory):
    """A new, empty database in the place of the tests' own, which nothing of this touches."""
    tests_own = connections["default"]
    fields = deepcopy(tests_own.settings_dict)
    is_file = tests_own.vendor == "sqlite"
    folder = tmp_path_factory.mktemp("landed")
    name = str(folder / "landed.sqlite3") if is_file else f"landed_{os.getpid()}"
    fields |= {"NAME": name, "TEST": {**fields["TEST"], "NAME": name}}
    new = type(tests_own)(fields, "default")
    with django_db_blocker.unblock():
        new.creation._create_test_db(verbosity=0, autoclobber=True)
        connections["default"] = new
        try:
            yield new
        finally:
            connections["default"] = tests_own
            new.close()
            new.creation._destroy_test_db(name, verbosity=0)


@pytest.fixture(scope="module")
def before(database):
    """Every row of the landing as the newest migrations must have left it: they have run."""
    landed = migrate(database, LANDED)
    add_data(landed)
    before = as_named_now(rows(landed))
    assert len(before) > 20
    migrate(database, newest(database))
    return before


def migrate(database, targets):
    """Migrate there; return the models as they are then."""
    executor = MigrationExecutor(database)
    executor.migrate(targets)
    return MigrationExecutor(database).loader.project_state(targets).apps


def newest(database):
    return MigrationExecutor(database).loader.graph.leaf_nodes()


def add_data(apps):
    """Write what the service of the landing had: a patient with all that belongs to them."""
    trust, site = add_places(apps)
    slot, referral = add_capacity(apps, trust, site)
    add_booking(apps, trust, slot, referral)


def add_places(apps):
    create = creator(apps, "sites")
    trust = create("Trust", code="RTX", name="University Hospitals of Morecambe Bay")
    site = create(
        "Site", slug="furness", ods_code="RTXAA", name="Furness", kind="hospital", trust=trust,
        address="Dalton Lane", postcode="LA14 4LF", lat=54.1, lon=-3.2, facilities=["hoist"],
    )  # fmt: skip
    create("OpenHours", site=site, weekday=0, opens=time(8), closes=time(18))
    create("Scanner", code="MR-1", site=site, modality="MR", name="MRI 1", bore_cm=70)
    van = create("Scanner", code="van-1", trust=trust, modality="MR", name="The van")
    create(
        "Stop", scanner=van, site=site, first_day=date(2026, 12, 1), last_day=date(2026, 12, 5),
        opens=time(8), closes=time(18),
    )  # fmt: skip
    create("Postcode", code="LA14 4LF", outward="LA14", sector="LA14 4", lat=54.1, lon=-3.2)
    return trust, site


def add_capacity(apps, trust, site):
    create = creator(apps, "booking")
    create("Feed", trust=trust, last_contact_at=NOW, confirms=True, pull_state={"etag": "1"})
    create("FeedKey", trust=trust, prefix="RTX-1", key_hash="0" * 64, created_at=NOW)
    create("FeedLocation", trust=trust, external_id="furness", site=site, fed_at=NOW)
    schedule = create(
        "Schedule", trust=trust, external_id="furness-MR", site=site, modality="MR", fed_at=NOW
    )
    exam = create(
        "Exam", code="MR-KNEE", name="an MRI", modality="MR", body_part="knee", minutes=30
    )
    for modality in ("MR", "CT", "US"):
        create("Exam", code=modality, name="a scan", modality=modality, minutes=20, contrast=True)
    patient = create(
        "Patient", given_name="Jane", family_name="Fell", family_key="fell",
        born=date(1961, 3, 12), nhs_number="9990000018", mobile="+447700900461", needs=["hoist"],
    )  # fmt: skip
    referral = create(
        "Referral", code="7KQ49CRB", patient=patient, exam=exam, trust=trust, urgency="routine",
        clock_start=NOW.date(), target_day=NOW.date(), identifier="RTX-1",
    )  # fmt: skip
    times = {"start": NOW + timedelta(days=8), "end": NOW + timedelta(days=8, minutes=30)}
    common = {
        "trust": trust, "schedule": schedule, "site": site, "modality": "MR", "fed_at": NOW,
        "daypart": "morning", "weekend": False, "status": "free", **times,
    }  # fmt: skip
    booked = create("Slot", external_id="a", place=0, word=-5, **common)
    create("Slot", external_id="a", place=1, free_at=datetime(1970, 1, 1, tzinfo=UTC), **common)
    create("Slot", external_id="b", place=0, free_at=NOW, held_by=referral, **common)
    return booked, referral


def add_booking(apps, trust, slot, referral):
    create, user = creator(apps, "booking"), creator(apps, "auth")("User", username="carol")
    staff = create("Staff", user=user, role="clerk")
    staff.trusts.add(trust)
    create("Note", patient=referral.patient, user=user, at=NOW, text="Seen")
    appointment = create(
        "Appointment", reference="A7KQ49CRB", referral=referral, slot=slot, site=slot.site,
        start=slot.start, end=slot.end, status="booked", booked_at=NOW, changed_at=NOW,
    )  # fmt: skip
    create("ReplyCode", appointment=appointment, version=1, code="4321", issued_at=NOW)
    create("Counter", name="appointments:RTX", value=7)
    create(
        "AppointmentChange", trust=trust, appointment=appointment, slot=slot, version=1, number=7
    )
    create(
        "AuditEntry", at=NOW, actor="patient", action="booked", patient_id=referral.patient_id,
        referral=referral, appointment=appointment, detail={"version": 1},
    )  # fmt: skip
    row = create(
        "WorklistRow", kind="needs_person", trust=trust, referral=referral, about="1",
        appointment=appointment, reason="Ring.", opened_at=NOW, due_at=NOW, owner=user,
    )  # fmt: skip
    create("WorklistEvent", row=row, at=NOW, actor="staff 1", action="opened")
    tell = creator(apps, "notifications")
    message = tell(
        "Message", kind="confirmation", subject=appointment.reference, subject_version=1,
        dedupe_key="A7KQ49CRB:1:confirmation", to="+447700900461", to_hash="1" * 64,
        template="en/confirmation.v1", body="You are booked.", state="accepted", planned_at=NOW,
        due_at=NOW, not_after=NOW, priority=1, created_at=NOW, updated_at=NOW,
    )  # fmt: skip
    tell("Event", message=message, at=NOW, to_state="accepted", source="dispatch")
    tell("OptOut", number_hash="2" * 64, at=NOW, source="reply")


def creator(apps, app):
    return lambda model, **fields: apps.get_model(app, model).objects.create(**fields)


def rows(apps):
    """Return the columns of every row, by model and key."""
    return {
        f"{app}.{model._meta.model_name}": {row[model._meta.pk.attname]: row for row in stored}
        for app in APPS
        for model in apps.get_app_config(app).get_models()
        if (stored := list(model._default_manager.values()))
    }


def as_named_now(before):
    """Return the rows of before under the names that models and fields have since."""
    renamed: dict[str, dict] = {}
    for model, stored in before.items():
        now = renamed[RENAMED_MODELS.get(model, model)] = {}
        for pk, row in stored.items():
            names = {name: RENAMED_FIELDS.get(f"{model}.{name}", name) for name in row}
            now[pk] = {new: row[old] for old, new in names.items() if new is not None}
    return renamed


def test_the_data_of_the_landing_stands_after_every_newer_migration(database, before):
    after = rows(MigrationExecutor(database).loader.project_state(newest(database)).apps)

    for model, stored in before.items():
        for pk, row in stored.items():
            found = after.get(model, {}).get(pk, {})
            assert {name: found.get(name) for name in row} == row, model


def test_todays_code_reads_what_the_landing_wrote(before):
    from booking.models import Appointment, AuditEntry, Exam, WorklistRow
    from booking.patients.lookup import find_patients
    from notifications.models import Message

    booked = Appointment.objects.select_related("slot", "referral__patient").get()
    assert booked.is_live
    assert (booked.referral.patient.name, booked.slot.free_at) == ("Jane Fell", None)
    assert WorklistRow.objects.get().appointment == booked
    assert dict(Exam.objects.values_list("code", "contrast")) == {
        "MR-KNEE": "", "MR": "gadolinium", "CT": "iodinated", "US": "iodinated",
    }  # fmt: skip
    assert Message.objects.get().subject == booked.reference
    # Found by how it sounds on a birthday, and by letters: both indexes have the older names.
    for typed in ("Fel 3 12 1961", "Fel"):
        assert find_patients(typed).patients == [booked.referral.patient], typed
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
        AuditEntry.objects.update(actor="somebody else")
