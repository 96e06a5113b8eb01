"""Queries that are written once: each time the rows of its own values, on any database."""

import threading
from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.db.models import BigIntegerField, Count, DateTimeField, Q, TextField

from booking.models import Patient, Referral, Slot
from times.together import fetch, read, rows_of
from times.written import Written


@pytest.fixture
def made():
    return []


@pytest.fixture
def of_patient(made):
    def make(pk):
        made.append(pk)
        return Referral.objects.select_related("patient", "exam").filter(patient_id=pk)

    return Written(make, pk=BigIntegerField())


def test_each_time_the_rows_of_its_own_values_and_written_once(of_patient, made, jane, tom):
    asked = [fetch([of_patient(pk=one.patient_id)])[0] for one in (jane, tom, jane)]

    assert [[row.pk for row in rows] for rows in asked] == [[jane.pk], [tom.pk], [jane.pk]]
    assert len(made) == 1


def test_rows_are_whole_and_of_the_moment(of_patient, jane, django_assert_num_queries):
    fetch([of_patient(pk=jane.patient_id)])
    Patient.objects.filter(pk=jane.patient_id).update(family_name="O’Brien %s", needs=["carer"])

    with django_assert_num_queries(1):
        ((found,),) = fetch([of_patient(pk=jane.patient_id)])
        said = (found.patient.family_name, found.patient.needs, found.exam.code)

    assert said == ("O’Brien %s", ["carer"], jane.exam.code)
    assert found.created_at == Referral.objects.get(pk=jane.pk).created_at
    assert not found._state.adding
    assert found._state.db == "default"


def test_beside_others_it_is_one_statement(of_patient, jane, tom, django_assert_num_queries):
    fetch([of_patient(pk=0)])

    with django_assert_num_queries(1):
        first, patients, second = fetch([
            of_patient(pk=jane.patient_id), Patient.objects.order_by("pk"),
            of_patient(pk=tom.patient_id),
        ])  # fmt: skip

    assert ([one.pk for one in first], [one.pk for one in second]) == ([jane.pk], [tom.pk])
    assert [one.pk for one in patients] == [jane.patient_id, tom.patient_id]


@pytest.mark.parametrize("hours", [-1, 0, 1])
def test_moments_lists_and_words_are_taken_as_the_field_says(make_slot, now, hours):
    slot = make_slot()
    late = Written(
        lambda at, name: (
            Slot.objects.filter(start__lt=at, modality=name, seat=0)
            .values("modality")
            .annotate(early=Count("pk", filter=Q(end__lt=at)))
            .values_list("modality", "early")
        ),
        at=DateTimeField(), name=TextField(),
    )  # fmt: skip
    at = slot.start + timedelta(hours=hours)

    found = read(rows_of(late(at=at, name=slot.modality)))

    alone = Slot.objects.filter(start__lt=at, modality=slot.modality)
    assert found == ([(slot.modality, alone.filter(end__lt=at).count())] if hours > 0 else [])
    assert read(rows_of(late(at=at, name="x' OR 1=1 --"))) == []


def test_a_query_that_can_have_no_rows_has_none(db):
    nobody = Written(lambda pk: Patient.objects.none().filter(pk=pk), pk=BigIntegerField())

    assert fetch([nobody(pk=1)]) == [[]]
    assert fetch([nobody(pk=1), User.objects.all()]) == [[], []]


@pytest.mark.parametrize("values", [{}, {"pk": 1, "other": 2}, {"other": 2}])
def test_all_places_and_no_others_are_filled(of_patient, values):
    with pytest.raises(TypeError, match="pk"):
        of_patient(**values)


@pytest.mark.django_db(transaction=True)
def test_threads_ask_at_once_and_each_reads_its_own(of_patient, make_referral):
    people = [make_referral(code=f"2222222{letter}") for letter in "BCDFGHJK"]
    ready, found = threading.Barrier(len(people)), {}

    def ask(one):
        ready.wait()
        found[one.pk] = [
            [row.pk for row in fetch([of_patient(pk=one.patient_id)])[0]] for _ in range(20)
        ]
        connection.close()

    threads = [threading.Thread(target=ask, args=(one,)) for one in people]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert found == {one.pk: [[one.pk]] * 20 for one in people}


def test_the_account_of_whoever_is_signed_in_is_written_once(jane, make_staff, client, monkeypatch):
    """At every request of staff's: to write its queries took longer than to ask them."""
    staff = make_staff()
    client.force_login(staff.user)
    client.get("/staff/lists/")
    written = []
    monkeypatch.setattr("times.written.write", lambda query: written.append(query))

    assert client.get("/staff/lists/").status_code == 200

    assert written == []
