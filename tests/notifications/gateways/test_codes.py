"""Whose fault each code is, in the answer to a call: over HTTP, by Twilio's own library."""

import pytest

from notifications.gateways import codes
from notifications.gateways.codes import Blame
from notifications.gateways.outcomes import Doubtful, Misconfigured, NotSent, ProviderRefused
from tests.notifications.gateways.test_twilio import account, fault, send_against  # noqa: F401

REFUSED = (Blame.NUMBER_FOR_EVER, Blame.NUMBER_FOR_NOW, Blame.OPTED_OUT, Blame.CONTENT)
OF_A_KIND = {
    Blame.NUMBER_FOR_EVER: codes.NUMBER_FOR_EVER,
    Blame.NUMBER_FOR_NOW: codes.NUMBER_FOR_NOW,
    Blame.OPTED_OUT: codes.OPTED_OUT,
    Blame.BUSY: codes.BUSY,
    Blame.CONTENT: codes.CONTENT,
    Blame.SENDER: codes.SENDER,
}
ALL = [(code, kind) for kind, known in OF_A_KIND.items() for code in sorted(known)]


def test_no_code_is_of_two_kinds():
    assert len({code for code, _ in ALL}) == len(ALL)


@pytest.mark.parametrize(("code", "kind"), ALL)
def test_each_code_has_its_outcome(code, kind):
    with pytest.raises((ProviderRefused, Misconfigured, NotSent)) as raised:
        send_against(fault(400, code))
    assert codes.blame(code) == kind
    if kind in REFUSED:
        assert raised.value.code == code
    elif kind == Blame.SENDER:
        assert type(raised.value) is Misconfigured
        assert str(raised.value) == f"{codes.SENDER[code]} (code {code})"
    else:
        assert raised.value.providers_own


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        (21211, Blame.NUMBER_FOR_EVER), (21614, Blame.NUMBER_FOR_EVER),
        (30005, Blame.NUMBER_FOR_EVER), (30006, Blame.NUMBER_FOR_EVER),
        (30003, Blame.NUMBER_FOR_NOW), (30008, Blame.NUMBER_FOR_NOW),
        (21606, Blame.SENDER), (21703, Blame.SENDER), (21704, Blame.SENDER),
        (30032, Blame.SENDER), (63038, Blame.SENDER), (20404, Blame.SENDER),
        (20003, Blame.SENDER), (30002, Blame.SENDER), (21408, Blame.SENDER),
        (30001, Blame.BUSY), (30022, Blame.BUSY), (20429, Blame.BUSY),
        (30007, Blame.CONTENT), (21617, Blame.CONTENT), (21610, Blame.OPTED_OUT),
        (99999, Blame.UNKNOWN), (None, Blame.UNKNOWN),
    ],
)  # fmt: skip
def test_what_the_dictionary_says_of_a_code(code, kind):
    assert codes.blame(code) == kind


@pytest.mark.parametrize(
    ("status", "code", "outcome"),
    [
        (401, 0, Misconfigured), (402, 0, Misconfigured), (403, 99999, Misconfigured),
        (404, 0, Misconfigured), (429, 0, NotSent), (429, 63038, Misconfigured),
        (403, 21211, ProviderRefused), (400, 99999, NotSent), (422, 0, NotSent),
        (500, 21211, Doubtful), (503, 21703, Doubtful),
    ],
)  # fmt: skip
def test_a_code_counts_for_more_than_its_status_but_a_broken_answer_proves_nothing(
    status, code, outcome
):
    with pytest.raises(outcome) as raised:
        send_against(fault(status, code))
    if outcome is Misconfigured and not code:
        assert str(raised.value) == f"{codes.SENDER_STATUS[status]} (HTTP {status})"


def test_a_status_that_says_nothing_of_us_has_words_all_the_same():
    assert codes.setting(None, 418) == "The texting service refuses us (HTTP 418)"
