"""What is counted of one sender, and that several processes count it together."""

from datetime import timedelta

import pytest
from django.db import connection

from booking.limits import tally
from booking.models import Tally
from tests.racing import at_once

FEW = tally.Limit("a door", 3)
SECOND = timedelta(seconds=1)


def test_there_is_room_for_so_many_in_a_stretch_and_then_again(db, now):
    at = now + 20 * SECOND

    assert [tally.count(FEW, "x", now=at) for _ in range(5)] == [0, 0, 0, 40, 40]
    assert tally.count(FEW, "y", now=at) == 0
    assert tally.count(tally.Limit("another", 3), "x", now=at) == 0
    assert tally.count(FEW, "x", now=now + 59 * SECOND) == 1
    assert tally.count(FEW, "x", now=now + 60 * SECOND) == 0
    assert tally.count(FEW, "x", now=now) == 0, "a clock that was set back keeps nobody out"


def test_who_tries_while_there_is_no_room_waits_no_longer_for_it(db, now):
    for _ in range(50):
        tally.count(FEW, "x", now=now)

    assert Tally.objects.get().times == 3


def test_what_was_right_after_all_is_taken_back(db, now):
    for _ in range(10):
        assert tally.count(FEW, "x", now=now) == 0
        tally.take_back(FEW, "x", now=now)

    assert Tally.objects.get().times == 0
    tally.take_back(FEW, "x", now=now)
    assert Tally.objects.get().times == 0


def test_no_limit_counts_nothing(db, now):
    assert not any(tally.count(tally.Limit("x", 0), "x", now=now) for _ in range(9))
    assert not Tally.objects.exists()


def test_no_address_is_kept_and_old_counts_are_dropped(db, now):
    tally.count(FEW, "192.0.2.7", now=now)
    assert "192" not in Tally.objects.get().who_hash[:3] + repr(Tally.objects.values().get())

    tally.count(FEW, "192.0.2.8", now=now + timedelta(hours=3))
    assert Tally.objects.count() == 1


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("begun", [False, True])
def test_two_connections_count_together(now, begun):
    if begun:
        tally.count(tally.Limit("a door", 9), "x", now=now)
        tally.take_back(tally.Limit("a door", 9), "x", now=now)

    waits = at_once(*[lambda: tally.count(tally.Limit("a door", 5), "x", now=now)] * 8)

    assert sorted(waits) == [0] * 5 + [60] * 3
    assert Tally.objects.get().times == 5


@pytest.mark.parametrize("after", [1, 2, 3])
def test_who_comes_first_of_a_stretch_beside_another_is_let_in(db, now, after):
    """The other begins it between two of our statements."""
    asked = []

    def beside(execute, *said):
        done = execute(*said)
        asked.append(said[0])
        if len(asked) == after:
            other.append(tally.count(FEW, "x", now=now))
        return done

    other = []
    with connection.execute_wrapper(beside):
        mine = tally.count(FEW, "x", now=now)

    assert (mine, other) == (0, [0])
    assert Tally.objects.get().times == 2
