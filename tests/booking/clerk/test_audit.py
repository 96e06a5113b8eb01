"""Who saw and changed what: nothing is missing, nothing can be changed, nothing runs in a cell."""

import codecs
import csv
import io
import re
from pathlib import Path

import pytest
from django.db import DatabaseError, transaction
from django.urls import reverse

from booking.changes import audit
from booking.models import AuditEntry
from booking.pages.csv_download import escape_formula
from tests.booking.clerk.conftest import text
from tests.booking.signing_in import prove


def test_a_clerks_view_and_a_patients_are_both_written_down(clerk, client, jane):
    clerk.get(f"/staff/patient/{jane.patient_id}/")
    prove(client)
    client.get("/referral/")

    seen = AuditEntry.objects.filter(action="viewed", patient=jane.patient_id)
    assert set(seen.values_list("actor", flat=True)) == {clerk.staff.actor, "patient"}


@pytest.mark.parametrize("change", ["update", "delete"])
def test_the_database_refuses_to_change_an_entry(jane, now, change):
    entry = audit.write("viewed", now=now, actor="patient", referral=jane)
    rows = AuditEntry.objects.filter(pk=entry.pk)

    with pytest.raises(DatabaseError, match="append"), transaction.atomic():
        rows.update(actor="nobody") if change == "update" else rows.delete()


@pytest.fixture
def lead(sign_in, clerk, jane, at_desk):
    clerk.get(f"/staff/patient/{jane.patient_id}/")
    at_desk("note", note="Ring")
    return sign_in("lead", username="lena")


@pytest.mark.parametrize(
    "asked", [{"who": "7KQ49CRB"}, {"user": "carol"}, {"who": "Fell 12 3 1961", "user": "carol"}]
)
def test_it_is_searched_by_patient_and_by_user(lead, clerk, asked):
    if "user" in asked:
        asked["user"] = clerk.staff.pk

    page = text(lead.post("/staff/audit/", asked))

    row = re.search(r"<bdi>carol</bdi>.*?</tr>", page, re.DOTALL)[0]
    assert "<span>Note added</span>" in row
    assert "Jane Fell" in row


def test_a_search_for_nobody_says_what_to_type(lead):
    assert "Say which patient" in text(lead.post("/staff/audit/", {}))
    assert "a digit is wrong" in text(lead.post("/staff/audit/", {"who": "9990000019"}))


def test_a_lead_does_not_find_what_is_of_another_trust(lead, sign_in, other_trust):
    stranger = sign_in("lead", trusts=("RXR",), username="sam")

    assert "No entry" in text(stranger.post("/staff/audit/", {"who": "7KQ49CRB"}))


def test_the_export_is_a_table_whose_cells_never_run(lead, clerk, jane, now):
    audit.write("booked", now=now, actor="staff 0", referral=jane, reason="=cmd|' /C calc'!A0")

    answer = lead.post("/staff/audit/export/", {"who": "7KQ49CRB"})

    file = answer.getvalue()
    assert file.startswith(codecs.BOM_UTF8)
    assert file.count(codecs.BOM_UTF8) == 1
    rows = list(csv.reader(io.StringIO(file.decode("utf-8-sig"))))
    assert answer["Content-Type"].startswith("text/csv")
    assert rows[0][:3] == ["at", "who", "did"]
    assert rows[1][2] == "table taken as a file"  # this very file
    assert rows[2][-1] == "'=cmd|' /C calc'!A0"
    assert "Jane" not in str(rows)


CELLS = [
    "=1+1", "+44", "-1", "@SUM(A1)", "\t=1", " =1", "\r=1", "\u00a0=1", "\uff1d1", "\u200b@A",
]  # fmt: skip


@pytest.mark.parametrize("cell", CELLS)
def test_a_cell_that_looks_like_a_formula_is_dead(cell):
    assert escape_formula(cell) == f"'{cell}"


def test_other_cells_stay_as_they_are():
    assert escape_formula("O’Neill = a name") == "O’Neill = a name"
    assert escape_formula("") == ""


def test_every_download_of_a_table_is_made_in_one_place():
    """So that none comes without the mark for Excel and the guard against formulas.

    What a command writes for another command to read again is no download.
    """
    sources = [*Path("booking").rglob("*.py"), *Path("notifications").rglob("*.py")]
    makes = re.compile(r"csv\.(w|DictW)riter|text/csv")
    makers = {str(one) for one in sources if makes.search(one.read_text())}

    for_commands = {"booking/exams/exams_file.py", "booking/demo/timetable.py"}
    assert makers - for_commands == {"booking/pages/csv_download.py"}


def test_who_stood_on_a_list_is_written_down_too(clerk, jane, make_slot, at_desk, now):
    at_desk("hold", slot=make_slot().pk)
    for page in ("desk/", "overview/"):
        clerk.get(f"/staff/{page}")

    listed = AuditEntry.objects.filter(action="listed")
    assert [entry.patient_id for entry in listed] == [jane.patient_id] * 2


def test_the_family_of_another_trust_has_no_name(at_desk, jane, tom, other_trust):
    tom.trust = other_trust
    tom.save()

    page = at_desk.screen()

    assert not re.search(r"\bTom\b", page)
    assert "a patient of another trust, born 1961" in page


@pytest.mark.parametrize("form", ["patient-hold", "patient-note", "referral-reopen"])
def test_who_is_led_on_from_the_address_of_a_form_has_viewed_nobody(clerk, sign_in, jane, form):
    number = jane.pk if form == "referral-reopen" else jane.patient_id
    browser = sign_in("lead") if form == "referral-reopen" else clerk

    assert browser.get(reverse(form, args=[number])).status_code == 303
    assert not AuditEntry.objects.filter(action="viewed").exists()

    assert browser.get(reverse("patient", args=[jane.patient_id])).status_code == 200
    assert AuditEntry.objects.filter(action="viewed").count() == 1
