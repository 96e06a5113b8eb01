"""What a trust reads after a restore: whoever read further than the backup knows reads again."""

import json
from datetime import timedelta

import pytest

from booking.appointments import booking, holds
from booking.changes import commit_numbers
from notifications import fence
from tests.booking.api.test_answer_calls import follow

AN_HOUR = timedelta(hours=1)


@pytest.fixture
def book_at(now):
    def book_at(referral, slot, at=now):
        holds.hold(referral, slot.pk, now=at)
        return booking.book(referral, slot.pk, now=at, actor="patient")

    return book_at


@pytest.fixture
def put_back(now):
    """The database is as it was a minute after `now`; the restore was two hours later."""

    def put_back():
        fence.raise_fence(
            restored_at=now + 2 * AN_HOUR, as_of=now + timedelta(minutes=1), why="A restore.",
            now=now + 2 * AN_HOUR,
        )  # fmt: skip

    return put_back


def cursor(moment):
    return moment.isoformat().replace("+", "%2B")


def test_a_cursor_of_what_the_restore_took_away_is_410_with_where_to_read_on(
    system, jane, make_slot, book_at, put_back, now
):
    book_at(jane, make_slot())
    put_back()

    answer = system("get", f"Appointment?_lastUpdated=gt{cursor(now + AN_HOUR)}")

    assert answer.status_code == 410
    error, where = answer.json()["issue"]
    assert error["code"] == "expired"
    assert "put back from a backup" in error["diagnostics"]
    [extension] = where["extension"]
    assert extension["url"] == "urn:scan-finder:read-on"
    read_on = extension["valueInstant"]
    again = system("get", f"Appointment?_lastUpdated=gt{read_on.replace('+', '%2B')}")
    assert (again.status_code, json.loads(again.content)["total"]) == (200, 0)


def test_who_had_read_no_further_than_the_backup_just_goes_on(
    system, jane, make_referral, make_slot, book_at, put_back, now
):
    book_at(jane, make_slot())
    first, since = follow(system)
    put_back()
    late = book_at(make_referral("7KQ49CRC"), make_slot(hour=9), at=now + 3 * AN_HOUR)

    found, _ = follow(system, since=since.replace("+", "%2B"))

    assert len(first) == 1
    assert [reference for reference, _ in found] == [late.reference]


def test_a_cursor_of_after_the_restore_is_as_good_as_any(
    system, jane, make_slot, book_at, put_back, now
):
    put_back()
    book_at(jane, make_slot(), at=now + 3 * AN_HOUR)
    _, since = follow(system)

    assert follow(system, since=since.replace("+", "%2B")) == ([], since.replace("+", "%2B"))


def test_all_can_always_be_read_from_the_beginning(system, jane, make_slot, book_at, put_back):
    book_at(jane, make_slot())
    put_back()

    found, _ = follow(system)

    assert len(found) == 1


def test_a_change_that_the_backup_may_lack_is_read_again(
    system, jane, make_slot, book_at, put_back, now
):
    """By hand put back, with the web at work before a worker looked: its numbers prove nothing."""
    book_at(jane, make_slot(), at=now + AN_HOUR)
    put_back()

    answer = system("get", f"Appointment?_lastUpdated=gt{cursor(now + AN_HOUR)}")

    assert answer.status_code == 410
    assert commit_numbers.number_of(now) > 0
