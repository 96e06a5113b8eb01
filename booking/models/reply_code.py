"""The four digits by which a reply says which appointment it is about."""

from django.db import models


class ReplyCode(models.Model):
    """The code of one version of one appointment, as its texts give it.

    A change makes a new version with a new code, so a late reply to an older text is known for
    what it is. Of several patients on one phone, each appointment has its own.
    """

    appointment = models.ForeignKey(
        "booking.Appointment", models.PROTECT, related_name="reply_codes"
    )
    version = models.PositiveIntegerField()
    code = models.CharField(max_length=4)
    issued_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["appointment", "version"], name="one_reply_code_a_version"
            ),
        ]
        indexes = [models.Index(fields=["code"], name="reply_code")]
