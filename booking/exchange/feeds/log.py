"""What came in and what was refused, kept for staff: capped, and pruned."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from booking.exchange.feeds.report import Refusal
from booking.models import FeedCall, FeedKey, FeedRefusal, FirstAnswer
from sites.models import Trust

REFUSALS_A_CALL = 50
"""Refusals of one call that are kept: a feed that is all wrong must not fill the disk."""
REFUSALS_KEPT = 500
CALLS_KEPT = 10_000
"""Rows kept for each trust, the newest."""
KEPT = timedelta(days=90)
ANSWERS_KEPT = timedelta(hours=24)


def record_refusals(trust: str, refusals: Iterable[Refusal], *, now: datetime) -> None:
    """Keep the first refusals of one call."""
    FeedRefusal.objects.bulk_create(
        FeedRefusal(
            trust_id=trust,
            at=now,
            line=refusal.line,
            item=refusal.item[:80],
            code=refusal.code,
            what=refusal.what[:300],
        )
        for refusal, _ in zip(refusals, range(REFUSALS_A_CALL), strict=False)
    )


def record_call(
    trust: str,
    call: str,
    *,
    key: FeedKey | None,
    status: int,
    counts: dict[str, int],
    now: datetime,
) -> None:
    """Keep that a call wrote, or tried to, and with which key."""
    FeedCall.objects.create(
        trust_id=trust, key=key, at=now, call=call, status=status, counts=counts
    )


def prune(*, now: datetime) -> None:
    """Drop what is over the caps or too old."""
    for trust in Trust.objects.values_list("pk", flat=True):
        for model, kept in ((FeedCall, CALLS_KEPT), (FeedRefusal, REFUSALS_KEPT)):
            rows = model.objects.of_trust(trust).order_by("-at", "-pk")
            last = rows.values_list("pk", "at")[kept : kept + 1].first()
            if last:
                model.objects.of_trust(trust).filter(at__lt=last[1]).delete()
                model.objects.of_trust(trust).filter(at=last[1], pk__lte=last[0]).delete()
    for model in (FeedCall, FeedRefusal):
        model.objects.filter(at__lt=now - KEPT).delete()
    FirstAnswer.objects.filter(started_at__lt=now - ANSWERS_KEPT).delete()
