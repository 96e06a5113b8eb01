"""Counts what comes from a log that is pruned: a day never loses what was counted of it before.

Such a log only grows, and then loses its oldest rows: of two counts of a day the larger is the
whole one. Each trust is looked at by itself, as its log is pruned by itself.
"""

from collections import Counter as Tally
from datetime import date

from insights.measures import Counter
from insights.measures.rows import FIELDS
from insights.models import DayFigure


def count_pruned(counter: Counter, day: date) -> None:
    """Count a day of a pruned source anew; of a trust that had more before, that is kept."""
    rows = [dict(zip(FIELDS, row, strict=True)) for row in counter.rows(day)]
    stood = DayFigure.objects.filter(counter=counter.code, day=day)
    before: Tally[str] = Tally()
    for trust, n in stood.values_list("trust", "n"):
        before[trust] += n
    there: Tally[str] = Tally()
    for row in rows:
        there[row["trust"]] += row["n"]
    whole = [trust for trust in there if there[trust] >= before[trust]]
    stood.filter(trust__in=whole).delete()
    DayFigure.objects.bulk_create(
        DayFigure(counter=counter.code, day=day, **row) for row in rows if row["trust"] in whole
    )
