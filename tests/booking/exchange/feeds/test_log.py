"""Logs of feeds stay small."""

from datetime import timedelta

import pytest

from booking.exchange.feeds import log, tasks
from booking.models import FeedCall, FeedRefusal, FirstAnswer


def test_of_a_body_that_is_all_wrong_the_first_refusals_are_kept(push):
    push(*[b"{"] * 80)

    assert FeedRefusal.objects.count() == log.REFUSALS_A_CALL
    first = FeedRefusal.objects.earliest("pk")
    assert (first.line, first.code) == (1, "structure")


@pytest.mark.parametrize("name", ["CALLS_KEPT", "REFUSALS_KEPT"])
def test_only_the_newest_are_kept(trust, now, monkeypatch, name):
    monkeypatch.setattr(log, name, 3)
    for minute in range(5):
        at = now + timedelta(minutes=minute)
        FeedCall.objects.create(trust=trust, at=at, call="pull", status=200)
        FeedRefusal.objects.create(trust=trust, at=at, line=minute, code="value", what="x")

    log.prune(now=now)

    model = FeedCall if name == "CALLS_KEPT" else FeedRefusal
    assert list(model.objects.order_by("at").values_list("at__minute", flat=True)) == [2, 3, 4]


def test_what_is_old_goes(trust, now):
    old = now - timedelta(days=91)
    FeedCall.objects.create(trust=trust, at=old, call="pull", status=200)
    FeedRefusal.objects.create(trust=trust, at=old, line=1, code="value", what="x")
    FirstAnswer.objects.create(caller=trust, key_hash="x", started_at=now - timedelta(hours=25))
    FirstAnswer.objects.create(caller=trust, key_hash="y", started_at=now - timedelta(hours=23))

    log.prune(now=now)

    assert not FeedCall.objects.exists()
    assert not FeedRefusal.objects.exists()
    assert FirstAnswer.objects.get().key_hash == "y"


def test_the_clock_prunes(trust):
    tasks.prune()
