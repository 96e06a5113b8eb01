"""What need not be kept goes on its day and not before; nobody in care, and nobody held."""

from datetime import UTC, date, datetime, timedelta
from io import StringIO

import pytest
import time_machine
from django.core.management import CommandError, call_command

from booking.identifiers.actors import CLOCK
from booking.models import (
    Appointment,
    AuditEntry,
    Contact,
    LegalHold,
    Note,
    Patient,
    Referral,
    WorklistRow,
)  # fmt: skip
from booking.patients import erasing, legal_holds, purging
from booking.patients.purging import Rule
from booking.patients.tasks import purge as nightly

LAST = datetime(2026, 11, 24, 10, tzinfo=UTC)
MOBILE = "+447700900461"


def at(year, month, day, hour=3):
    return datetime(year, month, day, hour, tzinfo=UTC)


@pytest.fixture
def somebody(make_referral, make_staff):
    """Make somebody whose care was over at a moment."""

    def make(code="7KQ49CRB", *, ended=LAST, **fields):
        referral = make_referral(code=code, **{"mobile": MOBILE, **fields})
        patient = referral.patient
        Contact.objects.create(patient=patient, key="aunt", name="Aunt Agatha", phone="")
        Referral.objects.filter(pk=referral.pk).update(
            created_at=ended, ended_at=ended, end_reason="attended"
        )
        Patient.objects.filter(pk=patient.pk).update(created_at=ended)
        WorklistRow.objects.filter(referral=referral).update(closed_at=ended, outcome="attended")
        return Patient.objects.get(pk=patient.pk)

    return make


def purge(now):
    return purging.purge(now=now, actor=CLOCK)


def people(found):
    return dict(found.people)


@pytest.mark.parametrize(
    ("now", "expected"),
    [
        (at(2027, 11, 23), {}),
        (at(2027, 11, 24), {Rule.BESIDE: 1}),
        (at(2034, 11, 23), {Rule.BESIDE: 1}),
        (at(2034, 11, 24), {Rule.RECORD: 1}),
    ],
)
def test_each_rule_begins_on_its_day(somebody, now, expected):
    jane = somebody(born=date(1961, 3, 12))

    assert people(purging.look(now=now)) == expected
    assert people(purge(now)) == expected
    jane.refresh_from_db()
    assert (jane.mobile == "") is bool(expected)
    assert (jane.family_name == erasing.GONE) is (Rule.RECORD in expected)
    assert people(purge(now)) == {}, "what was done is not done again"


def test_the_day_is_englands(somebody):
    somebody(ended=at(2026, 6, 30, 23), born=date(1961, 3, 12))  # 1 July in England

    assert people(purging.look(now=at(2034, 6, 30, 22))) == {Rule.BESIDE: 1}
    assert people(purging.look(now=at(2034, 6, 30, 23))) == {Rule.RECORD: 1}


@pytest.mark.parametrize(
    ("born", "day_before", "day"),
    [
        (date(2015, 5, 5), at(2040, 5, 4), at(2040, 5, 5)),
        (date(2016, 2, 29), at(2041, 2, 28), at(2041, 3, 1)),  # 2041 has no 29 February
        (date(2004, 5, 5), at(2034, 11, 23), at(2034, 11, 24)),  # 25 before the eight years
    ],
)
def test_a_childs_record_stays_until_the_25th_birthday(somebody, born, day_before, day):
    somebody(born=born)

    assert Rule.RECORD not in people(purging.look(now=day_before))
    assert people(purging.look(now=day)) == {Rule.RECORD: 1}


def test_what_ended_on_29_february_stays_until_1_march(somebody):
    somebody(ended=at(2028, 2, 29), born=date(1961, 3, 12))

    assert people(purging.look(now=at(2029, 2, 28))) == {}
    assert people(purging.look(now=at(2029, 3, 1))) == {Rule.BESIDE: 1}
    assert people(purging.look(now=at(2036, 2, 28))) == {Rule.BESIDE: 1}
    assert people(purging.look(now=at(2036, 2, 29))) == {Rule.RECORD: 1}


