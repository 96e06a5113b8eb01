"""A database goes over from clear to sealed and back, in batches, while it is used."""

import importlib
import io
from types import SimpleNamespace

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.db.migrations.loader import MigrationLoader

from booking.changes import rotation
from booking.models import Patient
from tests.sealed.test_fields import EMAIL, make, raw

BEGINS = importlib.import_module("booking.migrations.0094_sealing_begins_in_clear")
NO_WAY_BACK = importlib.import_module("booking.migrations.0104_no_way_back_while_sealed")


@pytest.fixture
def clear(settings, db):
    """Five people of a release that kept numbers in clear."""
    settings.SEAL_FIELDS = False
    return [make(nhs_number=f"900000000{n}", mobile=f"+44770090046{n}") for n in range(5)]


def kept():
    return [raw(Patient, "mobile", one.pk) for one in Patient.objects.order_by("pk")]


def rotate(*arguments):
    said = io.StringIO()
    call_command("rotate_keys", *arguments, stdout=said)
    return said.getvalue()


def is_refused(migration):
    """Return why a migration refuses, which sees the columns as they are: text."""
    node = ("booking", migration.__name__.rpartition(".")[2])
    then = MigrationLoader(connection).project_state(node).apps
    try:
        migration.refuse(then, SimpleNamespace(connection=connection))
    except RuntimeError as why:
        return str(why)
    return ""


def test_what_is_there_is_sealed_batch_by_batch_and_broken_off_it_goes_on(
    clear, settings, monkeypatch
):
    monkeypatch.setattr(rotation, "ROWS_AT_ONCE", 2)
    settings.SEAL_FIELDS = True
    steps = rotation.rotate()
    while next(steps) != rotation.Progress("booking.Patient.mobile", 2, 5, 2):
        pass
    steps.close()
    assert [len(one) > 32 for one in kept()] == [True, True, False, False, False]
    assert [Patient.objects.get(mobile=one.mobile).pk for one in clear] == [
        one.pk for one in clear
    ], "found both ways meanwhile"

    said = rotate()

    assert "booking.Patient.mobile: 5 of 5, 3 written anew" in said
    assert all(len(one) > 32 for one in kept())
    assert "still in clear" not in said
    assert [one.mobile for one in Patient.objects.order_by("pk")] == [one.mobile for one in clear]


def test_it_goes_back_to_what_the_older_release_wrote(clear, settings):
    before = kept()
    settings.SEAL_FIELDS = True
    rotate()
    with pytest.raises(CommandError, match="Set SEAL_FIELDS=0 in every process first"):
        rotate("--open")
    assert kept() != before

    settings.SEAL_FIELDS = False
    rotate("--open")

    assert kept() == before
    assert raw(Patient, "email", clear[0].pk) == EMAIL


def test_in_production_an_upgrade_over_patients_begins_in_clear(clear, settings):
    settings.PRODUCTION = True
    assert is_refused(BEGINS) == ""

    settings.SEAL_FIELDS = True
    assert "Set SEAL_FIELDS=0 for this upgrade" in is_refused(BEGINS)
    Patient.objects.all().delete()
    assert is_refused(BEGINS) == "", "a new installation seals from the first patient on"


def test_migrating_back_is_refused_while_anything_is_sealed(clear, settings):
    assert is_refused(NO_WAY_BACK) == ""
    settings.SEAL_FIELDS = True

    make(nhs_number=None, mobile="", email="ann@oneill.example")

    assert "rotate_keys --open" in is_refused(NO_WAY_BACK)
