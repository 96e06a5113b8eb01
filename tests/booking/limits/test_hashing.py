"""Passwords that a process hashes: few for strangers, and never those of who works here."""

from datetime import timedelta

import pytest

from booking.limits.hashing import Hashes, HashingFull


@pytest.fixture
def hashes():
    return Hashes()


def begin(hashes, now, *, is_known=False):
    with hashes.one(is_known=is_known, now=now):
        return True


def test_strangers_have_a_share_of_each_minute(hashes, now, settings):
    settings.SIGN_INS_A_MINUTE = 3
    at = now + timedelta(seconds=45)
    assert all(begin(hashes, at) for _ in range(3))

    with pytest.raises(HashingFull) as full:
        begin(hashes, at)

    assert full.value.seconds == 15
    assert all(begin(hashes, at, is_known=True) for _ in range(20))
    assert begin(hashes, at + timedelta(seconds=15))


def test_one_stranger_at_a_time_and_a_place_is_left_for_who_is_known(hashes, now):
    with hashes.one(is_known=False, now=now):
        with pytest.raises(HashingFull):
            begin(hashes, now)
        with hashes.one(is_known=True, now=now), pytest.raises(HashingFull):
            begin(hashes, now, is_known=True)
    assert begin(hashes, now)


def test_a_fault_gives_the_place_back(hashes, now):
    for _ in range(3):
        with pytest.raises(ZeroDivisionError), hashes.one(is_known=True, now=now):
            1 / 0  # noqa: B018 - it raises

    assert begin(hashes, now)
