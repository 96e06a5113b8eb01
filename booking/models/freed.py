"""Slots that became free, for whoever waits for something sooner."""

from django.db import models

from booking.models.scope import ScopedQuerySet


class FreedSlot(models.Model):
    """One slot that an act set free. `seen_at`: somebody has looked who could have it.

    `freed_at` is to come of one that is open to all only then: it is looked at again.
    `depth`: how many offers in a row led to it; 0 if none did.
    """

    slot = models.ForeignKey("booking.Slot", models.CASCADE)
    freed_at = models.DateTimeField()
    depth = models.PositiveSmallIntegerField(default=0)
    seen_at = models.DateTimeField(null=True)

    trust_paths = ("slot__trust",)
    objects = ScopedQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["slot"],
                condition=models.Q(seen_at=None),
                name="one_unseen_freeing_a_slot",
            ),
        ]
        indexes = [
            models.Index(
                fields=["freed_at"], condition=models.Q(seen_at=None), name="freed_unseen"
            ),
        ]
