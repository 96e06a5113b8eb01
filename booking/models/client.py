"""Clients that sign in with a signed assertion: their public keys, and what was used of them."""

from django.db import models

from booking.models.scope import ScopedQuerySet


class ClientKeySet(models.Model):
    """The public keys (a JWKS) of one OAuth2 client, from a file or from the client's own address.

    `keys` is what was read last; from an address it is read again when it is old or a key is not
    in it, at most once a minute: `tried_at` is claimed before each try.
    """

    client = models.OneToOneField("booking.FeedKey", models.CASCADE, primary_key=True)
    url = models.CharField(max_length=500, blank=True)
    keys = models.JSONField(default=dict)
    read_at = models.DateTimeField(null=True)
    tried_at = models.DateTimeField(null=True)

    trust_paths = ("client__trust",)
    objects = ScopedQuerySet.as_manager()


class UsedAssertion(models.Model):
    """An assertion that a client has used: no second time. `jti_hash` is SHA-256."""

    client = models.ForeignKey("booking.FeedKey", models.CASCADE)
    jti_hash = models.CharField(max_length=64)
    expires_at = models.DateTimeField(db_index=True)

    trust_paths = ("client__trust",)
    objects = ScopedQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["client", "jti_hash"], name="assertion_used_once"),
        ]
