"""The worker's own condition says of each text the same as timing.may_go."""

from datetime import UTC, datetime, timedelta

import pytest

from notifications import dispatch, timing
from notifications.models import Kind, Message, State
from tests.notifications.conftest import NOON

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("hour", [0, 3, 5, 6, 7, 8, 19, 20, 21, 22, 23])
def test_the_worker_and_the_rule_agree(enqueue, hour):
    now = datetime(2026, 11, 25, hour, 5, tzinfo=UTC)
    texts = [
        enqueue(kind=kind, subject=f"{kind[:20]}{hours}", due_at=now, now=NOON - timedelta(days=1),
                scan_at=now + timedelta(hours=hours), on_day=(now + timedelta(hours=hours)).date(),
                not_after=now + timedelta(days=3), wording="confirmation")
        for kind in (Kind.DISPLACED, Kind.ENDED, Kind.CONFIRMED, Kind.REMINDER_2_DAYS)
        for hours in (-1, 2, 4, 9, 12, 14, 30)
    ]  # fmt: skip
    Message.objects.update(state=State.READY)

    sendable = set(dispatch._sendable(now).values_list("pk", flat=True))

    assert sendable == {
        one.pk for one in texts if timing.may_go(one.kind, one.on_day, now, one.scan_at)
    }
