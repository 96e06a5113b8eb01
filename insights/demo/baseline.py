"""What the invented network did in 2019/20, laid where published figures lie (DM01)."""

from collections.abc import Iterable
from datetime import datetime

from insights.against_baseline import baseline_months
from insights.demo import story
from insights.dm01.catalogue import OURS
from insights.models import Dm01Month


def create(trusts: Iterable[str], now: datetime) -> None:
    """Put each trust's year in, unless something of it was published and loaded.

    `loaded_at` is the moment at which figures were invented: with them they go
    (insights/invented.py).
    """
    for trust in sorted(set(trusts)):
        if not Dm01Month.objects.filter(provider=trust, month__in=baseline_months()).exists():
            Dm01Month.objects.bulk_create(
                Dm01Month(
                    month=month,
                    provider=trust,
                    test=test.code,
                    waiting_list_activity=story.usual(modality, trust, month.month),
                    planned_activity=0,
                    activity=story.usual(modality, trust, month.month),
                    loaded_at=now,
                )
                for month in baseline_months()
                for modality, test in OURS.items()
            )
