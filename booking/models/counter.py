"""Numbers that rise in the order in which changes are committed."""

from django.db import models


class Counter(models.Model):
    """One number by name, raised in the transaction of what it counts.

    Written by booking/changes/commit_numbers.py.
    Its row stays locked until that transaction ends, so no later change can overtake one that
    is not committed yet. The value is a moment in microseconds since 1970, or one more than
    the last if the clock has not moved on.
    """

    name = models.CharField(max_length=64, primary_key=True)
    value = models.BigIntegerField()
