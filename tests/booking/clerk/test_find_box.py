"""One box finds the caller, however they say who they are."""

from datetime import date

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from booking.appointments import booking, holds
from booking.models import Patient
from tests.booking.clerk.conftest import text


@pytest.mark.parametrize(
    "typed",
    ["7KQ49CRB", "7kq4 9crb", "7KQ4-9CRB.", "07700 900461", "+44 7700 900461", "Fell 12 3 1961",
     "jane FELL, 12/03/1961", "Fell 12th March 1961", "1961-03-12 fell"],
)  # fmt: skip
def test_the_box_finds_by_reference_phone_and_name(clerk, jane, typed):
    answer = clerk.post("/staff/desk/", {"who": typed})

    assert answer["Location"] == f"/staff/patient/{jane.patient_id}/"


def test_the_box_finds_by_nhs_number_and_knows_a_wrong_check_digit(clerk, make_referral):
    jane = make_referral(nhs_number="9990000018")

    right = clerk.post("/staff/desk/", {"who": "999 000 0018"})
    wrong = clerk.post("/staff/desk/", {"who": "999 000 0019"})

    assert right["Location"] == f"/staff/patient/{jane.patient_id}/"
    assert wrong.status_code == 400
    assert "a digit is wrong" in text(wrong)


def test_the_box_finds_by_the_reference_of_an_appointment(clerk, jane, make_slot, now):
    slot = make_slot()
    holds.hold(jane, slot.pk, now=now)
    booked = booking.book(jane, slot.pk, now=now, actor="patient")

    answer = clerk.post("/staff/desk/", {"who": booked.reference})

    screen = f"/staff/patient/{jane.patient_id}/"
    assert answer["Location"] == f"{screen}#appointment-{booked.pk}"
    assert f'id="appointment-{booked.pk}" tabindex="-1"' in text(clerk.get(screen))


def test_the_reference_of_an_appointment_that_is_over_opens_the_screen_at_its_top(
    clerk, jane, make_slot, now
):
    slot = make_slot()
    holds.hold(jane, slot.pk, now=now)
    booked = booking.book(jane, slot.pk, now=now, actor="patient")
    booking.cancel(booked, booked.version, now=now, actor="patient")

    answer = clerk.post("/staff/desk/", {"who": booked.reference})

    assert answer["Location"] == f"/staff/patient/{jane.patient_id}/"


def test_a_code_with_signs_that_no_code_has_is_offered_and_not_opened(clerk, jane):
    answer = clerk.post("/staff/desk/", {"who": "7K04-9CRB."})

    assert answer.status_code == 200
    assert "Jane Fell" in text(answer)
    assert "one letter different" in text(answer)


@pytest.mark.parametrize(
    ("typed", "says"),
    [
        ("", "Type a reference"),
        ("12 3 1961", "Type the family name"),
        ("Fell 31 2 1961", "not a real date"),
        ("Fell 12 13 1961", "the month is a number from 1 to 12"),
        ("Fell 9999-12-31", "The date of birth must be in the past"),
        ("7KQ4 9CCC", "Nobody has this reference"),
        ("LA14 4LF", "Type the name with the postcode"),
        ("07700 900999", "Nobody has this phone"),
        ("🙂" * 400, "Type a date of birth"),
        ("' OR 1=1 -- 12 3 1961", "Nobody has this name"),
    ],
)
def test_what_the_box_does_not_understand_is_said(clerk, jane, typed, says):
    answer = clerk.post("/staff/desk/", {"who": typed})

    assert answer.status_code == 400
    assert says in text(answer)


def test_two_patients_with_one_phone_are_both_offered(clerk, jane, tom):
    page = text(clerk.post("/staff/desk/", {"who": "07700900461"}))

    assert "2 people have this phone" in page
    assert "Jane Fell" in page
    assert "Tom Fell" in page


@pytest.mark.parametrize(
    "typed", ["Fell 12/3/61", "fell 12-Mar-1961", "Fell, Jane 12031961", "12 March 1961 Fell"]
)
def test_a_date_of_birth_is_read_however_it_is_typed(clerk, jane, typed):
    answer = clerk.post("/staff/desk/", {"who": typed})

    assert answer["Location"] == f"/staff/patient/{jane.patient_id}/"


