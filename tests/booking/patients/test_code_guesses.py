"""Who keeps guessing a date of birth: longer locks, staff are told, nobody is kept from ringing."""

from datetime import date, timedelta

import pytest
from django.db import transaction

from booking.appointments import booking, holds
from booking.models import CodeTries, WorklistRow
from booking.patients import code_guesses, tasks
from booking.patients.code_sign_in import (
    OF_ADDRESS,
    AddressLimited,
    CodeLocked,
    NotRecognised,
    authenticate_patient,
)
from booking.patients.reaching import tell_after_all
from booking.patients.record import text_details
from booking.worklists import rows
from tests.racing import at_once

BORN, WRONG = date(1961, 3, 12), date(1990, 1, 1)
CODE, NOBODYS = "7KQ49CRB", "9GWP3KTY"
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
CODES = pytest.mark.parametrize("code", [CODE, NOBODYS])


def guess(times, now, code=CODE):
    """Guess so often; return what became of each: wrong, or until when it is locked."""
    became = []
    for _ in range(times):
        try:
            authenticate_patient(code, WRONG, now=now)
        except NotRecognised:
            became.append("wrong")
        except CodeLocked as lock:
            became.append(lock.until)
    return became


def close_for_good(now, code=CODE):
    """Guess until nobody but staff opens it; return when that was."""
    for wait in (HOUR, DAY):
        guess(5, now, code)
        now += wait
    guess(5, now, code)
    return now


def row():
    return WorklistRow.objects.get(about=f"guesses:{CODE}")


@CODES
def test_an_hour_then_a_day_then_until_staff_open_it(jane, now, code):
    assert guess(6, now, code) == ["wrong"] * 5 + [now + HOUR]
    at = now + HOUR
    assert guess(6, at, code) == ["wrong"] * 5 + [at + DAY]
    at += DAY
    assert guess(6, at, code) == ["wrong"] * 5 + [None]
    assert guess(1, at + 300 * DAY, code) == [None]


@CODES
def test_tries_while_it_is_locked_make_no_lock_longer(jane, now, code):
    guess(5, now, code)
    guess(50, now + timedelta(minutes=59), code)

    assert guess(1, now + HOUR, code) == ["wrong"]
    assert CodeTries.objects.get().locks == 1


def test_a_right_date_between_does_not_shorten_the_next_lock(jane, now):
    guess(5, now)
    at = now + HOUR
    assert authenticate_patient(CODE, BORN, now=at) == jane

    assert guess(6, at) == ["wrong"] * 5 + [at + DAY]


def test_locks_of_long_ago_are_forgotten(jane, now):
    guess(5, now)
    at = now + 31 * DAY

    assert guess(6, at) == ["wrong"] * 5 + [at + HOUR]


def test_staff_are_told_from_the_second_lock_on(jane, now):
    guess(5, now)
    code_guesses.tell_staff(now=now)
    assert not WorklistRow.objects.exists(), "a patient may mistype for an hour"
    guess(5, now + HOUR)

    code_guesses.tell_staff(now=now + HOUR)

    assert row().kind == "needs_person"
    assert (row().referral, row().trust_id) == (jane, "RTX")
    assert row().reason.startswith(
        "Somebody gave the wrong date of birth 10 times for this booking"
    )
    guess(5, now + HOUR + DAY)
    for _ in range(2):
        code_guesses.tell_staff(now=now + HOUR + DAY)
    assert row().reason.startswith("Somebody gave the wrong date of birth 15 times")
    assert "It stays locked until this is closed" in row().reason
    assert len(row().reason) <= 200


def test_of_a_lock_that_staff_have_seen_to_they_are_told_no_more(jane, now):
    at = close_for_good(now)
    code_guesses.tell_staff(now=at)
    rows.close_row(row(), "reached", now=at + HOUR, actor="staff 1")

    code_guesses.tell_staff(now=at + 2 * HOUR)

    assert row().closed_at == at + HOUR


def test_the_clock_tells_them(jane, now, time_machine):
    at = close_for_good(now)
    time_machine.move_to(at, tick=False)
    tasks.tell_of_guesses()

    assert row().closed_at is None


