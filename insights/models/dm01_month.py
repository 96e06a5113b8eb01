"""What NHS England published of one provider (DM01), a month and a test at a time."""

from django.db import models


class Dm01Month(models.Model):
    """One provider's figures of one test, summed over those who commission it.

    `month` is the first day of it: who waits is counted on its last day. `provider` is the ODS
    code of then (Successor says who it is now), `test` a code of insights/dm01/catalogue.py.
    `bands` has how many wait by whole weeks, "00" to "12" and "13" for 13 or more; a band that the
    file did not have is not in it, and no figure is guessed: it is None.
    """

    month = models.DateField()
    provider = models.CharField(max_length=8)
    test = models.CharField(max_length=40)
    bands = models.JSONField(default=dict)
    waiting = models.BigIntegerField(null=True)
    over_six = models.BigIntegerField(null=True)
    over_thirteen = models.BigIntegerField(null=True)
    waiting_list_activity = models.BigIntegerField(null=True)
    planned_activity = models.BigIntegerField(null=True)
    unscheduled_activity = models.BigIntegerField(null=True)
    activity = models.BigIntegerField(null=True)
    loaded_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["month", "provider", "test"], name="dm01_once"),
        ]
