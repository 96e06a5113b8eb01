"""The audit by days and by act, who signed in and out, and which tables were taken as files."""

import re
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from booking.changes import audit, sign_ins
from booking.models import AuditEntry, Patient
from tests.booking.clerk.conftest import problems, text


@pytest.fixture
def lead(sign_in, clerk, jane, at_desk):
    at_desk("note", note="Ring")
    return sign_in("lead", username="lena")


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ({"from": "24/11/2026", "to": "24/11/2026"}, True),
        ({"from": "25/11/2026"}, False),
        ({"to": "23/11/2026"}, False),
        ({"act": "note added"}, True),
        ({"act": "booked"}, False),
    ],
)
def test_days_and_an_act_narrow_it(lead, asked, found):
    page = text(lead.post("/staff/audit/", {"who": "7KQ49CRB", **asked}))

    assert ("<span>Note added</span>" in page) == found


def test_the_last_minute_of_a_day_in_england_is_of_that_day(lead, jane):
    for at in ("2026-07-01T22:59:00+00:00", "2026-07-01T23:00:00+00:00"):
        audit.write("booked", now=datetime.fromisoformat(at), actor="patient", referral=jane)

    page = text(
        lead.post("/staff/audit/", {"who": "7KQ49CRB", "from": "1/7/2026", "to": "1/7/2026"})
    )

    assert "2026-07-01 23:59:00" in page
    assert "2026-07-02" not in page


@pytest.mark.parametrize(
    ("asked", "part", "says"),
    [
        ({"act": "booked"}, "from", "at most 31 days"),
        ({"from": "1/9/2026"}, "from", "at most 31 days"),
        ({"to": "1/9/2026"}, "from", "at most 31 days"),
        ({"who": "7KQ49CRB", "from": "2/11/2026", "to": "1/11/2026"}, "to", "first one or after"),
        ({"who": "7KQ49CRB", "from": "31/2/2026"}, "from", "must be a real date"),
    ],
)
def test_days_that_cannot_be_searched_are_said_and_stay_typed(lead, asked, part, says):
    answer = lead.post("/staff/audit/", asked)

    assert answer.status_code == 400
    assert says in problems(text(answer))[part]
    assert all(f'value="{typed}"' in text(answer) for typed in asked.values())


def test_everybody_of_some_days_can_be_searched(lead):
    asked = {"act": "note added", "from": "1/11/2026"}

    assert "Jane Fell" in text(lead.post("/staff/audit/", asked))


def test_whose_names_the_search_showed_is_written_down(lead, jane):
    lead.post("/staff/audit/", {"who": "7KQ49CRB"})

    assert AuditEntry.objects.get(action="listed").patient_id == jane.patient_id


def test_the_next_page_asks_for_the_same_again(lead, jane, now):
    for _ in range(201):
        audit.write("booked", now=now, actor="patient", referral=jane)
    asked = {"who": "7KQ49CRB", "act": "booked", "from": "24/11/2026", "to": "24/11/2026"}

    form = text(lead.post("/staff/audit/", asked)).rpartition("<form")[2]

    carried = dict(re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', form))
    assert {name: carried.get(name) for name in asked} == asked
    after = re.search(r'name="after" value="([^"]+)"', form)[1]
    assert "Showing 201 to 201" in text(lead.post("/staff/audit/", {**asked, "after": after}))


def test_a_name_of_200_letters_stands_in_the_table(lead, jane):
    Patient.objects.filter(pk=jane.patient_id).update(family_name="x" * 200)

    assert "x" * 200 in text(lead.post("/staff/audit/", {"who": "7KQ49CRB"}))


# --- files


def test_a_file_is_written_down_of_whom_it_was_asked_for(lead, jane):
    lead.post("/staff/audit/export/", {"who": "7KQ49CRB"})
    lead.post("/staff/audit/export/", {"user": lead.staff.pk})

    taken = AuditEntry.objects.filter(action="table taken as a file").order_by("pk")
    assert [one.patient_id for one in taken] == [jane.patient_id, None]
    assert [one.detail for one in taken] == [{"table": "audit"}] * 2
    page = text(lead.post("/staff/audit/", {"user": lead.staff.pk}))
    assert page.count("<span>Table taken as a file</span>") == 2


def test_a_file_that_was_refused_is_not_written_down(lead):
    assert lead.post("/staff/audit/export/", {}).status_code == 400
    assert not AuditEntry.objects.filter(action="table taken as a file").exists()


def test_whatever_sends_a_table_as_a_file_writes_that_down():
    senders = [
        path
        for path in Path("booking").rglob("*.py")
        if re.search(r"return csv_download\(", path.read_text())
    ]

    assert len(senders) > 2
    for path in senders:
        assert re.search(r"audit\.write_(export|listed)\(", path.read_text()), path


# --- what is about no patient


@pytest.mark.parametrize("act", ["feed set", "feed key made", "role or trusts changed"])
def test_what_a_colleague_did_about_no_patient_is_found(lead, other_trust, make_staff, now, act):
    stranger = make_staff("lead", username="otto", trusts=("RXR",))
    for who in (lead.staff, stranger):
        audit.write(act, now=now, actor=who.actor, trust="RTX")

    page = text(lead.post("/staff/audit/", {"from": "24/11/2026", "act": act}))

    assert page.count(f"<span>{act.capitalize()}</span>") == 1


SIGN_INS = ("signed in", "sign-in failed", "signed out")


def acts():
    entries = AuditEntry.objects.filter(action__in=SIGN_INS).order_by("pk")
    return [(one.action, one.actor, one.detail) for one in entries]


def test_wrong_passwords_are_written_down_by_the_account_and_a_name_of_nobody_is_not(
    client, make_staff, trust
):
    ada = make_staff(username="ada", password="a-long-password-2026")

    for name in ("ada", "jane.fell@example.com"):
        client.post("/staff/sign-in/", {"username": name, "password": "wrong"})

    assert acts() == [("sign-in failed", ada.actor, {}), ("sign-in failed", "nobody", {})]


def test_a_lead_sees_who_of_their_trust_signed_in_and_of_no_other(lead, sign_in, other_trust, now):
    theirs = sign_in("clerk", trusts=("RXR",), username="sam")
    for one in (lead, theirs):
        sign_ins.signed_in(one.staff.pk, now=now)

    page = text(lead.post("/staff/audit/", {"act": "signed in", "from": "24/11/2026"}))

    assert page.count("<span>Signed in</span>") == 1


def test_a_sign_out_is_written_down_also_one_for_being_away(clerk, sign_in, clock):
    clerk.post("/staff/sign-out/")
    away = sign_in(username="ben")
    away.get("/staff/desk/")
    clock.shift(timedelta(minutes=16))
    away.get("/staff/desk/")

    assert acts() == [
        ("signed out", clerk.staff.actor, {}),
        ("signed out", away.staff.actor, {"reason": "away too long"}),
    ]
