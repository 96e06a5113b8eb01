"""What is kept of one patient is read by them, and forgotten as far as the law has it."""

import json
from datetime import date, timedelta
from io import StringIO

import pytest
import time_machine
from django.core.management import CommandError, call_command
from django.db import connection

from booking.appointments import booking, holds
from booking.changes import audit, rotation
from booking.identifiers.actors import CLOCK
from booking.models import (
    Answer,
    Appointment,
    AuditAction,
    AuditEntry,
    Call,
    Contact,
    Merge,
    NameWord,
    Note,
    OtherPhone,
    Patient,
    Referral,
    SoonerWish,
    WorklistRow,
)
from booking.patients import erasing, personal_data
from notifications.models import Inbound, Message, OptOut
from notifications.opt_outs import hash_of

MOBILE = "+447700900461"
OF_JANE = {
    "given_name": "Jane-Marie", "family_name": "Fellthwaite", "nhs_number": "9000000009",
    "mobile": MOBILE, "email": "jane@fellthwaite.example", "address": "7 Quarry Terrace",
    "postcode": "LA12 7ZZ",
}  # fmt: skip
SAYS_WHO = {
    "Jane-Marie", "Fellthwaite", "9000000009", "900461", "jane@fellthwaite", "Quarry Terrace",
    "LA12 7ZZ", "1961-03-12", "Aunt Agatha", "1229 555123", "Oldname", "R-4711", "rings twice",
}  # fmt: skip
"""Words that say who Jane is, or who is around her."""
BESIDE = {"900461", "jane@fellthwaite", "Aunt Agatha", "1229 555123"}
YEARS = timedelta(days=366 * 8)


@pytest.fixture(autouse=True)
def _clock(now):
    with time_machine.travel(now, tick=False):
        yield


@pytest.fixture
def jane(make_referral, make_staff, make_slot, trust, now):
    """Somebody who was booked, came, and of whom everything is kept that can be."""
    referral = make_referral(**OF_JANE)
    jane, carol = referral.patient, make_staff(username="carol")
    Patient.objects.filter(pk=jane.pk).update(former_names="Oldname\t")
    Referral.objects.filter(pk=referral.pk).update(
        identifier="R-4711", sent={"mobile": MOBILE, "email": OF_JANE["email"]}
    )
    OtherPhone.objects.create(patient=jane, number="01229 555123", use="home")
    aunt = Contact.objects.create(patient=jane, key="aunt", name="Aunt Agatha", phone=MOBILE)
    Note.objects.create(patient=jane, user=carol.user, at=now, text="Aunt Agatha rings twice")
    Call.objects.create(
        patient=jane, staff=carol, began_at=now, ended_at=now, contact=aunt, caller="contact",
        caller_name="Aunt Agatha",
    )  # fmt: skip
    Answer.objects.filter(referral=referral).update(carer_name="Aunt Agatha", carer_relation="a")
    slot = make_slot(day=3)
    holds.hold(referral, slot.pk, now=now)
    booking.book(referral, slot.pk, now=now, actor="staff 1")
    SoonerWish.objects.create(
        referral=referral, state="off", notice_days=1, origin=["LA12 7ZZ"], since=now, door="page"
    )
    Inbound.objects.create(
        message_sid="SM1", number=MOBILE, number_hash=hash_of(MOBILE), body="Oldname here, yes",
        received_at=now,
    )  # fmt: skip
    OptOut.objects.create(number_hash=hash_of(MOBILE), source="reply", at=now)
    other = Patient.objects.create(
        given_name="J", family_name="Fellthwaite", born=jane.born, merged_into=jane,
        email="jane@fellthwaite.example",
    )  # fmt: skip
    Merge.objects.create(
        kept=jane, lost=other, at=now, actor="staff 1", reason="Aunt Agatha said so",
        before={"kept": {"mobile": MOBILE}}, after={"kept": {"family_name": "Fellthwaite"}},
    )  # fmt: skip
    Patient.objects.update(created_at=now, needs=["wheelchair"])
    Referral.objects.update(created_at=now)
    audit.write(AuditAction.VIEWED, now=now, actor=CLOCK, patient=jane)
    return Patient.objects.get(pk=jane.pk)


@pytest.fixture
def over(jane, now):
    """The same, once she came and nothing waits for her any more."""
    Appointment.objects.update(status="attended")
    Referral.objects.update(ended_at=now, end_reason="attended")
    WorklistRow.objects.update(closed_at=now, outcome="attended")
    Message.objects.update(state="delivered")
    return jane


def whole_database():
    """Every value of every table, as one text, what is sealed opened."""
    values = []
    sealed = {(model._meta.db_table, one.column): one for model, one in rotation.columns()}
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            cursor.execute(f'SELECT * FROM "{table}"')
            fields = [sealed.get((table, name)) for name, *_ in cursor.description]
            for row in cursor.fetchall():
                values += [opened(*pair) for pair in zip(fields, row, strict=True)]
    return "\n".join(values)


def opened(field, value):
    return str(field.opened(value) if field and value else value)


def still_there(words=SAYS_WHO):
    kept = whole_database()
    return {word for word in words if word in kept}


def export(patient):
    said = StringIO()
    call_command("patient_export", patient.pk, stdout=said)
    return said.getvalue()


