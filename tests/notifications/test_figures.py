"""The figures, where they are shown, and who may see them."""

from datetime import timedelta
from io import StringIO

import pytest
import time_machine
from django.core.management import call_command
from django.db.models import F

from notifications import dispatch, figures, opt_outs, receipts
from notifications import provider as press
from notifications.gateways.outcomes import Doubtful
from notifications.models import Message, State
from tests.notifications.conftest import NOON, NUMBER
from tests.notifications.test_outbox import assert_nothing_personal

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)


@pytest.fixture
def a_day(enqueue, provider):
    """Two texts taken, after 10 and 20 seconds; one unknown; one overdue; one opt-out."""
    for seconds, subject in ((10, "A"), (20, "B")):
        message = enqueue(subject=subject)
        Message.objects.filter(pk=message.pk).update(
            state=State.ACCEPTED, accepted_at=F("planned_at") + timedelta(seconds=seconds)
        )
    receipts.take(message.pk, "SM1", "delivered", source="callback", now=NOON)
    provider.script = [Doubtful("x")]
    enqueue(subject="C")
    dispatch.dispatch_due(NOON)
    enqueue(subject="D")
    opt_outs.opt_out(opt_outs.hash_of("+447700900999"), source="reply", now=NOON)


def test_everything_is_counted(a_day):
    now = figures.count(NOON + HOUR)
    assert {state: n for state, n in now.by_state.items() if n} == {
        "accepted": 1, "delivered": 1, "unknown": 1, "ready": 1,
    }  # fmt: skip
    assert (now.oldest_due, now.opt_outs, now.segments) == (3600, 1, 4)
    assert 3590 < now.oldest_unknown <= 3600
    assert now.latency == {0.5: 20, 0.95: 20, 1.0: 20}
    assert now.receipts == {"delivered": 1}


def test_nothing_at_all_is_counted_as_nothing():
    now = figures.count(NOON)
    assert (now.oldest_due, now.oldest_unknown, now.latency, now.segments) == (0, 0, {}, 0)


def test_an_age_is_never_below_nothing_when_a_clock_jumps_back(a_day):
    assert figures.count(NOON - HOUR).oldest_unknown == 0


def test_the_command_says_it_in_words(a_day):
    out = StringIO()
    with time_machine.travel(NOON + HOUR, tick=False):
        call_command("notifications", "status", stdout=out)
    said = out.getvalue()
    assert "oldest due                 3,600 s" in said
    assert "Sending." in said
    assert_nothing_personal(said)


def test_the_command_says_loudly_that_nothing_is_sent():
    press.open_breaker(NOON, "Twilio answered 401, code 20003")
    out = StringIO()
    with time_machine.travel(NOON + timedelta(seconds=5), tick=False):
        call_command("notifications", "status", stdout=out)
    assert "STOPPED: nothing is sent (Twilio answered 401, code 20003)" in out.getvalue()


def test_prometheus_reads_them_from_this_machine(client, a_day):
    with time_machine.travel(NOON + HOUR, tick=False):
        said = client.get("/metrics").content.decode()
    for line in (
        'texts{state="unknown"} 1.0',
        "texts_oldest_due_seconds 3600.0",
        'texts_latency_seconds{quantile="0.95"} 20.0',
        'texts_receipts{status="delivered"} 1.0',
        "texts_opt_outs 1.0",
        "texts_segments_sent 4.0",
        "texts_provider_stopped 0.0",
    ):
        assert line in said.splitlines()
    assert NUMBER not in said


@pytest.mark.parametrize(
    "request_of_a_stranger",
    [
        {"REMOTE_ADDR": "192.0.2.7"},
        {"REMOTE_ADDR": "127.0.0.1", "HTTP_X_FORWARDED_FOR": "192.0.2.7"},
        {"REMOTE_ADDR": "127.0.0.1", "HTTP_FORWARDED": "for=192.0.2.7"},
        {"REMOTE_ADDR": ""},
    ],
)
def test_the_public_does_not_read_them(client, request_of_a_stranger):
    assert client.get("/metrics", **request_of_a_stranger).status_code == 403


@pytest.mark.parametrize(
    ("says", "status"),
    [("Bearer right", 200), ("Bearer wrong", 403), ("right", 403), ("Basic right", 403), ("", 403)],
)
def test_with_a_token_only_who_bears_it_reads_them(client, settings, says, status):
    settings.METRICS_TOKEN = "right"
    from_afar = {"REMOTE_ADDR": "192.0.2.7", "HTTP_AUTHORIZATION": says}
    assert client.get("/metrics", **from_afar).status_code == status
