"""Slots taken by referrals."""

from django.db import models
from django.db.models import Q

from booking.models.scope import ScopedQuerySet

LIVE = ["pending", "booked"]
"""An appointment in one of these is still to happen; a referral and a slot have at most one."""


class Appointment(models.Model):
    """A slot taken by a referral. It keeps its own place and time: a feed may move the slot.

    `version` rises with every change, so that a text or a reply about an older one is known.
    While pending, the trust should answer by `confirm_by`; otherwise that is None.
    """

    class Status(models.TextChoices):
        """What became of it."""

        PENDING = "pending"
        BOOKED = "booked"
        DISPLACED = "displaced"
        CANCELLED = "cancelled"
        ATTENDED = "attended"
        DID_NOT_ATTEND = "did_not_attend"

    reference = models.CharField(max_length=10, unique=True)
    referral = models.ForeignKey("booking.Referral", models.PROTECT, related_name="appointments")
    slot = models.ForeignKey("booking.Slot", models.PROTECT)
    site = models.ForeignKey("sites.Site", models.PROTECT)
    start = models.DateTimeField()
    end = models.DateTimeField()
    status = models.CharField(max_length=16, choices=Status.choices)
    version = models.PositiveIntegerField(default=1)
    booked_at = models.DateTimeField()
    changed_at = models.DateTimeField()
    confirm_by = models.DateTimeField(null=True)

    trust_paths = ("referral__trust", "site__trust")
    objects = ScopedQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["slot"], condition=Q(status__in=LIVE), name="one_live_appointment_a_slot"
            ),
            models.UniqueConstraint(
                fields=["referral"],
                condition=Q(status__in=LIVE),
                name="one_live_appointment_a_referral",
            ),
        ]
        indexes = [models.Index(fields=["status", "start"], name="appointment_by_day")]

    @property
    def is_live(self) -> bool:
        """Whether it is still to happen."""
        return self.status in LIVE
