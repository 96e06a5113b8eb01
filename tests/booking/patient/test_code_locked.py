"""What a locked code's page says: until when, and that we can be phoned."""

from datetime import timedelta

import pytest

from booking.patients.code_sign_in import OF_ADDRESS
from tests.booking.patient.conftest import text

WRONG = ("1", "1", "1990")
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def guess(sign_in, clock, *waits):
    """Guess until it is locked once for each wait, which then goes by; return the page after."""
    for wait in (*waits, timedelta(0)):
        for _ in range(5):
            assert sign_in(born=WRONG).status_code == 400
        locked = sign_in()
        clock.shift(wait)
    return locked


@pytest.mark.parametrize(
    ("waits", "seconds", "says"),
    [
        ((), 3600, "You can try again from 11am. If you need help now, phone"),
        ((HOUR,), 86400, "You can try again from 11am on Wednesday 25 November"),
        ((HOUR, DAY), 86400, "the code is locked until you phone us"),
    ],
)
def test_each_lock_says_until_when_and_the_phone(sign_in, clock, jane, waits, seconds, says):
    page = guess(sign_in, clock, *waits)

    words = " ".join(text(page).split())
    assert (page.status_code, page["Retry-After"]) == (429, str(seconds))
    assert says in words
    assert "01632 960 100" in words
    assert "Any appointment you have is as it was" in words


def test_an_address_with_too_many_wrong_ones_is_told_why_and_until_when(sign_in, clock, jane):
    codes = [f"{number}KTYB" for number in range(2000, 3999) if "1" not in str(number)]
    for code in codes[: OF_ADDRESS.times]:
        assert sign_in(code=code, born=WRONG).status_code == 400

    page = sign_in()

    words = " ".join(text(page).split())
    assert (page.status_code, page["Retry-After"]) == (429, "3600")
    assert "Other people may use the same internet connection as you" in words
    assert "01632 960 100" in words
    clock.shift(HOUR)
    assert sign_in()["Location"] == "/referral/"
