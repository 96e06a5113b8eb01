"""Two records of one person, joined by a lead."""

from django.db import models

from sealed.fields import SealedJSON, SealedText


class Merge(models.Model):
    """That `lost` was joined into `kept`, with all that is needed to take the two apart again.

    `moved` is the keys of what went over, by its kind; `before` and `after` the fields of both
    that changed, as they were and as they became, by "kept" and "lost": of the kept one all as
    they became. `stayed` is what came after the merge and was left with the kept one when it was
    undone. Why, as a lead types it, stands here alone: the audit is for ever.
    """

    kept = models.ForeignKey("booking.Patient", models.PROTECT, related_name="merges")
    lost = models.ForeignKey("booking.Patient", models.PROTECT, related_name="merges_away")
    at = models.DateTimeField()
    actor = models.CharField(max_length=64)
    reason = SealedText(max_length=200)
    moved = models.JSONField(default=dict)
    before = SealedJSON(default=dict)
    after = SealedJSON(default=dict)
    undone_at = models.DateTimeField(null=True)
    undone_by = models.CharField(max_length=64, blank=True)
    undone_reason = SealedText(max_length=200, blank=True, default="")
    stayed = models.JSONField(default=dict)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["lost"], condition=models.Q(undone_at=None), name="merged_once"
            ),
            models.CheckConstraint(
                condition=~models.Q(kept=models.F("lost")), name="merged_into_another"
            ),
        ]
