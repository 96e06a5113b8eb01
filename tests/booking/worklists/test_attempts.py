"""Calls to a patient: what three without an answer lead to, by urgency, and that nobody is lost."""

from datetime import timedelta

import pytest
from django.db import transaction

from booking.models import Attempt, Referral, WorklistRow
from booking.referrals import urgency as urgencies
from booking.worklists import attempts, chasing, nobody_lost, rows, subjects
from tests.racing import at_once


@pytest.fixture
def row(jane, now):
    with transaction.atomic():
        about = subjects.of_referral(jane)
        return rows.open_row("not_booked", about, "Phone them.", now=now, actor="clock")


@pytest.fixture
def phone(row):
    """Phone about the row as it is now, `times` times, and return it."""

    def phone(what="no_answer", *, now, times=1, **fields):
        for _ in range(times):
            fresh = read(row)
            attempts.record(fresh, what, now=now, actor="staff 1", **fields)
        return read(row)

    return phone


def read(row):
    return WorklistRow.objects.select_related("referral__patient").get(pk=row.pk)


def make(referral, urgency):
    Referral.objects.filter(pk=referral.pk).update(urgency=urgency)


@pytest.mark.parametrize(
    ("urgency", "step", "due"),
    [
        ("routine", "letter", timedelta(days=2)),
        ("planned", "letter", timedelta(days=7)),  # five days at work, and a weekend
        ("urgent", "referrer", timedelta(days=1)),
        ("suspected_cancer", "lead", timedelta(hours=4)),
    ],
)
def test_three_calls_without_an_answer_lead_on(jane, row, phone, now, urgency, step, due):
    make(jane, urgency)
    later = now + timedelta(hours=1)

    assert phone("left_message", now=later, times=2).step == "phone"
    after = phone("wrong_number", now=later)

    assert (after.step, after.tries, after.closed_at) == (step, 3, None)
    assert after.due_at == later + due
    said = list(row.events.order_by("pk").values_list("action", "detail"))
    assert said[1:] == [
        ("tried", "Left a message"), ("tried", "Left a message"), ("tried", "Wrong number"),
        ("next", after.get_step_display()),
    ]  # fmt: skip
    made = list(Attempt.objects.values_list("what", "actor", "at"))
    assert made[0] == ("left_message", "staff 1", later)


def test_a_letter_waits_then_the_next_three_calls_go_to_who_referred(row, phone, now):
    phone(now=now, times=3)
    sent = phone("letter_sent", now=now)
    assert (sent.step, sent.tries, sent.call_at) == ("phone", 0, now + timedelta(days=7))
    assert sent.due_at == sent.call_at

    again = phone(now=now + timedelta(days=8), times=3)

    assert again.step == "referrer"
    told = phone("referrer_told", now=now + timedelta(days=8))
    assert (told.step, told.call_at) == ("phone", now + timedelta(days=15))


def test_a_call_back_waits_and_stands_last_until_its_time(row, tom, phone, now):
    with transaction.atomic():
        about = subjects.of_referral(tom)
        rows.open_row("not_booked", about, "x", now=now + timedelta(days=1), actor="clock")
    phone(now=now, times=2)
    at = now + timedelta(hours=3)

    called = phone("call_back", now=now, call_at=at)

    assert (called.tries, called.due_at, called.call_at) == (0, at, at)
    order = [one.pk for one in rows.open_rows(["RTX"], now=now)]
    assert order[-1] == row.pk
    assert [one.later for one in rows.open_rows(["RTX"], now=now)] == [0, 1]
    assert rows.counts(["RTX"], at - timedelta(minutes=1))[0][2] == 0
    assert rows.open_rows(["RTX"], now=at)[0].pk == row.pk
    assert rows.counts(["RTX"], at + timedelta(minutes=1))[0][2] == 1


@pytest.mark.parametrize(
    ("urgency", "days"),
    [("suspected_cancer", 3), ("urgent", 7), ("routine", 28), ("planned", 28)],
)
def test_a_call_back_is_to_come_and_no_further_off_than_the_scan_bears(
    jane, row, phone, now, urgency, days
):
    make(jane, urgency)
    for wrong in (None, now, now - timedelta(hours=1), now + timedelta(days=days, seconds=1)):
        with pytest.raises(attempts.CallTooLate):
            phone("call_back", now=now, call_at=wrong)

    assert phone("call_back", now=now, call_at=now + timedelta(days=days)).version == 1


def test_suspected_cancer_ends_in_no_letter_and_is_not_given_up(jane, row, phone, now):
    make(jane, "suspected_cancer")
    phone(now=now, times=5)

    for what in ("letter_sent", "referrer_told"):
        with pytest.raises(attempts.RowChanged):
            phone(what, now=now)
    assert not attempts.may_close_as(read(row), "could_not_reach")
    on = phone("phone_on", now=now)
    assert (on.step, on.tries, on.closed_at) == ("phone", 0, None)
    make(jane, "urgent")
    assert attempts.may_close_as(read(row), "could_not_reach")


def test_a_row_that_becomes_more_urgent_begins_its_calls_anew(jane, row, phone, now):
    phone(now=now, times=3)
    urgencies.change_urgency(jane, "suspected_cancer", now=now, actor="staff 1")

    raised = read(row)

    assert (raised.step, raised.tries) == ("phone", 0)
    assert phone(now=now, times=3).step == "lead"


def test_what_was_seen_before_another_press_is_refused(row, phone, now):
    seen = read(row)
    phone(now=now)

    with pytest.raises(attempts.RowChanged):
        attempts.record(seen, "no_answer", now=now, actor="staff 2")

    assert read(row).tries == 1


@pytest.mark.django_db(transaction=True)
def test_of_two_presses_at_once_one_counts(row, now):
    seen = read(row)

    def press():
        attempts.record(seen, "no_answer", now=now, actor="staff 1")

    done = at_once(*[press] * 4, refusals=attempts.RowChanged)

    assert sum(isinstance(one, attempts.RowChanged) for one in done) == 3
    assert (read(row).tries, Attempt.objects.count()) == (1, 1)


@pytest.mark.parametrize("kind", ["unmarked", "same_person", "feed_late", "feed_held"])
def test_rows_that_ask_for_no_call_take_none(jane, now, kind):
    with transaction.atomic():
        made = rows.open_row(kind, subjects.of_referral(jane), "x", now=now, actor="x")

    with pytest.raises(attempts.RowChanged):
        attempts.record(read(made), "no_answer", now=now, actor="staff 1")


def test_nobody_phones_who_died_or_whose_request_is_over(jane, row, phone, now):
    jane.patient.died_at = now
    jane.patient.save()
    with pytest.raises(attempts.RowChanged):
        phone(now=now)
    jane.patient.died_at = None
    jane.patient.save()
    rows.close_row(row, "reached", now=now, actor="staff 1")
    with pytest.raises(attempts.RowChanged):
        phone(now=now)


def test_whoever_is_written_to_is_lost_at_no_step(row, phone, now):
    moment = now
    for what, times in (("no_answer", 3), ("letter_sent", 1), ("no_answer", 3),
                        ("referrer_told", 1), ("no_answer", 2)):  # fmt: skip
        phone(what, now=moment, times=times)
        moment += timedelta(days=9)
        chasing.open_due_rows(now=moment)
        assert not nobody_lost.lost(moment).exists()
    assert WorklistRow.objects.filter(kind="not_booked", closed_at=None).get() == row