def test_of_a_code_that_nobody_has_and_of_an_ended_request_nobody_is_told(jane, now):
    at = close_for_good(now, NOBODYS)
    close_for_good(now)
    jane.ended_at, jane.end_reason = at, "not_wanted"
    jane.save()

    code_guesses.tell_staff(now=at)

    assert not WorklistRow.objects.exists()


def test_a_closed_row_opens_the_code_and_the_next_guesses_begin_anew(jane, now):
    at = close_for_good(now)
    code_guesses.tell_staff(now=at)
    with pytest.raises(CodeLocked):
        authenticate_patient(CODE, BORN, now=at)
    rows.close_row(row(), "reached", now=at + HOUR, actor="staff 1")

    assert authenticate_patient(CODE, BORN, now=at + HOUR) == jane
    code_guesses.tell_staff(now=at + HOUR)
    assert row().closed_at
    assert guess(6, at + HOUR) == ["wrong"] * 5 + [at + 2 * HOUR]
    guess(5, at + 2 * HOUR)
    code_guesses.tell_staff(now=at + 2 * HOUR)
    assert WorklistRow.objects.filter(about=f"guesses:{CODE}", closed_at=None).exists()


def test_a_row_that_was_closed_before_opens_no_later_lock(jane, now):
    at = close_for_good(now)
    code_guesses.tell_staff(now=at)
    rows.close_row(row(), "reached", now=at + HOUR, actor="staff 1")
    assert guess(1, at + HOUR) == ["wrong"]
    at = close_for_good(at + 2 * HOUR)

    assert guess(1, at + HOUR) == [None]


def booked(jane, slot, now):
    holds.hold(jane, slot.pk, now=now)
    return booking.book(jane, slot.pk, now=now, actor="patient")


def test_a_new_text_opens_the_code_and_closes_the_row(jane, make_slot, now):
    appointment = booked(jane, make_slot(), now)
    at = close_for_good(now)
    code_guesses.tell_staff(now=at)

    text_details(appointment, now=at + HOUR, actor="staff 1")

    assert row().outcome == "resolved"
    assert authenticate_patient(CODE, BORN, now=at + HOUR) == jane


def test_so_does_an_invitation_to_a_new_number(jane, now):
    at = close_for_good(now)
    with transaction.atomic():
        tell_after_all(jane, "2", at)

    assert authenticate_patient(CODE, BORN, now=at) == jane


def test_a_text_of_another_request_opens_nothing(jane, tom, now):
    at = close_for_good(now)
    with transaction.atomic():
        tell_after_all(tom, "2", at)

    assert guess(1, at) == [None]


def test_one_address_has_so_many_wrong_ones_over_all_codes(jane, tom, now):
    def try_it(code, born=WRONG, address="192.0.2.7", at=now):
        try:
            return authenticate_patient(code, born, now=at, address=address)
        except NotRecognised:
            return "wrong"
        except AddressLimited as limit:
            return limit.seconds

    codes = [f"{number:04}KTYB"[:8] for number in range(2000, 2040)]
    became = [try_it(code) for code in codes]

    assert became == ["wrong"] * OF_ADDRESS.times + [3600] * (40 - OF_ADDRESS.times)
    assert CodeTries.objects.count() == OF_ADDRESS.times, "what is not looked at is not counted"
    assert try_it(CODE, BORN) == 3600
    assert try_it(CODE, BORN, "192.0.2.8") == jane
    assert try_it(CODE, BORN, at=now + HOUR) == jane


def test_right_ones_use_up_nothing_of_their_address(jane, now):
    for _ in range(2 * OF_ADDRESS.times):
        assert authenticate_patient(CODE, BORN, now=now, address="192.0.2.7") == jane


def test_old_tries_are_dropped_but_none_that_is_locked(jane, now):
    authenticate_patient(CODE, BORN, now=now)
    at = close_for_good(now, NOBODYS)

    code_guesses.drop_old(now=at + 31 * DAY)

    assert [one.locks for one in CodeTries.objects.all()] == [3]


@pytest.mark.django_db(transaction=True)
def test_two_clocks_put_it_on_the_list_once(trust, make_referral, now):
    make_referral()
    at = close_for_good(now)

    at_once(*[lambda: code_guesses.tell_staff(now=at)] * 3)

    assert row().events.count() == 1
