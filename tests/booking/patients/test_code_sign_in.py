"""Every try to open a referral by its code: what it answers, and what is counted."""

import hashlib
from datetime import date, timedelta

import pytest

from booking.models import CodeTries, Patient
from booking.patients import code_guesses
from booking.patients.code_sign_in import (
    CodeLocked,
    NotRecognised,
    authenticate_patient,
)

BORN, WRONG = date(1961, 3, 12), date(1990, 1, 1)
MINUTE = timedelta(minutes=1)
LOCK = code_guesses.LOCKS[0]
CODE, NOBODYS = "7KQ49CRB", "9GWP3KTY"


def hash_of(code):
    return hashlib.sha256(code.encode()).hexdigest()


def counted(code=CODE):
    names = ("wrong", "last_at", "locked_until")
    return CodeTries.objects.values_list(*names).get(code_hash=hash_of(code))


def try_wrong(times, now, code=CODE):
    for _ in range(times):
        with pytest.raises(NotRecognised):
            authenticate_patient(code, WRONG, now=now)


def test_the_right_date_opens_and_forgets_wrong_tries(jane, now):
    try_wrong(4, now)

    assert authenticate_patient(CODE, BORN, now=now + MINUTE) == jane

    assert counted() == (0, now + MINUTE, None)


@pytest.mark.parametrize("code", [CODE, NOBODYS])
def test_wrong_tries_are_counted_by_code_and_the_fifth_locks_it_for_an_hour(jane, now, code):
    authenticate_patient(CODE, BORN, now=now)
    for number in range(1, 5):
        try_wrong(1, now + number * MINUTE, code)
        assert counted(code) == (number, now + number * MINUTE, None)

    at = now + 5 * MINUTE
    try_wrong(1, at, code)

    assert counted(code) == (0, at, at + timedelta(hours=1))
    other = NOBODYS if code == CODE else CODE
    assert not CodeTries.objects.filter(code_hash=hash_of(other), locked_until__gt=now).exists()


def test_a_locked_code_stays_locked_for_the_right_date_until_the_hour_is_over(jane, now):
    try_wrong(5, now)

    for born in (BORN, WRONG):
        with pytest.raises(CodeLocked):
            authenticate_patient(CODE, born, now=now + LOCK - MINUTE)
    assert counted() == (0, now + LOCK - MINUTE, now + LOCK)

    assert authenticate_patient(CODE, BORN, now=now + LOCK) == jane
    assert counted() == (0, now + LOCK, None)


def test_after_the_hour_another_five_wrong_tries_are_needed(jane, now):
    try_wrong(5, now)

    try_wrong(4, now + LOCK)
    assert counted()[0] == 4
    assert authenticate_patient(CODE, BORN, now=now + LOCK) == jane


def test_the_date_that_nobody_gives_opens_nothing(jane, now):
    with pytest.raises(NotRecognised):
        authenticate_patient(NOBODYS, date(1, 1, 1), now=now)


@pytest.mark.parametrize(
    ("typed", "kept"),
    [("7kq4-9crb", CODE), ("no code at all", "no code at all"), ("y" * 70, "y" * 64), ("", "")],
)
def test_a_code_is_counted_as_it_is_tidied_or_as_it_was_typed(jane, now, typed, kept):
    try_wrong(1, now, typed)

    assert CodeTries.objects.get().code_hash == hash_of(kept)


def test_of_two_codes_each_opens_its_own_referral(jane, tom, now):
    assert authenticate_patient(CODE, BORN, now=now) == jane
    assert authenticate_patient("3XRD7JQF", BORN, now=now) == tom


def test_the_birthday_of_another_patient_opens_nothing(jane, tom, now):
    Patient.objects.filter(pk=tom.patient_id).update(born=WRONG)

    try_wrong(1, now)

    assert authenticate_patient("3XRD7JQF", WRONG, now=now) == tom


def test_a_code_that_does_not_exist_is_wrong_with_the_birthday_of_the_first_patient(jane, now):
    jane.patient.pk = 1
    jane.patient.save()

    with pytest.raises(NotRecognised):
        authenticate_patient(NOBODYS, BORN, now=now)

    assert counted(NOBODYS) == (1, now, None)
