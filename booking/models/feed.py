"""Trusts' feeds: their keys, their names for our sites, and how fresh they are."""

from datetime import datetime, timedelta

from django.db import models


class FeedKey(models.Model):
    """A key that one trust's system calls us with. Only its hash is kept (SHA-256).

    `prefix` is the key's first part, not secret: it finds the row and names it in logs.
    """

    trust = models.ForeignKey("sites.Trust", models.PROTECT)
    prefix = models.CharField(max_length=16, unique=True)
    key_hash = models.CharField(max_length=64)
    label = models.CharField(max_length=60, blank=True)
    created_at = models.DateTimeField()
    last_used_at = models.DateTimeField(null=True)
    revoked_at = models.DateTimeField(null=True)


class FeedLocation(models.Model):
    """A trust's own name for one of our sites (a FHIR Location's id)."""

    trust = models.ForeignKey("sites.Trust", models.PROTECT)
    external_id = models.CharField(max_length=64)
    site = models.ForeignKey("sites.Site", models.PROTECT)
    fed_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["trust", "external_id"], name="location_of_trust"),
        ]


class Feed(models.Model):
    """How one trust's feed is doing.

    Later than three times `interval_minutes` its times are shown with when they were last
    checked; later than `limit_minutes` they are unknown, and patients are asked to phone.
    A trust that `confirms` answers each booking itself, within `confirm_hours`.
    """

    trust = models.OneToOneField("sites.Trust", models.PROTECT, primary_key=True)
    interval_minutes = models.PositiveIntegerField(default=15)
    limit_minutes = models.PositiveIntegerField(default=24 * 60)
    last_contact_at = models.DateTimeField(null=True)
    last_change_at = models.DateTimeField(null=True)
    refused_lines = models.PositiveBigIntegerField(default=0)
    confirms = models.BooleanField(default=False)
    confirm_hours = models.PositiveSmallIntegerField(default=24)

    def is_late(self, now: datetime) -> bool:
        """Whether three pushes in a row are missing."""
        return self._older_than(now, 3 * self.interval_minutes)

    def is_unknown(self, now: datetime) -> bool:
        """Whether its times are too old to be shown at all."""
        return self._older_than(now, self.limit_minutes)

    def _older_than(self, now: datetime, minutes: int) -> bool:
        last = self.last_contact_at
        return last is None or now - last > timedelta(minutes=minutes)