def erase(patient, *arguments):
    said = StringIO()
    call_command("patient_erase", patient.pk, *arguments, stdout=said)
    return said.getvalue()


def test_the_scene_keeps_every_word(jane):
    assert still_there() == SAYS_WHO


def test_somebody_reads_all_that_is_kept_of_them(jane):
    said = export(jane)

    assert {word for word in SAYS_WHO if word not in said} == set()
    kept = json.loads(said)
    assert [one["body"] for one in kept["replies"]] == ["Oldname here, yes"]
    assert len(kept["texts"]) == Message.objects.count() > 0
    assert kept["wants no texts"] is True
    assert {one["exam"] for one in kept["referral"]} == {"an MRI scan of your knee"}
    assert kept["audit entry"], "who looked at it"
    code = jane.referrals.get().code
    assert code in whole_database()
    assert code not in said, "it opens her booking"
    assert f"{code[:4]} {code[4:]}" not in said
    assert AuditEntry.objects.get(action="table taken as a file").detail == {
        "table": "a patient’s own data"
    }


def test_nobody_elses_is_in_it(jane, make_referral):
    tom = make_referral(code="3XRD7JQF", given_name="Tom", mobile=MOBILE).patient

    said = export(jane)

    assert "Tom" not in said
    assert json.loads(said)["replies"] == [], "nobody knows which of the two wrote"
    assert "Fellthwaite" not in export(tom)


def test_every_table_that_leads_to_a_patient_is_read_or_said_why_not():
    labels = {model._meta.label for model in personal_data.holdings()}

    assert not labels & set(personal_data.NOT_THEIRS)
    assert {
        "booking.Answer", "booking.AuditEntry", "booking.Call", "booking.Merge", "booking.Note",
        "insights.Travelled",
    } <= labels  # fmt: skip


@pytest.mark.parametrize(
    ("still", "says"),
    [
        (lambda: Referral.objects.update(ended_at=None, end_reason=""), "A referral is open"),
        (lambda: Appointment.objects.update(status="booked"), "an appointment to come"),
        (lambda: WorklistRow.objects.update(closed_at=None), "on a list"),
    ],
)
def test_nobody_is_erased_while_care_goes_on(still, says, over, now):
    WorklistRow.objects.create(
        kind="needs_person", referral=over.referrals.get(), about="x", reason="Phone.",
        opened_at=now, due_at=now, closed_at=now, outcome="resolved",
    )  # fmt: skip
    still()

    with pytest.raises(CommandError, match=says):
        erase(over, "--do", "--reason", "asked")
    assert still_there() == SAYS_WHO


def test_without_do_nothing_happens(over):
    said = erase(over)

    assert "1 contacts" in said
    assert "Nothing was erased: add --do." in said
    assert still_there() == SAYS_WHO
    assert not AuditEntry.objects.filter(action="personal data erased").exists()


def test_it_is_not_done_without_a_reason(over):
    with pytest.raises(CommandError, match="Say who decided"):
        erase(over, "--do", "--reason", " ")


def test_before_its_years_are_over_the_record_stays_and_what_is_beside_it_goes(over, clock_at):
    clock_at(timedelta(days=30))

    said = erase(over, "--do", "--reason", "asked for on 24.12.2026")

    assert "The record of care is kept until" in said
    assert not OtherPhone.objects.exists()
    assert not Contact.objects.exists()
    assert still_there({"900461", "jane@fellthwaite", "1229 555123"}) == set()
    over.refresh_from_db()
    assert (over.family_name, over.nhs_number) == ("Fellthwaite", "9000000009")
    assert Note.objects.get().text == "Aunt Agatha rings twice"
    assert not Message.objects.exclude(body="").exists()
    assert OptOut.objects.exists(), "who wants no texts gets none"
    entry = AuditEntry.objects.get(action="personal data erased")
    assert entry.detail == {"reason": "asked for on 24.12.2026", "whole": False}


def test_after_its_years_nothing_says_who_it_was(over, clock_at):
    clock_at(YEARS)
    code = over.referrals.get().code

    erase(over, "--do", "--reason", "years over")

    assert still_there() == set()
    assert not NameWord.objects.filter(patient=over).exists()
    assert Referral.objects.get().code != code
    over.refresh_from_db()
    assert (over.name, over.born) == ("erased", date(1961, 1, 1))
    assert Appointment.objects.get().status == "attended", "what was done is still counted"
    assert AuditEntry.objects.filter(patient=over).count() > 1


@pytest.fixture
def clock_at(now):
    travellers = []

    def clock_at(later):
        travellers.append(time_machine.travel(now + later, tick=False))
        travellers[-1].start()

    yield clock_at
    for one in travellers:
        one.stop()


def test_a_childs_record_is_kept_until_25(over, now):
    before = erasing.kept_until(over.records)
    over.born = date(2020, 2, 29)

    assert before == date(2034, 11, 27)
    assert erasing.kept_until([over]) == date(2045, 3, 1)


def test_of_a_joined_record_the_kept_one_is_meant(over):
    lost = Patient.objects.get(merged_into=over)

    assert "Fellthwaite" in export(lost)
    assert '"given_name": "Jane-Marie"' in export(lost)


@pytest.mark.parametrize("command", ["patient_export", "patient_erase"])
def test_a_number_that_nobody_has_is_said(command, db):
    with pytest.raises(CommandError, match="There is no patient"):
        call_command(command, 4711)