@pytest.mark.parametrize(
    ("family", "typed"),
    [
        ("O’Neill-Rahman", "o'neill rahman 12 3 1961"),
        ("O’Neill-Rahman", "ONEILLRAHMAN 12 3 1961"),
        ("van der Berg", "Van der Berg 12 3 1961"),
        ("العربية", "العربية 12 3 1961"),
        ("Núñez Müller", "nunez muller 12 3 1961"),
        ("N" * 200, "n" * 200 + " 12 3 1961"),
    ],
)
def test_names_are_found_however_they_are_typed(clerk, make_referral, family, typed):
    referral = make_referral(family_name=family)

    answer = clerk.post("/staff/desk/", {"who": typed})

    assert answer["Location"] == f"/staff/patient/{referral.patient_id}/"
    page = text(clerk.get(answer["Location"]))
    assert f"<bdi>Jane {family}</bdi>" in page


def test_a_name_cannot_write_into_the_page(clerk, make_referral):
    referral = make_referral(given_name="<script>alert(1)</script>", family_name="O'Neill\"")

    page = text(clerk.get(f"/staff/patient/{referral.patient_id}/"))

    assert "<script>alert" not in page


@pytest.mark.parametrize(
    "typed",
    ["7KQ49CRB", "9990000018", "07700900461", "Fell 12 3 1961"],
)
def test_a_find_takes_one_query(jane, typed, django_assert_num_queries):
    from booking.patients.lookup import find_patients

    Patient.objects.filter(pk=jane.patient_id).update(nhs_number="9990000018")
    with django_assert_num_queries(1):
        assert find_patients(typed).patients == [jane.patient]


def test_born_on_a_leap_day_is_found(clerk, make_referral):
    make_referral(born=date(2000, 2, 29))

    assert clerk.post("/staff/desk/", {"who": "Fell 29/2/2000"}).status_code == 302


@pytest.mark.parametrize(
    ("typed", "why"),
    [
        ("Fel 12 3 1961", "Name sounds like it, same birthday"),
        ("Fell 12 3 1962", "Same name, year of birth one off"),
        ("Fell", "Same name"),
        ("7KQ4 9CRC", "Code with one letter different"),
    ],
)
def test_one_who_is_only_like_it_is_listed_with_the_reason_and_not_opened(clerk, jane, typed, why):
    answer = clerk.post("/staff/desk/", {"who": typed})

    page = text(answer)
    assert answer.status_code == 200
    assert "1 person may be meant" in page
    assert f'href="/staff/patient/{jane.patient_id}/"' in page
    assert f">{why}<" in page


def test_a_patient_of_another_trust_is_listed_without_a_name(sign_in, other_trust, jane):
    page = text(sign_in(trusts=("RXR",)).post("/staff/desk/", {"who": "Fel 12 3 1961"}))

    assert "A patient of another trust" in page
    assert "Name sounds like it, same birthday" in page
    assert "Jane" not in page


def test_a_list_of_many_asks_once_who_may_be_opened(clerk, make_referral):
    def queries():
        with CaptureQueriesContext(connection) as asked:
            clerk.post("/staff/desk/", {"who": "Fel 12 3 1961"})
        return len(asked)

    make_referral()
    queries()
    one = queries()
    for number in range(5):
        make_referral(code=f"P000000{number}", given_name=f"Sister{number}")

    assert queries() == one


def test_the_audit_is_searched_for_who_was_named_and_not_for_who_is_like_it(sign_in, jane):
    lead = sign_in("lead")
    lead.get(f"/staff/patient/{jane.patient_id}/")

    named = text(lead.post("/staff/audit/", {"who": "Fell 12 3 1961"}))
    like = lead.post("/staff/audit/", {"who": "Fel 12 3 1961"})

    assert "<span>Viewed</span>" in named
    assert "Nobody has exactly this name" in text(like)
    assert "<span>Viewed</span>" not in text(like)
