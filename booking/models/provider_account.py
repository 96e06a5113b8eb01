"""Who somebody of the staff is at their trust's own sign-in (OpenID Connect)."""

from django.db import models

LONGEST_ISSUER, LONGEST_SUBJECT = 500, 255
"""An issuer is an address; of a subject the standard says 255 characters at most."""


class ProviderAccount(models.Model):
    """A person at a provider, by the two that never change: issuer and subject.

    An e-mail address does change, and is given to somebody else later; two providers may have the
    same subject. So it is both, written down at the first sign-in.
    """

    staff = models.ForeignKey("booking.Staff", models.CASCADE, related_name="provider_accounts")
    issuer = models.CharField(max_length=LONGEST_ISSUER)
    subject = models.CharField(max_length=LONGEST_SUBJECT)
    linked_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["issuer", "subject"], name="one_staff_a_subject"),
            models.UniqueConstraint(fields=["staff", "issuer"], name="one_subject_a_provider"),
        ]
