"""Who is told of suspected cancer, and when."""

from django.db import models
from django.db.models import F, Q

from booking.models.scope import ScopedQuerySet


class Shift(models.Model):
    """From when to when somebody stands at one place of a trust's chain.

    An override wins over what stands beside it; of two of a kind the one that was written last.
    One that is taken away is kept, with who took it.
    """

    class Level(models.TextChoices):
        """The places of the chain, in their order."""

        ON_CALL = "on_call", "On call"
        SECOND = "second", "Second"
        LEAD = "lead", "Lead"
        DUTY_MANAGER = "duty_manager", "Duty manager"

    trust = models.ForeignKey("sites.Trust", models.PROTECT)
    level = models.CharField(max_length=16, choices=Level.choices)
    person = models.ForeignKey("booking.Staff", models.PROTECT, related_name="shifts")
    begins_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    is_override = models.BooleanField(default=False)
    made_at = models.DateTimeField()
    made_by = models.CharField(max_length=64)
    removed_at = models.DateTimeField(null=True)
    removed_by = models.CharField(max_length=64, blank=True)

    objects = ScopedQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(ends_at__gt=F("begins_at")), name="a_shift_ends_after_it_begins"
            ),
        ]
        indexes = [
            models.Index(
                fields=["trust", "ends_at"], condition=Q(removed_at=None), name="shift_by_end"
            ),
        ]