def open_again(patient, *_):
    patient.referrals.update(ended_at=None, end_reason="")


def on_a_list(patient, *_):
    WorklistRow.objects.create(
        kind="needs_person", referral=patient.referrals.get(), about="x", reason="Phone.",
        opened_at=LAST, due_at=LAST,
    )  # fmt: skip


def time_to_come(patient, slot):
    now = at(2036, 1, 1)
    Appointment.objects.create(
        reference="A7KQ49CRB", referral=patient.referrals.get(), slot=slot, site=slot.site,
        start=now + timedelta(hours=1), end=now + timedelta(hours=2), status="booked",
        booked_at=LAST, changed_at=LAST,
    )  # fmt: skip


@pytest.mark.parametrize("still", [open_again, on_a_list, time_to_come])
def test_nobody_goes_while_care_goes_on(somebody, make_slot, still):
    jane = somebody(born=date(1961, 3, 12))
    still(jane, make_slot())

    assert people(purging.look(now=at(2036, 1, 1))) == {}
    assert people(purge(at(2036, 1, 1))) == {}
    jane.refresh_from_db()
    assert jane.mobile == MOBILE


def test_who_comes_in_between_look_and_lock_is_left(somebody, monkeypatch):
    jane = somebody(born=date(1961, 3, 12))
    locked = purging.lock_patient
    monkeypatch.setattr(purging, "lock_patient", lambda key: (locked(key), open_again(jane)))

    assert people(purge(at(2036, 1, 1))) == {}
    jane.refresh_from_db()
    assert jane.family_name != erasing.GONE


def hold(patient, *arguments):
    said = StringIO()
    call_command("legal_hold", patient.pk, "--who", "the records manager", "--reason",
                 "public inquiry", *arguments, stdout=said)  # fmt: skip
    return said.getvalue()


def test_a_legal_hold_keeps_a_record_through_its_last_day(somebody):
    jane = somebody(born=date(1961, 3, 12))
    with time_machine.travel(LAST, tick=False):
        hold(jane, "--until", "2036-01-01")

    found = purge(at(2036, 1, 1))
    assert (people(found), found.held) == ({}, 1)
    assert purging.look(now=at(2036, 1, 1)).held == 1
    with pytest.raises(erasing.OnHoldError):
        erasing.erase(jane, reason="asked", now=at(2036, 1, 1), actor=CLOCK)
    assert people(purge(at(2036, 1, 2))) == {Rule.RECORD: 1}
    entry = AuditEntry.objects.get(action="legal hold set")
    assert entry.patient == jane
    assert entry.detail == {
        "who": "the records manager", "reason": "public inquiry", "until": "2036-01-01",
    }  # fmt: skip


def test_a_hold_without_a_last_day_stands_until_it_is_lifted(somebody):
    jane = somebody(born=date(1961, 3, 12))
    hold(jane)
    assert purge(at(2060, 1, 1)).held == 1

    hold(jane, "--lift")
    assert people(purge(at(2060, 1, 1))) == {Rule.RECORD: 1}
    assert AuditEntry.objects.get(action="legal hold lifted").patient == jane
    assert LegalHold.objects.get().lifted_at is not None
    with pytest.raises(CommandError, match="Nothing holds this record"):
        hold(jane, "--lift")


@pytest.mark.parametrize(("who", "reason"), [(" ", "why"), ("who", " "), ("x" * 101, "why")])
def test_a_hold_needs_who_and_why(somebody, who, reason):
    with pytest.raises(legal_holds.HoldRefusedError):
        legal_holds.put(somebody(), who=who, reason=reason, until=None, now=LAST, actor=CLOCK)
    with pytest.raises(legal_holds.HoldRefusedError, match="last day is over"):
        legal_holds.put(
            Patient.objects.get(), who="w", reason="r", until=date(2026, 11, 23), now=LAST,
            actor=CLOCK,
        )  # fmt: skip
    assert not LegalHold.objects.exists()


