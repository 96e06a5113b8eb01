"""How fresh each trust's times were, each time that figures were counted."""

from django.db import models


class FeedLook(models.Model):
    """The looks at one trust's feed on a day in England: how many, and how old its times were.

    A feed itself knows only how it is now. `is_late`: its times were older than three of its
    intervals, as patients are told. `minutes` is the sum of how old they were. Two rows a trust
    and day at most; `trust` is the ODS code.
    """

    day = models.DateField()
    trust = models.CharField(max_length=3)
    is_late = models.BooleanField()
    looks = models.PositiveIntegerField(default=0)
    minutes = models.PositiveBigIntegerField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["day", "trust", "is_late"], name="feed_look_once"),
        ]
