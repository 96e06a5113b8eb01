"""Requests to scan somebody, and the codes that patients book with."""

from typing import TYPE_CHECKING

from django.db import models
from django.db.models import Q

from booking.models.scope import ScopedQuerySet
from sealed.fields import SealedJSON

if TYPE_CHECKING:
    from booking.models.answer import Answer


class Referral(models.Model):
    """A request to scan one patient. Days are calendar days in England.

    `identifier` is the trust's own number for it: sending it twice makes one referral. One that
    has ended is not booked any more: `ended_by` says who ended it, as AuditEntry says it. Only
    booking.referrals.ending writes the three. `sent` is what its sender last said of how to reach
    the patient: what is sent again unchanged is no news (booking/referrals/details.py).
    """

    class Urgency(models.TextChoices):
        """How soon, most pressing first."""

        SUSPECTED_CANCER = "suspected_cancer", "urgent suspected cancer"
        URGENT = "urgent", "urgent"
        ROUTINE = "routine", "routine"
        PLANNED = "planned", "planned"

    class End(models.TextChoices):
        """Why a request is over."""

        DONE = "done", "the scan was done"
        WITHDRAWN = "withdrawn", "withdrawn by the referrer"
        NOT_WANTED = "not_wanted", "the patient does not want the scan"
        DIED = "died", "the patient has died"
        ELSEWHERE = "elsewhere", "scanned somewhere else"
        DUPLICATE = "duplicate", "sent twice or by mistake"
        SENT_BACK = "sent_back", "sent back to the referrer"

    code = models.CharField(max_length=8, unique=True)
    patient = models.ForeignKey("booking.Patient", models.PROTECT, related_name="referrals")
    exam = models.ForeignKey("booking.Exam", models.PROTECT)
    trust = models.ForeignKey("sites.Trust", models.PROTECT)
    urgency = models.CharField(max_length=16, choices=Urgency.choices)
    clock_start = models.DateField()
    target_day = models.DateField()
    identifier = models.CharField(max_length=64, blank=True)
    sent = SealedJSON(default=dict, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)
    ended_at = models.DateTimeField(null=True)
    end_reason = models.CharField(max_length=16, choices=End.choices, blank=True)
    ended_by = models.CharField(max_length=64, blank=True)

    answers_read: "list[Answer] | None" = None
    """Its current answers, if they were read with those of others (asking.read_answers)."""

    objects = ScopedQuerySet.as_manager()

    class Meta:
        indexes = [
            models.Index(fields=["target_day"], name="referral_by_target"),
            models.Index(fields=["created_at"], name="referral_by_arrival"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(ended_at=None, end_reason="")
                | Q(ended_at__isnull=False) & ~Q(end_reason=""),
                name="an_end_has_a_reason",
            ),
            models.UniqueConstraint(
                fields=["trust", "identifier"],
                condition=~Q(identifier=""),
                name="referral_of_trust",
            ),
        ]


class CodeTries(models.Model):
    """Wrong dates of birth given with one code, whether the code exists or not.

    Kept apart from Referral so that a code nobody has locks exactly as a real one does: the
    answer then tells a stranger nothing. `code_hash` is SHA-256 of what was typed, `referral` whose
    code it is. `locks` counts how often it was locked lately, `locked_at` is when that was last,
    and of `locks_told` of them staff were told (booking/patients/code_guesses.py).
    """

    code_hash = models.CharField(max_length=64, primary_key=True)
    wrong = models.PositiveSmallIntegerField(default=0)
    last_at = models.DateTimeField()
    locked_until = models.DateTimeField(null=True)
    locks = models.PositiveSmallIntegerField(default=0, db_default=0)
    locked_at = models.DateTimeField(null=True)
    locks_told = models.PositiveSmallIntegerField(default=0, db_default=0)
    referral = models.ForeignKey(Referral, models.CASCADE, null=True)

    class Meta:
        indexes = [
            models.Index(fields=["locks"], condition=models.Q(locks__gt=0), name="code_guessed")
        ]
