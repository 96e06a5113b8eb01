"""Slots taken by referrals."""

from datetime import datetime
from typing import TYPE_CHECKING

from django.db import models
from django.db.models import Q

from booking.models.scope import ScopedQuerySet

if TYPE_CHECKING:
    from booking.models.part import AppointmentPart

Visit = tuple[datetime, datetime]
"""When somebody is there: from, to (UTC)."""

LIVE = ["pending", "booked"]
"""An appointment in one of these is still to happen; a referral and a slot have at most one."""


class Appointment(models.Model):
    """A slot taken by a referral. It keeps its own place and time: a feed may move the slot.

    `slot`, `start` and `end` are of the first visit: its first slot, and from when to when it is,
    however many slots that adjoin it takes. Those, and the slots of a second visit on the same
    day, are its `parts` (booking/models/part.py).
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
        indexes = [
            models.Index(fields=["status", "start"], name="appointment_by_day"),
            models.Index(fields=["site", "start"], name="appointment_by_place"),
            models.Index(fields=["changed_at"], name="appointment_by_change"),
        ]

    @property
    def is_live(self) -> bool:
        """Whether it is still to happen."""
        return self.status in LIVE

    def further(self) -> "list[AppointmentPart]":
        """Return the slots that it has besides its first, in the order of their times."""
        return sorted(self.parts.all(), key=lambda part: part.position)

    def slot_ids(self) -> list[int]:
        """Return the keys of all its slots, in the order of their times."""
        return [self.slot_id, *(part.slot_id for part in self.further())]

    def visits(self) -> list[Visit]:
        """Return from when to when the patient is there: one visit, or two on the same day."""
        second = [part for part in self.further() if part.visit == 2]
        first = (self.start, self.end)
        return [first, (second[0].start, second[-1].end)] if second else [first]

    @property
    def last_end(self) -> datetime:
        """When its last visit ends."""
        return self.visits()[-1][1]
