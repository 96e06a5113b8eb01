"""Whose record is kept longer than its years, and why."""

from django.db import models


class LegalHold(models.Model):
    """That nothing of a patient is erased: a trial, a claim, a public inquiry.

    `who` is the office that decided, never a patient; `until` the last day, empty for until it is
    lifted. Only booking.patients.legal_holds writes it, and each act is in the audit.
    """

    patient = models.ForeignKey("booking.Patient", models.PROTECT, related_name="legal_holds")
    who = models.CharField(max_length=100)
    reason = models.CharField(max_length=200)
    until = models.DateField(null=True)
    set_at = models.DateTimeField()
    lifted_at = models.DateTimeField(null=True)
