"""Several queries as one statement: the same rows as each by itself would have, on any database."""

import uuid
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal

import pytest
from django.contrib.auth.models import User
from django.db.models import (
    Case,
    Count,
    DecimalField,
    DurationField,
    Exists,
    F,
    FloatField,
    JSONField,
    OuterRef,
    TimeField,
    UUIDField,
    Value,
    When,
)
from django.db.models.functions import Coalesce

from booking.models import Appointment, Note, OtherPhone, Patient, Referral, Slot
from sites.models import Site, Trust
from times.together import attach, beside, fetch, first_of, nothing, read, rows_of


def values(row):
    return {name: value for name, value in vars(row).items() if name != "_state"}


@pytest.mark.parametrize("model", [Patient, Referral, Slot, Site, Trust, User])
def test_rows_are_as_each_query_by_itself_has_them(model, jane, tom, make_slot, make_staff, now):
    """Text, keys, dates, instants, JSON, numbers, booleans and NULLs."""
    make_staff()
    make_slot(free_at=None, hold_limit=now + timedelta(microseconds=7), held_by=jane)
    make_slot(line_digest=-(2**63), hour=10)
    Patient.objects.filter(pk=tom.patient_id).update(
        needs=["wheelchair", "é”\\"], died_at=now, family_name="O’Brien “x” \t %s"
    )
    query = model.objects.order_by("-pk")
    alone = list(query)

    found, others = fetch([query, Patient.objects.order_by("pk")])

    assert alone
    assert [values(row) for row in found] == [values(row) for row in alone]
    assert [[type(one) for one in vars(row).values()] for row in found] == [
        [type(one) for one in vars(row).values()] for row in alone
    ]
    assert [row.pk for row in others] == [jane.patient_id, tom.patient_id]
    assert all(not row._state.adding and row._state.db == "default" for row in found)


def test_one_statement_however_many_there_are(jane, tom, django_assert_num_queries):
    queries = [Patient.objects.filter(pk=one.patient_id) for one in (jane, tom)]
    with django_assert_num_queries(1):
        found = fetch([*queries, Patient.objects.none(), Slot.objects.filter(pk__in=[])])
    assert [[one.given_name for one in some] for some in found] == [["Jane"], ["Tom"], [], []]
    with django_assert_num_queries(0):
        assert fetch([Patient.objects.none(), Slot.objects.none()]) == [[], []]


def test_what_is_joined_counted_and_worked_out_comes_with_its_row(jane, tom, make_slot, now):
    slot = make_slot()
    Appointment.objects.create(
        reference="4JX7", referral=jane, slot=slot, site=slot.site, start=slot.start, end=slot.end,
        status="booked", booked_at=now, changed_at=now,
    )  # fmt: skip
    booked = Exists(Appointment.objects.filter(referral=OuterRef("pk")))
    query = (
        Referral.objects.select_related("patient__merged_into", "exam", "trust")
        .annotate(booked=booked, count=Count("appointments"), rank=Case(When(pk=0, then=7)))
        .order_by("-booked", "pk")
    )

    found, _ = fetch([query, Slot.objects.all()])

    assert [(one.patient.given_name, one.booked, one.count) for one in found] == [
        ("Jane", True, 1),
        ("Tom", False, 0),
    ]
    assert found[0].exam == jane.exam
    assert found[0].patient.merged_into is None
    assert found[0].rank is None


def test_values_of_every_kind_that_is_read(jane, tom):
    worked_out = {
        "price": Value(Decimal("12345.6789"), DecimalField(max_digits=12, decimal_places=4)),
        "far": Value(0.1 + 0.2, FloatField()),
        "at": Value(datetime(2026, 11, 24, 10, 0, 0, 1, tzinfo=UTC)),
        "on": Value(date(2026, 2, 28)),
        "opens": Value(time(9, 30), TimeField()),
        "key": Value(uuid.UUID(int=7), UUIDField()),
        "said": Value({"a": [1, 0.5, None]}, JSONField()),
    }
    query = Patient.objects.filter(pk=jane.patient_id).annotate(**worked_out)
    alone = query.values_list(*worked_out).get()

    lines, flat = fetch(
        [
            query.values_list(*worked_out),
            Patient.objects.order_by("pk").values_list("pk", flat=True),
        ]
    )

    assert lines == [alone]
    assert [type(one) for one in lines[0]] == [type(one) for one in alone]
    assert flat == [jane.patient_id, tom.patient_id]


def test_the_order_is_each_querys_own_and_a_slice_is_kept(make_slot):
    for hour in (16, 9, 12, 8, 15):
        make_slot(hour=hour)
    late, early, whose = fetch(
        [
            Slot.objects.order_by("-start")[:2],
            Slot.objects.order_by("start", "pk")[1:3],
            Slot.objects.order_by("site__name").values("site").annotate(n=Count("pk")),
        ]
    )
    assert [slot.start.hour for slot in late] == [16, 15]
    assert [slot.start.hour for slot in early] == [9, 12]
    assert [one["n"] for one in whose] == [5]


def test_distinct_by_an_order_that_is_not_shown(jane, tom):
    query = Patient.objects.order_by("-born", "pk").values_list("given_name", flat=True).distinct()
    assert fetch([query, query]) == [["Jane", "Tom"], ["Jane", "Tom"]]


def test_a_kind_that_nobody_has_tried_is_refused(jane):
    query = Patient.objects.annotate(long=Value(timedelta(1), DurationField()))
    with pytest.raises(TypeError, match="DurationField"):
        fetch([query, query])


def names(letter):
    rows = yield from rows_of(Patient.objects.filter(given_name__startswith=letter))
    numbers = yield from rows_of(OtherPhone.objects.filter(patient__in=rows).order_by("pk"))
    attach(rows, numbers, "other_phones", by="patient_id")
    return rows


def test_parts_that_ask_beside_each_other_take_as_many_statements_as_the_longest(
    jane, tom, django_assert_num_queries
):
    for number in ("+441632960001", "+441632960002"):
        OtherPhone.objects.create(patient=jane.patient, number=number)
    first = first_of(Patient.objects.order_by("-pk"))
    none = first_of(Note.objects.order_by("pk"))

    with django_assert_num_queries(2):
        janes, toms, last, note, seven = read(
            beside(names("J"), names("T"), first, none, nothing(7))
        )
        phones = [one.number for one in janes[0].other_phones.all()]
        assert list(toms[0].other_phones.all()) == []

    assert phones == ["+441632960001", "+441632960002"]
    assert (last, note, seven) == (tom.patient, None, 7)
    assert read(nothing("known")) == "known"


def test_what_changed_since_is_seen(jane):
    query = Patient.objects.order_by("pk").annotate(sure=Coalesce(F("mobile"), Value("")))
    before, _ = fetch([query, query])
    Patient.objects.update(mobile="")
    after, _ = fetch([query, query])
    assert (before[0].sure, after[0].sure) == ("+447700900461", "")
