"""What was over before referrals had ends gets one when the database is brought up to date."""

import importlib

import pytest
from django.apps import apps
from django.db import transaction

from booking.appointments import booking, holds
from booking.changes import audit
from booking.models import Appointment, Referral, WorklistRow
from booking.worklists import rows, subjects

open_row = transaction.atomic(rows.open_row)
write = transaction.atomic(audit.write)

upgrade = importlib.import_module("booking.migrations.0008_end_what_is_over")


@pytest.fixture
def book(make_slot, now):
    def book(referral, day=8):
        slot = make_slot(day=day, modality=referral.exam.modality)
        holds.hold(referral, slot.pk, now=now)
        return booking.book(referral, slot.pk, now=now, actor="patient")

    return book


def run():
    upgrade.end_what_is_over(apps, None)


def test_who_came_is_done_and_what_was_open_about_them_is_closed(jane, book, now):
    made = book(jane)
    Appointment.objects.update(status="attended")
    row = open_row("breach", subjects.of_referral(jane), "x", now=now, actor="x")

    run()

    jane.refresh_from_db()
    row.refresh_from_db()
    assert (jane.end_reason, jane.ended_at) == ("done", made.changed_at)
    assert row.outcome == "resolved"


@pytest.mark.parametrize("outcome", ["not_wanted", "sent_back"])
def test_what_a_row_said_is_over_is_over_unless_it_is_booked_since(jane, tom, book, now, outcome):
    for referral in (jane, tom):
        row = open_row(
            "not_booked",
            subjects.of_referral(referral),
            "x",
            now=now,
            actor="x",
        )
        rows.close_row(row, outcome, now=now, actor="staff 1")
    book(tom)

    run()

    assert set(Referral.objects.values_list("code", "end_reason")) == {
        (jane.code, outcome), (tom.code, ""),
    }  # fmt: skip


def test_a_cancellation_because_of_a_death_is_the_death(jane, tom, make_referral, book, now):
    other = make_referral(code="9GWP3KTY", modality="DX")
    Referral.objects.filter(pk=other.pk).update(patient=jane.patient)
    for referral in (jane, tom):
        made = book(referral)
        booking.cancel(made, 1, now=now, actor="staff 1", reason="died")
    book(tom, day=9)  # somebody had pressed the wrong reason

    run()

    ends = dict(Referral.objects.values_list("code", "end_reason"))
    assert ends == {jane.code: "died", other.code: "died", tom.code: ""}
    jane.patient.refresh_from_db()
    tom.patient.refresh_from_db()
    assert (jane.patient.died_at, tom.patient.died_at) == (now, None)
    assert not WorklistRow.objects.filter(referral__patient=jane.patient, closed_at=None).exists()


def test_what_is_not_over_stays_open(jane, tom, book, now):
    made = book(tom)
    booking.cancel(made, 1, now=now, actor="patient", reason="cannot_come")
    write("cancelled", now=now, actor="staff 1", referral=jane, reason="unwell")

    run()

    assert set(Referral.objects.values_list("end_reason", flat=True)) == {""}
