"""`manage.py load_exams` and `export_exams`: whole or not at all, and back out the same."""

from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from booking.exams import catalogue
from booking.management.commands.load_exams import FILE
from booking.models import Exam, ExamCode
from tests.booking.exams.test_exams_file import GOOD, file_of

pytestmark = pytest.mark.django_db
TOE = {**GOOD, "region": "limb"}


@pytest.fixture
def load(tmp_path):
    def load(*rows, **options):
        path = tmp_path / "own.csv"
        path.write_bytes(file_of(*rows) if rows else FILE.read_bytes())
        out, err = StringIO(), StringIO()
        call_command("load_exams", path, stdout=out, stderr=err, **options)
        return out.getvalue() + err.getvalue()

    return load


def stored():
    return list(Exam.objects.order_by("code").values())


def test_what_is_exported_loads_again_to_the_same(load, tmp_path):
    load()
    before, path = stored(), tmp_path / "out.csv"

    call_command("export_exams", path, stdout=StringIO())
    out = StringIO()
    call_command("load_exams", path, stdout=out)

    assert "68 unchanged" in out.getvalue()
    assert stored() == before
    again = tmp_path / "again.csv"
    call_command("export_exams", again, stdout=StringIO())
    assert again.read_bytes() == path.read_bytes()


def test_a_file_with_one_fault_changes_nothing(load):
    load(TOE)
    before = stored()

    with pytest.raises(CommandError, match="nothing was loaded") as refused:
        load({**TOE, "minutes": "45"}, {**TOE, "code": "MR-ARM", "minutes": "many"})

    assert "line 3: minutes is 'many'" in str(refused.value)
    assert stored() == before


def test_wrong_codes_undo_the_exams_too(load, tmp_path):
    codes = tmp_path / "codes.csv"
    codes.write_text("exam,system,code,display\nMR-TOE,nicip,MTOE,\nMR-ARM,nicip,MARM,\n")

    with pytest.raises(CommandError, match="row 3"):
        load(TOE, codes=codes)
    assert not Exam.objects.exists()
    load(TOE, {**TOE, "code": "MR-ARM"}, codes=codes)
    assert set(ExamCode.objects.values_list("code", flat=True)) == {"MTOE", "MARM"}


def test_a_dry_run_says_what_would_change_and_keeps_nothing(load):
    load(TOE)
    before = stored()

    said = load({**TOE, "minutes": "45"}, {**TOE, "code": "MR-ARM"}, dry_run=True)

    assert "minutes: 30 → 45" in said
    assert "created   MR-ARM" in said
    assert "(dry run)" in said
    assert stored() == before


def test_the_networks_own_file_stands_when_the_service_starts_again(load):
    call_command("load_exams", stdout=StringIO())
    load(TOE)
    out = StringIO()

    call_command("load_exams", stdout=out)

    assert "the network’s own stand" in out.getvalue()
    assert [exam.code for exam in catalogue.current()] == ["MR-TOE"]
    call_command("load_exams", FILE, stdout=StringIO())
    assert not catalogue.has_own()
    call_command("load_exams", stdout=StringIO())
    assert len(catalogue.current()) == 68


def test_an_exam_that_is_in_the_file_no_more_is_kept_for_its_requests(load, make_referral, now):
    referral = make_referral()

    said = load(TOE)

    assert "retired   MR-1" in said
    assert "1 open request keeps it, no new one gets it" in said
    referral.refresh_from_db()
    assert referral.exam.retired
    assert "retired" not in load(TOE)
    back = {**TOE, "code": "MR-1"}
    assert "retired: yes → no" in load(TOE, back)


@pytest.mark.parametrize(("minutes", "warned"), [("30", False), ("31", True)])
def test_minutes_that_exceed_every_time_are_warned_of_and_loaded(
    load, make_slot, now, minutes, warned
):
    make_slot(start=now + timedelta(days=400), end=now + timedelta(days=400, minutes=30))

    said = load({**TOE, "minutes": minutes}, {**TOE, "code": "CT-TOE", "modality": "CT"})

    assert ("line 2: warning: no time to come would do for MR-TOE" in said) == warned
    assert "CT-TOE. Are" not in said, "it has no times at all: nothing to compare with"
    assert Exam.objects.get(code="MR-TOE").minutes == int(minutes)


def test_a_file_that_is_not_there_is_said(tmp_path):
    with pytest.raises(CommandError, match="cannot be read: No such file"):
        call_command("load_exams", tmp_path / "none.csv")
    with pytest.raises(CommandError, match="cannot be written"):
        call_command("export_exams", tmp_path / "none" / "out.csv")
