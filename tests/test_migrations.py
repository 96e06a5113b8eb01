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

FROZEN = {
    "booking/migrations/0001_initial.py":
        "18675e04b1c939b42e9a03ae54d24633ccde4d3b9fc3d95567b75dd813a6490b",
    "booking/migrations/0002_audit_is_append_only.py":
        "2f815e0f322118527dd2264e7eaa41fcece94bffcd69c00734a021aa79930fd9",
    "sites/migrations/0001_initial.py":
        "314776a9cdb30a8e7df2ccab51950634ad749f95ce613009acf1870fb96b71a3",
    "notifications/migrations/0001_initial.py":
        "94db63a93e921af4fc461a8f2d003d71e53664561bf753f5a9143f45dedb0cd7",
    "booking/migrations/0003_slot_seat.py":
        "e0e050874d0c9aa0706520f136566fdb222dbc50377c24987852a2f5c7de590f",
    "booking/migrations/0004_slot_line_digest.py":
        "4597ed7157e57a42ca40df1affdfb511334516e7e3219d9a11010362608382cb",
    "booking/migrations/0005_referral_end.py":
        "2c438f9cbb7927bb6275c146518f44e98c6342f0dd8c277bb40f4ba80f04b55f",
    "booking/migrations/0006_patient_died_at.py":
        "9b00475ecc67d3bf85d755350bb6ec93c6b22b828185e31485a781cb685e8693",
    "booking/migrations/0007_list_of_the_unmarked.py":
        "84e91228d0c82c511a9aa86c0db1f90ecdac9e9096d07f08121e399c3c7a0ea1",
    "booking/migrations/0008_end_what_is_over.py":
        "bb7e2c197733d6dc16428dac3b43219d5048dcc400865b39fe3f0fe7755c2d4b",
    "notifications/migrations/0002_inbound_command.py":
        "eae0856a0f3512cf03d4e5ad6025db59568cb81f0b0945f6a8b25068ed7d7688",
    "notifications/migrations/0003_cancelled_label.py":
        "3befcfa28c5b2ff9330020a6d792efa559262db9756eb0a72e2ec9c85d92455c",
    "notifications/migrations/0004_kind_ended.py":
        "c4f559dff3e8c153daaa353cd2d7cb444607e4b03757bd9e02e12d6cda3cc6c1",
    "booking/migrations/0009_patient_email_and_address.py":
        "cbaf278d7e7cefbe236cdac9c99b68cdbb83517af702d5ca187b55f5d4375488",
    "booking/migrations/0010_other_phone.py":
        "935d20718765e954fbce0dbcf856c8cdbb779026c141f08aa8374ed7217620c6",
    "booking/migrations/0011_contact.py":
        "399cb1b375afd5b9ff7945e7d67538418c1f5d645f5205ce6ff51d58f55b7ecb",
    "booking/migrations/0012_referral_sent.py":
        "13a0067abd34c5256c34d89b119bc00827795a53a8eeff2800367ec8012767d1",
    "booking/migrations/0013_patient_merged_into.py":
        "0d5fd7f28163887b6cb2bc3544194bc8b5b169e690b4f14e52712ecd1f802b89",
    "booking/migrations/0014_merge.py":
        "9c34c5abf56805110c81fdcad4a7ef10f2c36ecba6168d4386746c5012649dd7",
    "booking/migrations/0015_list_of_the_same.py":
        "86b33f26d59278008697e04bf9b00bac90362343b0812bd9959481c28eb6f7be",
    "booking/migrations/0016_exam_prepare_minutes.py":
        "d0b4399dbde988b9f0102fc0e87f98144de5902eb155bda26f85e29799c1917c",
    "booking/migrations/0017_name_word.py":
        "f41f2e9317fa06a712f8dc18e65b8c511655192c8c5b045f3a749939bc68ee50",
    "booking/migrations/0018_patient_by_postcode.py":
        "1e45d17dfb7a5fd139508a30862c2fba70971e08f39d0f3cc00387532f853df6",
    "booking/migrations/0019_fill_name_words.py":
        "28d867b9aa2acec984d3ced321cc4563df5aa645f34612e072a29875c8b51a2e",
    "booking/migrations/0020_name_word_trigrams.py":
        "bec47508bd647d8e7a3efa2f8ef4b1af9a3709919c71ba15e06094c75cc2c77e",
    "booking/migrations/0021_hold_limit.py":
        "6f17237d1c404fdc5313d95fb9370f4cb5025a585f5c483d142edbe94af28407",
    "booking/migrations/0022_merge_undone_reason.py":
        "c7ec889afc0b777f47205488569fc3b97cdfd47c6e2791319c39b5b81590df5e",
    "booking/migrations/0023_nhs_number_is_no_key.py":
        "4fb417f6d77d646d11910c646dc13013bf0414d92c66cbb3a7f00cc210097d95",
    "booking/migrations/0024_loss.py":
        "3b082a8a16993925c0ac66ef14df2a52c8f5ffb0b217b1cedb6864a7c690049b",
    "booking/migrations/0025_lost_slot.py":
        "245d9d4c3a6a547a8533bbb1a4a1a215082e10e93800a32a6532f7aa64db47ab",
    "booking/migrations/0026_feed_as_of.py":
        "2317a5a0a038f884aef52c8b9f84255ff7abe36930d8b4d9dc8a456671903d3a",
    "booking/migrations/0027_schedule_is_pulled.py":
        "94d7edb48361459b5d294c6dcb3554995c2939f6d78616963f58eb55e8e122f7",
    "booking/migrations/0028_slot_is_stamped.py":
        "7e3f136442b394c7744d0b80b721beff8d366a34b1be5caf142c2cf78b4b31f6",
    "booking/migrations/0029_list_of_the_held.py":
        "34d8c70f996a0ffd66e638be64299ecf2c11beefdd11dc001e9b6a50270faabf",
    "booking/migrations/0030_schedule_location.py":
        "efcb32b9579a34f5824d6700ffdde025bd26cbf6a0bf39fc463af842c5a2b89a",
    "booking/migrations/0031_feed_pull_off.py":
        "629358b0e3c923ef71a14e937aea889391b266b4abf9a0cd9bb2bf1c698962c7",
    "booking/migrations/0032_key_tries.py":
        "6812f8676bd266744368b741bc5ee64ccbb36c1b3dece4d8bfeee2784b5143db",
    "booking/migrations/0033_schedule_overlaps.py":
        "f89f5809bcbc8fdd1fa4d0b5ee5004dbc04a27554bc6fdb9d7e61f3fda16fa7a",
    "booking/migrations/0034_slot_of_schedule_by_time.py":
        "d2fa438e8964845bf47ac4dd1fb337c5e7ce81ae9bdac2169cff903041c5211b",
    "booking/migrations/0035_exam_code.py":
        "37acf56a3014b6d31ec87f257dd7c81107489b3266ce61ee2e098095b265cf52",
    "booking/migrations/0036_changes_for_referrers.py":
        "c968301687ebae5238d9393d18796875aca815fee08cb93fad5ec3d1f7da3a9c",
    "booking/migrations/0037_client_key_set.py":
        "505817b275915d8a8f3c97bd9d898f7888f07cf2e0edca54376fffaaa0d12226",
    "booking/migrations/0038_used_assertion.py":
        "e33aad617ce8b325d9850de0b6a67ff6de70b2230625500970ef77ac92f93cb0",
    "booking/migrations/0039_key_certificate.py":
        "9af3b9ea0fdcb6341ad085a276546b6f8aba3dd40031eda7b9a7d9ed247c1206",
    "notifications/migrations/0005_setting_at_fault.py":
        "8cad26a2ceccf3a9865d7fbb74c37d087bec99b7d1d8df9a2ca6eb1967e7f8e8",
    "notifications/migrations/0006_dead_number.py":
        "f3bc2a276de9bf99aeb0c627067f3821dada20628abb76b6c594e7b69bd9d01f",
    "notifications/migrations/0007_message_scan_at.py":
        "95b22f7108ece92e60a50562643dc184e851958d8e67c5cbfa6891415f655704",
    "booking/migrations/0040_exam_catalogue.py":
        "1c8c134c73dee1d4f29389efc3436cb25c3ff7103f0ea4e41d20743491c4ae69",
    "booking/migrations/0041_fill_exam_dye.py":
        "3d33b89de5f7bf974b22e5f9f0455138c6a0781488c7df962c7894752bd56134",
    "booking/migrations/0042_exam_contrast_is_a_word.py":
        "ab2324a415fe32e8d3a6608454b8157ffe5f0b828e050fad84f6e69c19353022",
    "booking/migrations/0043_answer.py":
        "b8b749f7b9fdc5068477b303d5d09ffc5c5cc7e984536bf80985bcd3b5fbf1b6",
    "booking/migrations/0044_needs_declined.py":
        "3bbc46d0ef17f4d0ba5517b613c55d12affdb474059b00f2222f02ee11390caa",
    "booking/migrations/0045_appointment_part.py":
        "e94475b51faa8b02d0bb34784184e5c375c0338171d98f9fc912af033b17ce2c",
    "booking/migrations/0046_exam_is_own.py":
        "195aae31baec9dd9dd76021bb821de9d06d69a3b67d93b0e2f0766ba1b74614a",
    "booking/migrations/0047_patient_former_names.py":
        "1c0a85eb20c4e7f5fca5f05f6f19e241cf8499441f7b596a5421802e08566e57",
    "booking/migrations/0048_lost_slot_held.py":
        "edf9d3fd448aa536ebb7b8821f19a5a1c85f709b00b4cf15b5c0cf74bf4467b7",
    "sites/migrations/0002_scanner_abilities.py":
        "2e5c3677d42bc7288d200150829b240d546c73b934727b3d2df5e4f14a6979f1",
    "sites/migrations/0003_timetable.py":
        "367e6eb75855e889d67adf8d4ee4991d55c277fa0aad556f8abc2db59956dd12",
    "sites/migrations/0004_timetable_line.py":
        "6962e8b27070b424100030cf0887fd774331d82c2eb4d3e0eb397bd01330b2a3",
}  # fmt: skip
"""SHA-256 of every migration that has landed."""
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
    for app in APPS:
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
