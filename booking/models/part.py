"""Further slots of an appointment that one slot is not enough for."""

from django.db import models
from django.db.models import Q

from booking.models.scope import ScopedQuerySet


class AppointmentPart(models.Model):
    """A slot that an appointment has besides its own (`Appointment.slot`, its first).

    Slots that adjoin are one visit; a scan in two visits has slots of both. `position` counts the
    parts in the order of their times, from 1: the appointment's own slot is 0. `visit` is 1 or 2.
    As the appointment itself, a part keeps its own time: a feed may move the slot. `live` is as
    the appointment is: a slot is a part of one live appointment at most. An appointment that moves
    has other parts; the audit says which slots it had.
    """

    appointment = models.ForeignKey(
        "booking.Appointment", models.CASCADE, related_name="parts", db_index=False
    )
    slot = models.ForeignKey("booking.Slot", models.PROTECT)
    position = models.PositiveSmallIntegerField()
    visit = models.PositiveSmallIntegerField()
    start = models.DateTimeField()
    end = models.DateTimeField()
    live = models.BooleanField(default=True)

    trust_paths = ("appointment__referral__trust", "slot__trust")
    objects = ScopedQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["appointment", "position"], name="one_part_a_position"),
            models.UniqueConstraint(
                fields=["slot"], condition=Q(live=True), name="one_live_part_a_slot"
            ),
        ]