def test_joined_records_go_and_are_held_as_one(somebody):
    jane = somebody(born=date(1961, 3, 12))
    lost = Patient.objects.create(given_name="J", family_name="Fell", born=date(2015, 5, 5))
    Patient.objects.filter(pk=lost.pk).update(created_at=LAST, merged_into=jane)
    with time_machine.travel(LAST, tick=False):
        hold(lost)
    assert LegalHold.objects.get().patient == jane

    # The longer of the two: the other's 25th birthday.
    assert purge(at(2040, 5, 4)).held == 1
    with time_machine.travel(LAST, tick=False):
        hold(lost, "--lift")
    assert people(purge(at(2040, 5, 4))) == {Rule.BESIDE: 1}
    assert people(purge(at(2040, 5, 5))) == {Rule.RECORD: 1}
    assert set(Patient.objects.values_list("family_name", flat=True)) == {erasing.GONE}


def test_who_comes_back_later_is_looked_at_again(somebody):
    jane = somebody(born=date(1961, 3, 12))
    assert people(purge(at(2027, 11, 24))) == {Rule.BESIDE: 1}
    Patient.objects.filter(pk=jane.pk).update(mobile=MOBILE)
    again = at(2029, 1, 10)
    jane.referrals.update(created_at=again, ended_at=again)

    assert people(purge(at(2030, 1, 9))) == {}
    assert people(purge(at(2030, 1, 10))) == {Rule.BESIDE: 1}
    jane.refresh_from_db()
    assert jane.mobile == ""


def test_it_goes_on_where_it_was_stopped(somebody, monkeypatch):
    for code in ("7KQ49CRB", "3XRD7JQF", "4HHK7C2M"):
        somebody(code, born=date(1961, 3, 12))
    monkeypatch.setattr(purging, "BATCH", 2)
    erase, left = erasing.erase, [1]

    def stops(*words, **said):
        if not left.pop() if left else True:
            raise KeyboardInterrupt
        return erase(*words, **said)

    monkeypatch.setattr(purging.erasing, "erase", stops)
    with pytest.raises(KeyboardInterrupt):
        purge(at(2036, 1, 1))
    assert Patient.objects.filter(family_name=erasing.GONE).count() == 1

    monkeypatch.setattr(purging.erasing, "erase", erase)
    assert people(purge(at(2036, 1, 1))) == {Rule.RECORD: 2}
    assert AuditEntry.objects.filter(action="personal data erased").count() == 3


def test_the_command_says_what_would_go_and_only_do_does_it(somebody, make_staff):
    jane = somebody(born=date(1961, 3, 12))
    user = make_staff(username="carol").user
    Note.objects.create(patient=jane, user=user, at=LAST, text="Rings twice")
    with time_machine.travel(at(2036, 1, 1), tick=False):
        said = StringIO()
        call_command("purge", stdout=said)
        assert "1 people, purge: the years of the record are over" in said.getvalue()
        assert "1 contacts" in said.getvalue()
        assert "1 notes" in said.getvalue()
        assert "Nothing was erased: add --do." in said.getvalue()
        assert Note.objects.get().text == "Rings twice"

        call_command("purge", "--do", stdout=StringIO())
        assert Note.objects.get().text == erasing.GONE


@pytest.mark.parametrize("is_on", [True, False])
def test_each_night_only_if_the_trust_says_so(somebody, settings, is_on):
    somebody(born=date(1961, 3, 12))
    settings.PURGE_DAILY = is_on
    with time_machine.travel(at(2036, 1, 1), tick=False):
        nightly()

    assert Patient.objects.filter(family_name=erasing.GONE).exists() is is_on
    entries = AuditEntry.objects.filter(action="personal data erased")
    assert [one.actor for one in entries] == [str(CLOCK)] * is_on
