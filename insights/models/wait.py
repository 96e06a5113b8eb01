"""Since when each request waits, and until when."""

from django.db import models


class Wait(models.Model):
    """A stretch of time in which a request waited by one clock; who waits is found by them.

    It goes from `begins` up to `until`, both moments: a request has one from the first, and one
    more from each act that started its clock again (insights/clocks.py). `clock` is the day since
    which it waits in that stretch. `until` is the next such act, the scan or the end, whichever is
    first; FOREVER of insights/waits.py, which fills it, while it waits. No row of another room is
    kept by it.
    """

    referral = models.ForeignKey(
        "booking.Referral",
        models.DO_NOTHING,
        db_constraint=False,
        db_index=False,  # one_wait_at_a_time begins with it
        related_name="waits",
    )
    clock = models.DateField()
    begins = models.DateTimeField()
    until = models.DateTimeField()

    class Meta:
        indexes = [
            models.Index(fields=["until", "clock", "begins", "referral"], name="wait_by_end")
        ]
        constraints = [
            models.UniqueConstraint(fields=["referral", "begins"], name="one_wait_at_a_time")
        ]
