"""What seals the audit: a chain over its entries, beside them, so that no entry is ever changed."""

from django.db import models


class AuditLink(models.Model):
    """One entry of the audit, sealed: its digest covers the entry and the link before.

    Numbers have no gaps, so that a removed link shows. `entry` is no foreign key, so that the link
    of a removed entry stays. `key` tells which key sealed it, and is not secret. Written by
    booking.changes.audit_chain alone. A database trigger forbids any change.
    """

    number = models.PositiveBigIntegerField(primary_key=True)
    entry = models.BigIntegerField(unique=True)
    digest = models.CharField(max_length=64)
    key = models.CharField(max_length=8)
    at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["at"], name="audit_link_by_day")]
