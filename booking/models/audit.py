"""Who saw or changed what about whom."""

from django.db import models


class AuditEntry(models.Model):
    """One act, written in the act's own transaction. A database trigger forbids any change.

    `actor` names a kind and a key, never a person: "patient", "feed RXL", "staff 12". Write it
    with booking.changes.audit.write, which knows whose patient it is about.
    """

    at = models.DateTimeField()
    actor = models.CharField(max_length=64)
    action = models.CharField(max_length=32)
    patient = models.ForeignKey("booking.Patient", models.PROTECT, null=True, db_index=False)
    referral = models.ForeignKey("booking.Referral", models.PROTECT, null=True)
    appointment = models.ForeignKey("booking.Appointment", models.PROTECT, null=True)
    detail = models.JSONField(default=dict)

    class Meta:
        indexes = [
            models.Index(fields=["patient", "at"], name="audit_by_patient"),
            models.Index(fields=["actor", "at"], name="audit_by_actor"),
            models.Index(fields=["action", "at"], name="audit_by_action"),
        ]
