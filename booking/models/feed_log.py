"""What came in, from whom, and what we refused of it.

Capped, and pruned, by booking/exchange/feeds/log.py.
"""

from django.db import models

from booking.models.scope import ScopedQuerySet
from sealed.fields import SealedJSON


class FeedCall(models.Model):
    """One call that wrote, or tried to, with the key that made it; a pull has no key.

    `call` is what was called ("$import", "PUT Slot"), `counts` what became of its lines.
    """

    trust = models.ForeignKey("sites.Trust", models.PROTECT)
    key = models.ForeignKey("booking.FeedKey", models.PROTECT, null=True)
    at = models.DateTimeField()
    call = models.CharField(max_length=24)
    status = models.PositiveSmallIntegerField()
    counts = models.JSONField(default=dict)

    objects = ScopedQuerySet.as_manager()

    class Meta:
        indexes = [models.Index(fields=["trust", "at"], name="feed_calls_of_trust")]


class FeedRefusal(models.Model):
    """One line that was not used: its number, what it is about, a FHIR issue type, and why."""

    trust = models.ForeignKey("sites.Trust", models.PROTECT)
    at = models.DateTimeField()
    line = models.PositiveBigIntegerField()
    item = models.CharField(max_length=80, blank=True)
    code = models.CharField(max_length=20)
    what = models.CharField(max_length=300)

    objects = ScopedQuerySet.as_manager()

    class Meta:
        indexes = [models.Index(fields=["trust", "at"], name="feed_refusals_of_trust")]


class FirstAnswer(models.Model):
    """What a call under an Idempotency-Key was answered first; `status` is NULL while it runs.

    `key_hash` and `body_hash` are SHA-256; the body's covers what was called, too.
    """

    caller = models.ForeignKey("sites.Trust", models.PROTECT)
    key_hash = models.CharField(max_length=64)
    body_hash = models.CharField(max_length=64, blank=True)
    started_at = models.DateTimeField()
    status = models.PositiveSmallIntegerField(null=True)
    answer = SealedJSON(null=True)
    headers = models.JSONField(default=dict)

    trust_paths = ("caller",)
    objects = ScopedQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["caller", "key_hash"], name="one_first_answer"),
        ]
