"""What was answered to the questions before a scan. Health data: seen by role, and audited."""

from django.db import models
from django.db.models import Q

from booking.models.scope import ScopedQuerySet


class Answer(models.Model):
    """One answer to one question, for one referral. Kept: a newer one takes its place as current.

    `question` and `value` are of booking/data/questions.toml; of a number the value is the number.
    `version` is the file's when it was asked, `digest` tells whether the question is still the
    same. `answered_by` is an actor as AuditEntry says it; `who` says for whom that actor speaks.
    Somebody who answers for the patient has a name, and says who they are to them. `override` is
    what staff let follow instead, with their reason. Only booking.exams.questions writes it.
    """

    class Who(models.TextChoices):
        """Who answered."""

        PATIENT = "patient", "the patient"
        CARER = "carer", "somebody for the patient"
        CLERK = "clerk", "staff, with the patient"
        TRUST = "trust", "the trust that referred"

    referral = models.ForeignKey("booking.Referral", models.CASCADE, related_name="answers")
    question = models.CharField(max_length=40)
    version = models.PositiveIntegerField()
    digest = models.CharField(max_length=16)
    value = models.CharField(max_length=40)
    answered_by = models.CharField(max_length=64)
    who = models.CharField(max_length=8, choices=Who.choices)
    carer_name = models.CharField(max_length=200, blank=True)
    carer_relation = models.CharField(max_length=100, blank=True)
    at = models.DateTimeField()
    expires_at = models.DateTimeField()
    is_current = models.BooleanField(default=True)
    override = models.CharField(max_length=8, blank=True)
    override_reason = models.CharField(max_length=200, blank=True)
    overridden_by = models.CharField(max_length=64, blank=True)
    overridden_at = models.DateTimeField(null=True)

    trust_paths = ("referral__trust", "referral__appointments__site__trust")
    objects = ScopedQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["referral", "question"],
                condition=Q(is_current=True),
                name="one_current_answer_a_question",
            ),
            models.CheckConstraint(
                condition=Q(override="", override_reason="", overridden_by="", overridden_at=None)
                | ~Q(override="")
                & ~Q(override_reason="")
                & ~Q(overridden_by="")
                & Q(overridden_at__isnull=False),
                name="an_override_has_a_reason_and_a_name",
            ),
        ]
