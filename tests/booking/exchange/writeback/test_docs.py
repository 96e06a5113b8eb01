"""The code in docs/trusts-bookings.md does what it says."""

import base64
import re
from datetime import UTC, datetime
from pathlib import Path

import pytest
from standardwebhooks.webhooks import Webhook as Signer

from booking.exchange.writeback.webhooks import sign

PAGE = Path(__file__).resolve().parents[4] / "docs" / "trusts-bookings.md"
BODY = b'{"resourceType":"Appointment"}'
SECRET, OTHER = ("whsec_" + base64.b64encode(key * 32).decode() for key in (b"a", b"b"))


@pytest.fixture
def is_genuine():
    found = {}
    exec(re.search(r"```python\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)[1], found)
    return found["is_genuine"]


def signed(signature=None):
    signature = sign(SECRET, "RTX-7", 1000, BODY) if signature is None else signature
    return {"webhook-id": "RTX-7", "webhook-timestamp": "1000", "webhook-signature": signature}


def test_the_signature_is_the_one_that_the_standards_own_library_makes():
    at = datetime.fromtimestamp(1000, UTC)

    assert sign(SECRET, "RTX-7", 1000, BODY) == Signer(SECRET).sign("RTX-7", at, BODY.decode())


def test_a_genuine_push_is_believed(is_genuine):
    assert is_genuine(SECRET, signed(), BODY, now=1001)
    assert is_genuine(
        SECRET, signed(f"v1,AAAA {sign(SECRET, 'RTX-7', 1000, BODY)}"), BODY, now=1001
    )


@pytest.mark.parametrize(
    ("secret", "body", "now"),
    [(OTHER, BODY, 1001), (SECRET, BODY + b" ", 1001), (SECRET, BODY, 1301)],
    ids=["another secret", "another body", "too old"],
)
def test_another_is_not(is_genuine, secret, body, now):
    assert not is_genuine(secret, signed(), body, now=now)


@pytest.mark.parametrize("changed", ["webhook-id", "webhook-timestamp"])
def test_nor_is_one_with_another_identifier_or_time(is_genuine, changed):
    assert not is_genuine(SECRET, signed() | {changed: "1001"}, BODY, now=1001)


@pytest.mark.parametrize("signature", ["", "v1", "v1,", "v1,AAAA", "v1,\u00e9"])
def test_nor_is_what_is_no_signature(is_genuine, signature):
    assert not is_genuine(SECRET, signed(signature), BODY, now=1000)
    assert not is_genuine(SECRET, {}, BODY, now=1000)
