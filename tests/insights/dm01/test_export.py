"""Our own month in DM01's shape, and back again."""

import csv
import io
from datetime import date

import pytest
from django.core.management import CommandError, call_command

from booking.models import AuditEntry
from insights.dm01.export import HEAD, NOT_KNOWN
from insights.models import Dm01Month

OCTOBER = date(2026, 10, 1)
BANDS = {"00": 4, "05": 3, "06": 2, "12": 1, "13": 5}


def export(*words):
    out = io.StringIO()
    call_command("export_dm01", *words, stdout=out)
    return out.getvalue()


def rows_of(text):
    return list(csv.DictReader(io.StringIO(text)))


@pytest.fixture
def counted(trusts, count, now):
    count(bands=BANDS, scans={"routine": 30, "urgent": 8, "planned": 5})
    count(trust="RXR", modality="BMD", bands={"01": 2}, scans={})
    count(trust="RXR", modality="US", scans={"routine": 9})
    count(modality="DX", bands={"02": 50}, scans={"routine": 70})
    count(modality="NM", scans={"routine": 7})
    count(month=date(2026, 9, 1), bands={"13": 99}, scans={"routine": 99})


def test_our_month_has_the_shape_of_the_full_extract(counted):
    ct, us, dexa = rows_of(export("2026-10"))

    assert tuple(ct) == HEAD
    assert (ct["Period"], ct["Provider Org Code"]) == ("DM01-OCTOBER-2026", "RXL")
    assert ct["Provider Org Name"] == "Blackpool Teaching Hospitals NHS Foundation Trust"
    assert (ct["Diagnostic Tests Sort Order"], ct["Diagnostic Tests"]) == ("2", "CT")
    assert (ct["05 < 06 Weeks"], ct["06 < 07 Weeks"], ct["13+ Weeks"]) == ("3", "2", "5")
    assert (ct["01 < 02 Weeks"], ct["Total WL"]) == ("0", "15")
    assert (ct["Waiting List Activity"], ct["Planned Activity"]) == ("38", "5")
    assert (us["Diagnostic Tests"], dexa["Diagnostic Tests"]) == (
        "NON_OBSTETRIC_ULTRASOUND",
        "DEXA_SCAN",
    )


def test_who_takes_it_by_the_command_is_in_the_audit(counted):
    export("2026-10")

    [entry] = AuditEntry.objects.filter(action="table taken as a file")
    assert (entry.actor, entry.detail) == ("command", {"table": "DM01"})


def test_x_ray_and_radionuclide_are_left_out(counted):
    assert {row["Diagnostic Tests"] for row in rows_of(export("2026-10"))} == {
        "CT", "NON_OBSTETRIC_ULTRASOUND", "DEXA_SCAN",
    }  # fmt: skip


def test_what_we_do_not_know_is_said_so(counted):
    for row in rows_of(export("2026-10")):
        assert row["Commissioner Org Code"] == row["Commissioner Parent Org Code"] == ""
        assert row["Commissioner Org Name"] == row["Provider Parent Name"] == NOT_KNOWN
        assert row["Unscheduled Activity"] == ""


def test_our_own_export_read_again_gives_the_same_figures(counted, load, tmp_path):
    assert "3 rows of October 2026" in export("2026-10", tmp_path / "ours.csv")

    load(tmp_path / "ours.csv")

    ct = Dm01Month.objects.get(provider="RXL")
    assert (ct.month, ct.test) == (OCTOBER, "CT")
    assert {band: n for band, n in ct.bands.items() if n} == BANDS
    assert len(ct.bands) == 14
    assert (ct.waiting, ct.over_six, ct.over_thirteen) == (15, 8, 5)
    assert (ct.waiting_list_activity, ct.planned_activity) == (38, 5)
    assert (ct.unscheduled_activity, ct.activity) == (None, 43)
    assert sorted(
        Dm01Month.objects.values_list("provider", "test", "waiting", "activity")
    ) == [
        ("RXL", "CT", 15, 43), ("RXR", "DEXA_SCAN", 2, 0),
        ("RXR", "NON_OBSTETRIC_ULTRASOUND", 0, 9),
    ]  # fmt: skip


def test_a_month_that_is_not_over_or_empty_is_refused(counted, tmp_path):
    with pytest.raises(CommandError, match=r"November 2026 is not over\. DM01 counts"):
        export("2026-11")
    with pytest.raises(CommandError, match="Nothing was counted in August 2026"):
        export("2026-08")
    with pytest.raises(CommandError, match="“October” is no month, like 2026-10"):
        export("October")
    with pytest.raises(CommandError, match="cannot be written: No such file"):
        export("2026-10", tmp_path / "none" / "x.csv")
