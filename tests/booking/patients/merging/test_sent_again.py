"""Referrals that come in of somebody who is here already, or was joined."""

from datetime import timedelta

import pytest
from django.db import transaction

from booking.models import (
    Patient,
    Referral,
    WorklistRow,
)
from booking.patients import same_person
from booking.referrals import intake, submission
from booking.worklists import chasing, rows, subjects
from tests.booking.patients.merging.conftest import HERS, asked, join


@pytest.mark.parametrize(
    ("here", "sent", "is_asked"),
    [
        ("9990000018", {}, True),
        (None, {"nhs_number": "9990000026"}, True),
        (None, {}, True),
        (None, {"given_name": "Jane Mary"}, True),
        ("9990000018", {"nhs_number": "9990000026"}, False),
        ("9990000018", {"born": "13/3/1961"}, False),
        ("9990000018", {"given_name": "Joan"}, False),
        ("9990000018", {"family_name": "Hill"}, False),
    ],
)
def test_a_likely_match_is_taken_and_asked_about(send, jane, here, sent, is_asked):
    Patient.objects.filter(pk=jane.patient_id).update(nhs_number=here)

    referral = send(**sent)

    assert referral.patient_id != jane.patient_id  # nobody waits
    assert [row.referral for row in asked()] == ([referral] if is_asked else [])


def test_the_same_number_is_the_same_person_and_nobody_is_asked(send, jane):
    assert send(nhs_number="9990000018").patient == jane.patient
    assert asked() == []


def test_asked_first_nothing_is_saved_until_somebody_says_who_it_is(send, jane):
    with pytest.raises(intake.LikelySame) as likely:
        send(whose=intake.Whose.ASK)

    assert likely.value.patients == [jane.patient]
    assert Referral.objects.count() == 1
    assert send(whose=jane.patient).patient == jane.patient
    assert send("N2", whose=intake.Whose.NEW, clock_start="2026-11-21").patient != jane.patient
    assert asked() == []


def test_two_people_are_not_asked_about_again(send, jane, now):
    other = send().patient
    assert same_person.alike(jane.patient) == [other]

    rows.close_row(asked()[0], "two_people", now=now, actor="staff 1")

    assert same_person.alike(jane.patient) == same_person.alike(other) == []


@pytest.mark.parametrize("topic", ["same", "twice", "clash"])
def test_what_is_said_of_a_pair_puts_no_call_off(send, jane, now, topic):
    referral = send()
    Referral.objects.filter(pk=referral.pk).update(created_at=now - timedelta(days=3))

    row = asked()[0]
    if topic != "same":
        subject = subjects.of_two_requests(subjects.Topic(topic), referral, jane)
        with transaction.atomic():
            row = rows.open_row(rows.Kind.NEEDS_PERSON, subject, "Ask", now=now, actor="staff 1")
    rows.close_row(row, "two_people" if topic == "same" else "reached", now=now, actor="staff 1")
    chasing.open_due_rows(now=now)

    assert WorklistRow.objects.filter(kind="not_booked", referral=referral).exists()


def test_joined_the_row_is_closed_and_either_may_be_sent_again(send, jane, now):
    other = send(mobile="07700900462")

    join(jane.patient, other.patient, now)

    assert asked() == []
    assert WorklistRow.objects.get(kind="same_person").outcome == "one_person"
    again = send(mobile="07700900462", given_name="Jane", urgency="suspected_cancer")
    assert (again.pk, again.patient, again.urgency) == (other.pk, jane.patient, "suspected_cancer")
    new = send("N3", nhs_number="9990000018", clock_start="2026-11-22")
    by_phone = send("N4", mobile="07700900462", clock_start="2026-11-23")
    assert {new.patient, by_phone.patient} == {jane.patient}
    assert Patient.objects.get(pk=jane.patient_id).mobile == HERS


@pytest.mark.parametrize("nhs_number", ["9990000018", ""], ids=["the number", "the phone"])
def test_a_trust_sends_again_with_the_birthday_that_was_not_kept(send, jane, now, nhs_number):
    theirs = {"born": "1961-03-21", "nhs_number": nhs_number, "mobile": "07700900462"}
    Patient.objects.filter(pk=jane.patient_id).update(nhs_number=None)
    other = send(**theirs)

    join(jane.patient, other.patient, now, "nhs_number")

    again = send(**theirs, urgency="suspected_cancer")
    assert (again.pk, again.patient) == (other.pk, jane.patient)
    by_the_kept = send("N2", nhs_number=nhs_number, mobile="07700900461", clock_start="2026-11-22")
    assert by_the_kept.patient == jane.patient
    if nhs_number:
        with pytest.raises(submission.Conflict):
            send("N3", nhs_number=nhs_number, born="1961-03-30")
