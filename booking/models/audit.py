"""Who did what to whose booking."""

from django.db import models


class AuditEntry(models.Model):
    """One act, written in the act's own transaction. A database trigger forbids any change.

    `actor` names a kind and a key, never a person: "patient", "feed RXL", "staff 12".
    """

    at = models.DateTimeField()
    actor = models.CharField(max_length=64)
    action = models.CharField(max_length=32)
    referral = models.ForeignKey("booking.Referral", models.PROTECT, null=True)
    appointment = models.ForeignKey("booking.Appointment", models.PROTECT, null=True)
    detail = models.JSONField(default=dict)
