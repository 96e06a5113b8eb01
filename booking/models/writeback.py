"""What a trust must be told of its appointments, and where it wants to be told."""

from django.db import models

from booking.models.scope import ScopedQuerySet


class AppointmentChange(models.Model):
    """The latest change of one appointment, as one trust has to hear of it.

    A row a trust and appointment, rewritten at each change, so that the table does not grow
    with time. `number` rises in commit order within a trust: who has read up to one number has
    missed nothing below it. A trust hears of what is at its own sites, and of its own patients
    wherever they are. `slot` is the trust's own: if another trust's patient moved to another
    trust's, the appointment's slot is another, and for this trust the appointment is over. For
    the trust that referred it is never over so, and `slot` is where it was at that change.
    """

    trust = models.ForeignKey("sites.Trust", models.PROTECT)
    appointment = models.ForeignKey("booking.Appointment", models.PROTECT)
    slot = models.ForeignKey("booking.Slot", models.PROTECT)
    version = models.PositiveIntegerField()
    number = models.BigIntegerField()

    objects = ScopedQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["trust", "appointment"], name="one_latest_change"),
            models.UniqueConstraint(fields=["trust", "number"], name="change_number_of_trust"),
        ]

    @property
    def is_over(self) -> bool:
        """Whether the patient moved away from this trust, which did not refer them."""
        about = self.appointment.slot.trust_id, self.appointment.referral.trust_id
        return self.trust_id not in about


class Webhook(models.Model):
    """Where one trust wants its changes pushed to. `told` is the number it has heard up to.

    `secret` signs what we send, so it is kept readable. After `failures` in a row the next try
    waits until `next_try_at`; `refusals` counts how often the receiver refused the change that
    is next. `stopped_at` is set when the receiver said that it is gone (410).
    """

    trust = models.OneToOneField("sites.Trust", models.PROTECT, primary_key=True)
    url = models.CharField(max_length=500)
    secret = models.CharField(max_length=64)
    created_at = models.DateTimeField()
    told = models.BigIntegerField()
    told_at = models.DateTimeField(null=True)
    failures = models.PositiveIntegerField(default=0)
    refusals = models.PositiveSmallIntegerField(default=0)
    next_try_at = models.DateTimeField()
    lease_until = models.DateTimeField(null=True)
    problem = models.CharField(max_length=60, blank=True)
    stopped_at = models.DateTimeField(null=True)

    objects = ScopedQuerySet.as_manager()
