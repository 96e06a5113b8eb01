"""The code in docs/trusts-bookings.md does what it says."""

import re
from pathlib import Path

import pytest

from booking.exchange.writeback.webhooks import sign

PAGE = Path(__file__).resolve().parents[4] / "docs" / "trusts-bookings.md"
BODY = b'{"resourceType":"Appointment"}'


@pytest.fixture
def is_genuine():
    found = {}
    exec(re.search(r"```python\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)[1], found)
    return found["is_genuine"]


def test_a_genuine_push_is_believed(is_genuine):
    signature = f"t=1000,v1={sign('secret', 1000, BODY)}"

    assert is_genuine("secret", signature, BODY, now=1001)


@pytest.mark.parametrize(
    ("secret", "body", "now"),
    [("other", BODY, 1001), ("secret", BODY + b" ", 1001), ("secret", BODY, 1301)],
    ids=["another secret", "another body", "too old"],
)
def test_another_is_not(is_genuine, secret, body, now):
    signature = f"t=1000,v1={sign('secret', 1000, BODY)}"

    assert not is_genuine(secret, signature, body, now=now)


@pytest.mark.parametrize("signature", ["", "t=1000", "v1=00", "t=x,v1=00"])
def test_nor_is_what_is_no_signature(is_genuine, signature):
    assert not is_genuine("secret", signature, BODY, now=1000)
