"""A scan in two visits on two machines: what becomes of it when the second can do less."""

import pytest
from django.db import transaction

from booking.appointments import booking, holds
from booking.exchange.feeds import abilities_changed
from booking.models import Exam, Patient, Referral, Schedule, Slot, WorklistRow
from booking.referrals import exam_change
from sites import places
from sites.imports import apply
from sites.models import Scanner


@pytest.fixture
def second(furness):
    """Another MRI scanner at Furness. Both have a hoist and can give a dye."""
    second = Scanner.objects.create(site=furness, modality="MR", name="MR 2", code="furness-2")
    Scanner.objects.filter(modality="MR").update(hoist=True, contrast=True)
    places.forget()
    return second


@pytest.fixture
def made(furness, second, jane, make_slot, now):
    """Jane, who needs a hoist, is at the first machine at 9am and at the second at midday."""
    Exam.objects.update(visits=2, second_minutes=30, gap_min_minutes=120, gap_max_minutes=240)
    Patient.objects.filter(pk=jane.patient_id).update(needs=["hoist"])
    jane.refresh_from_db()
    first, later = make_slot(hour=9), make_slot(hour=12)
    machine = Scanner.objects.get(site=furness, modality="MR", name="MR 1")
    Schedule.objects.filter(pk=first.schedule_id).update(scanner=machine)
    of_second = Schedule.objects.create(
        trust_id="RTX", external_id="second", site=furness, modality="MR", scanner=second,
        fed_at=now,
    )  # fmt: skip
    Slot.objects.filter(pk=later.pk).update(schedule=of_second)
    holds.hold(jane, first.pk, now=now)
    made = booking.book(jane, first.pk, now=now, actor="patient")
    assert made.slot_ids() == [first.pk, later.pk]
    return made


def reasons():
    rows = WorklistRow.objects.filter(kind="needs_person", closed_at=None)
    return [reason.split(".")[0] for reason in rows.values_list("reason", flat=True)]


def test_the_second_machine_that_can_do_less_is_seen_to(made, second):
    row = {"what": "scanner", "id": second.code, "name": second.name, "modality": "MR",
           "site": "furness", "hoist": "no"}  # fmt: skip

    apply.apply([(1, row)])

    assert reasons() == ["There is no hoist there to lift people onto the scanner"]


def test_so_is_a_schedule_of_it_that_is_at_another_machine_now(made, furness, now):
    schedule = made.further()[0].slot.schedule
    other = Scanner.objects.create(site=furness, modality="MR", name="MR 3", hoist=False)

    with transaction.atomic(), abilities_changed.watched(schedule.pk, now=now):
        Schedule.objects.filter(pk=schedule.pk).update(scanner=other)

    assert reasons() == ["There is no hoist there to lift people onto the scanner"]


def test_another_exam_that_the_second_machine_cannot_do_is_cancelled(made, second, jane, now):
    Scanner.objects.filter(pk=second.pk).update(contrast=False)
    dye = Exam.objects.get(pk=jane.exam_id)
    dye.pk, dye.code, dye.contrast = None, "dye", "gadolinium"
    dye.save()

    with transaction.atomic():
        referral = Referral.objects.select_for_update().get(pk=jane.pk)
        exam_change.change_exam(referral, dye, now=now, actor="key ab")

    made.refresh_from_db()
    assert made.status == "cancelled"
