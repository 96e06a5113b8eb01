"""Requests to scan somebody, and the codes that patients book with."""

from django.db import models


class Referral(models.Model):
    """A request to scan one patient. Days are calendar days in England."""

    class Urgency(models.TextChoices):
        """How soon, most pressing first."""

        SUSPECTED_CANCER = "suspected_cancer", "urgent suspected cancer"
        URGENT = "urgent", "urgent"
        ROUTINE = "routine", "routine"
        PLANNED = "planned", "planned"

    code = models.CharField(max_length=8, unique=True)
    patient = models.ForeignKey("booking.Patient", models.PROTECT, related_name="referrals")
    exam = models.ForeignKey("booking.Exam", models.PROTECT)
    trust = models.ForeignKey("sites.Trust", models.PROTECT)
    urgency = models.CharField(max_length=16, choices=Urgency.choices)
    clock_start = models.DateField()
    target_day = models.DateField()
    created_at = models.DateTimeField(auto_now_add=True)


class CodeTries(models.Model):
    """Wrong dates of birth given with one code, whether the code exists or not.

    Kept apart from Referral so that a code nobody has locks exactly as a real one does: the
    answer then tells a stranger nothing. `code_hash` is SHA-256 of what was typed.
    """

    code_hash = models.CharField(max_length=64, primary_key=True)
    wrong = models.PositiveSmallIntegerField(default=0)
    last_at = models.DateTimeField()
    locked_until = models.DateTimeField(null=True)
