"""Who rings with a name of before is found, and the clerk sees that it was theirs."""

import io
from datetime import date

import pytest
from django.core.management import call_command

from booking.models import NameWord, Patient, WorklistRow
from booking.patients import same_person
from booking.patients.lookup import find_patients
from booking.referrals.submission import FormerName, ReferralInvalid
from tests.booking.clerk.conftest import clerk, clock, sign_in  # noqa: F401 - fixtures
from tests.booking.referrals.test_intake import (  # noqa: F401 - fixtures
    knee,
    post,
    resource,
    send,
)


@pytest.fixture
def jane(db):
    """Jane Fell, who was Jane Smith, Briony Fell and, as a child, Janina Kowalska."""
    return Patient.objects.create(
        given_name="Jane", family_name="Fell", born=date(1961, 3, 12), postcode="LA14 4LF",
        former_names="Smith\t\nKowalska\tJanina\nFell\tBriony",
    )  # fmt: skip


@pytest.mark.parametrize(("typed", "why"), [
    ("Smith 12 3 1961", "was Jane Smith"),
    ("Jane Smith 12/3/61", "was Jane Smith"),
    ("Smyth 12 3 1961", "was Jane Smith"),
    ("Smith LA14 4LF", "was Jane Smith"),
    ("Jane Smith", "was Jane Smith"),
    ("Janina Kowalska 12 3 1961", "was Janina Kowalska"),
    ("Kovalska 12 3 1961", "was Janina Kowalska"),
    ("Smith 13 3 1961", "was Jane Smith"),
    ("Briony Fell 12 3 1961", "was Briony Fell"),
    ("Kowalskaa", "was Janina Kowalska"),
])  # fmt: skip
def test_she_is_found_by_a_former_name_and_not_opened_by_itself(
    jane, typed, why, django_assert_max_num_queries
):
    with django_assert_max_num_queries(2):
        found = find_patients(typed)

    assert found.patients == [jane]
    assert found.matches[0].why[0] == why
    assert found.only is None
    assert found.patients[0].former_names == jane.former_names


def test_the_name_of_now_opens_her_and_says_nothing_of_before(jane):
    found = find_patients("Fell 12 3 1961")

    assert found.only == jane
    assert found.matches[0].why == ("same name", "same birthday")


def test_who_has_the_name_now_is_meant_before_who_had_it(jane):
    ann = Patient.objects.create(given_name="Ann", family_name="Smith", born=jane.born)

    found = find_patients("Smith 12 3 1961")

    assert (found.patients, found.only) == ([ann, jane], ann)


def test_former_words_follow_the_birthday_and_are_kept_when_the_name_changes(jane):
    jane.born = date(1962, 3, 12)
    jane.save(update_fields=["born"])
    assert find_patients("Smith 12 3 1962").patients == [jane]
    Patient.objects.filter(pk=jane.pk).update(family_name="Hill")
    assert find_patients("Smith 12 3 1962").patients == [jane]
    assert set(NameWord.objects.values_list("born", flat=True)) == {date(1962, 3, 12)}


def test_a_record_that_was_joined_is_found_by_its_former_names(jane):
    kept = Patient.objects.create(given_name="Jane", family_name="Fell", born=date(1961, 12, 3))
    Patient.objects.filter(pk=jane.pk).update(merged_into=kept)

    assert find_patients("Smith 12 3 1961").patients == [kept]


def test_a_fhir_referral_brings_names_of_before(post):  # noqa: F811 - the fixture
    sent = resource()
    now_is = sent["contained"][0]["name"][0]
    over = {"period": {"end": "2001-05-01"}, "family": "Marsh", "given": ["Janet"]}
    names = [{"use": "old", "family": "Smith"}, now_is, over,
             {"use": "maiden", "family": "Kowalska", "given": ["Janina"]},
             {"use": "nickname", "family": "Bell"}, {"use": "old", **now_is}]  # fmt: skip
    sent["contained"][0]["name"] = names

    answers = [post(sent).status_code, post(sent).status_code]

    patient = Patient.objects.get()
    assert answers == [201, 200]
    assert patient.family_name == now_is["family"]
    given = patient.given_name
    assert patient.names_before == [f"{given} Smith", "Janet Marsh", "Janina Kowalska"]


def test_a_file_brings_names_of_before_and_what_cannot_be_kept_is_refused(
    send,  # noqa: F811
    tmp_path,
):
    columns = {"trust": "RTX", "identifier": "R1", "given_name": "Jane", "family_name": "Fell",
               "born": "1961-03-12", "exam": "MR-KNEE", "urgency": "routine",
               "clock_start": "2026-11-02", "former_names": "Smith| Kowalska |"}  # fmt: skip
    file = tmp_path / "referrals.csv"
    file.write_text(f"{','.join(columns)}\n{','.join(columns.values())}\n", encoding="utf-8")

    call_command("import_referrals", str(file), stdout=io.StringIO(), stderr=io.StringIO())

    assert Patient.objects.get().former_names == "Smith\t\nKowalska\t"
    for name in ("x" * 201, "Smi\0th"):
        with pytest.raises(ReferralInvalid) as refused:
            send(identifier="R2", former_names=(FormerName("", name),))
        assert list(refused.value.errors) == ["former_names"]


def test_the_clerk_sees_that_the_name_was_hers(jane, clerk):  # noqa: F811
    page = clerk.post("/staff/desk/", {"who": "Smith 12 3 1961"}).content.decode()

    assert "Was Jane Smith" in page


def test_a_record_from_before_a_marriage_is_asked_about(send):  # noqa: F811
    before = Patient.objects.create(given_name="Ann", family_name="Smith", born=date(1961, 3, 12))

    referral, _ = send(former_names=(FormerName("", "Smith"),))

    row = WorklistRow.objects.get(kind="same_person")
    assert row.about == f"same:{before.pk}-{referral.patient_id}"
    assert same_person.alike(referral.patient) == [before]
