"""Trusts' feeds: their keys, their names for our sites, and how fresh they are."""

from datetime import datetime, timedelta

from django.db import models

from booking.models.scope import ScopedQuerySet


class FeedKey(models.Model):
    """What one trust's system signs in with: a key, or an OAuth2 client. Secrets are hashed.

    `prefix` is not secret: it finds the row and names it in logs. A key starts with it and
    `key_hash` is its SHA-256; of a client it is the client id, and `key_hash` that of its secret
    (empty for one from before), by which a wrong one is told in no time; what counts stands in
    django-oauth-toolkit's table. `certificate` is the SHA-256 fingerprint, in hex, of the one that
    must be shown as well; empty for none. `minute` and `calls` count for the throttle.
    """

    class Kind(models.TextChoices):
        """How it signs in."""

        KEY = "key", "key"
        CLIENT = "client", "OAuth2 client"

    trust = models.ForeignKey("sites.Trust", models.PROTECT)
    kind = models.CharField(max_length=6, choices=Kind.choices, default=Kind.KEY)
    prefix = models.CharField(max_length=16, unique=True)
    key_hash = models.CharField(max_length=64, blank=True)
    label = models.CharField(max_length=60, blank=True)
    certificate = models.CharField(max_length=64, blank=True, default="")
    created_at = models.DateTimeField()
    last_used_at = models.DateTimeField(null=True)
    revoked_at = models.DateTimeField(null=True)
    minute = models.BigIntegerField(default=0)
    calls = models.PositiveIntegerField(default=0)

    objects = ScopedQuerySet.as_manager()
    scope = ""
    """Of the token that came with a call, where it is a client's; empty for a key. Not kept."""


class FeedLocation(models.Model):
    """A trust's own name for one of our sites (a FHIR Location's id)."""

    trust = models.ForeignKey("sites.Trust", models.PROTECT)
    external_id = models.CharField(max_length=64)
    site = models.ForeignKey("sites.Site", models.PROTECT)
    fed_at = models.DateTimeField()

    objects = ScopedQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["trust", "external_id"], name="location_of_trust"),
        ]


class Feed(models.Model):
    """How one trust's feed is doing, and where we pull it from if the trust does not push.

    Later than three times `interval_minutes` its times are shown with when they were last
    checked; later than `limit_minutes` they are unknown, and patients are asked to phone.
    A trust that `confirms` answers each booking itself, within `confirm_hours`.
    `last_contact_at` is when lines last came that could be used; `as_of` how old they were by what
    their sender says of itself, None where it says nothing. The older of the two is how fresh the
    times are.
    `pull_url` is the address of a $bulk-publish manifest; `pull_state` what the last pull
    learned (ETags, files); `pull_problem` why it was not whole, empty if it was. While it is
    `pull_off` its address is kept and not read.
    """

    trust = models.OneToOneField("sites.Trust", models.PROTECT, primary_key=True)
    interval_minutes = models.PositiveIntegerField(default=15)
    limit_minutes = models.PositiveIntegerField(default=24 * 60)
    last_contact_at = models.DateTimeField(null=True)
    as_of = models.DateTimeField(null=True)
    last_change_at = models.DateTimeField(null=True)
    refused_lines = models.PositiveBigIntegerField(default=0)
    confirms = models.BooleanField(default=False)
    confirm_hours = models.PositiveSmallIntegerField(default=24)
    pull_url = models.CharField(max_length=500, blank=True)
    pull_off = models.BooleanField(default=False)
    pull_next_at = models.DateTimeField(null=True)
    pull_state = models.JSONField(default=dict)
    pull_problem = models.CharField(max_length=200, blank=True)

    objects = ScopedQuerySet.as_manager()

    def is_late(self, now: datetime) -> bool:
        """Whether three pushes in a row are missing."""
        return self._older_than(now, 3 * self.interval_minutes)

    def is_unknown(self, now: datetime) -> bool:
        """Whether its times are too old to be shown at all."""
        return self._older_than(now, self.limit_minutes)

    @property
    def checked_at(self) -> datetime | None:
        """When its times were last true by all that we know; None if never."""
        known = [at for at in (self.last_contact_at, self.as_of) if at]
        return min(known) if self.last_contact_at else None

    def _older_than(self, now: datetime, minutes: int) -> bool:
        last = self.checked_at
        return last is None or now - last > timedelta(minutes=minutes)
