"""How trusts' feeds do: how many of their calls were taken."""

from datetime import date
from typing import Any

from django.db.models import Case, CharField, QuerySet, Value, When

from booking.models import FeedCall
from insights.days import bounds
from insights.measures.base import Counter
from insights.measures.rows import Of, figures

TAKEN, REFUSED = "taken", "refused"


def calls(day: date) -> QuerySet[Any, Any]:
    """Return calls of trusts' systems on that day; their log is pruned: not counted later."""
    begins, ends = bounds(day)
    made = FeedCall.objects.filter(at__gte=begins, at__lt=ends)
    how = Case(
        When(status__lt=400, then=Value(TAKEN)), default=Value(REFUSED), output_field=CharField()
    )
    return figures(made, Of(trust="trust", modality=Value(""), group=how))


FEED_CALLS = Counter("feed_calls", calls)
