"""What SQLite knows of its tables: by it, it chooses an index."""

from datetime import timedelta

import pytest
from django.conf import settings
from django.db import connection

from booking.appointments.choices import on_slots
from booking.models import Appointment, Referral, Slot
from booking.models.appointment import LIVE
from config.health.tasks import learn_sizes
from tests.booking.plans import plan

MANY = 200


@pytest.fixture
def full(jane, make_slot, now):
    """Many people are booked; return one of their slots."""
    slot = make_slot()
    fields = {f.attname: getattr(slot, f.attname) for f in Slot._meta.fields if f.attname != "id"}
    starts = [slot.start + timedelta(hours=number) for number in range(MANY)]
    rows = [
        Slot(**fields | {"external_id": f"many-{n}", "start": one, "end": one})
        for n, one in enumerate(starts)
    ]
    slots = Slot.objects.bulk_create(rows)
    fields = {
        f.attname: getattr(jane, f.attname) for f in Referral._meta.fields if f.attname != "id"
    }
    people = Referral.objects.bulk_create(
        Referral(**fields | {"code": f"CODE{n:04}"}) for n in range(MANY)
    )
    Appointment.objects.bulk_create(
        Appointment(
            reference=f"N{n:09}", referral=person, slot=slot, site_id=slot.site_id,
            start=slot.start, end=slot.end, status="booked", booked_at=now, changed_at=now,
        )
        for n, (person, slot) in enumerate(zip(people, slots, strict=True))
    )  # fmt: skip
    return slots[7]


@pytest.mark.skipif("connection.vendor != 'sqlite'", reason="PostgreSQL learns by itself")
def test_whose_a_slot_is_is_not_looked_for_among_all_who_are_booked(full):
    live = Appointment.objects.filter(on_slots([full.pk]), status__in=LIVE)
    sql, values = live.query.sql_with_params()
    asked = sql % tuple(f"'{value}'" if isinstance(value, str) else value for value in values)
    assert "(status=?)" in plan(asked), "or it needs no statistics"

    learn_sizes()

    assert "(status=?)" not in plan(asked)
    assert [one.slot_id for one in live] == [full.pk]


def test_postgresql_is_left_to_itself(db, django_assert_num_queries):
    with django_assert_num_queries(2 if connection.vendor == "sqlite" else 0):
        learn_sizes()


def test_it_is_learned_each_hour():
    tasks = [row["task"] for row in settings.CELERY_BEAT_SCHEDULE.values()]
    assert learn_sizes.name in tasks
