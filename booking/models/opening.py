"""What somebody asked who wants to open more patients of other trusts than are free."""

from django.db import models
from django.db.models import Q


class Opening(models.Model):
    """One patient of another trust that one person asked to open, and waits for.

    It opens at `opens_at`, or at once when a lead says yes. A lead's no holds for the shift.
    `used_at` is when it was opened; the audit has that, too. Written by booking.patients.opening
    alone.
    """

    class Answer(models.TextChoices):
        """What a lead said."""

        YES = "yes", "yes"
        NO = "no", "no"

    patient = models.ForeignKey("booking.Patient", models.PROTECT)
    staff = models.ForeignKey("booking.Staff", models.PROTECT, related_name="openings")
    reason = models.CharField(max_length=16)
    asked_at = models.DateTimeField()
    opens_at = models.DateTimeField()
    answer = models.CharField(max_length=4, choices=Answer.choices, blank=True)
    answered_by = models.ForeignKey("booking.Staff", models.PROTECT, null=True, related_name="+")
    answered_at = models.DateTimeField(null=True)
    used_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["staff", "patient"], condition=Q(used_at=None), name="one_opening_asked"
            ),
        ]
        indexes = [
            models.Index(
                fields=["asked_at"], condition=Q(used_at=None, answer=""), name="opening_waits"
            ),
        ]
