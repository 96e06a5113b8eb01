"""How trusts' feeds do: how many of their calls were taken, and how fresh their times were."""

from datetime import date
from typing import Any

from django.db.models import Case, CharField, QuerySet, Sum, Value, When

from booking.models import FeedCall
from insights.any_day import value_of
from insights.days import bounds
from insights.measures.base import Counter
from insights.measures.rows import Of, figures
from insights.models import FeedLook

TAKEN, REFUSED = "taken", "refused"
ON_TIME, LATE = "on time", "late"


def calls(day: date) -> QuerySet[Any, Any]:
    """Return calls of trusts' systems on that day; their log is pruned."""
    begins, ends = bounds(day)
    made = FeedCall.objects.filter(at__gte=begins, at__lt=ends)
    how = Case(
        When(status__lt=400, then=Value(TAKEN)), default=Value(REFUSED), output_field=CharField()
    )
    return figures(made, Of(trust="trust", modality=Value(""), group=how))


def looks(day: date) -> QuerySet[Any, Any]:
    """Return the looks at trusts' feeds on that day; `total` is how many minutes old times were."""
    how = Case(
        When(is_late=False, then=Value(ON_TIME)), default=Value(LATE), output_field=CharField()
    )
    of = Of(trust="trust", modality=Value(""), group=how)
    return figures(FeedLook.objects.filter(day=value_of(day)), of, total="minutes", n=Sum("looks"))


FEED_CALLS = Counter("feed_calls", calls, is_pruned=True)
FEED_LOOKS = Counter("feed_looks", looks)
