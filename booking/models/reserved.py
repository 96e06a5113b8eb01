"""How much of a trust's capacity is kept for suspected cancer, until shortly before."""

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models

from booking.models.scope import ScopedQuerySet


class ReservedShare(models.Model):
    """Of one modality of a trust: percent of its times, open to others `hours` before they start.

    0 percent reserves nothing but schedules that the feed marks. `version` goes up with each
    change, so that a form says what it saw.
    """

    trust = models.ForeignKey("sites.Trust", models.PROTECT)
    modality = models.CharField(max_length=3)
    percent = models.PositiveSmallIntegerField(
        validators=[MinValueValidator(0), MaxValueValidator(100)]
    )
    hours = models.PositiveSmallIntegerField(
        validators=[MinValueValidator(1), MaxValueValidator(672)]
    )
    version = models.PositiveIntegerField(default=1)
    changed_at = models.DateTimeField()

    objects = ScopedQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["trust", "modality"], name="one_share_a_modality"),
        ]
