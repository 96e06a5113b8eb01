"""What came of each try to reach somebody of whom a row says "phone"."""

from django.db import models


class Attempt(models.Model):
    """One try: who, when, and what came of it. Only ever added to.

    `call_at` is when the patient asked to be called back. The last three are no calls: they are
    what is done when calls did not help.
    """

    class What(models.TextChoices):
        """What came of it."""

        NO_ANSWER = "no_answer", "No answer"
        LEFT_MESSAGE = "left_message", "Left a message"
        WRONG_NUMBER = "wrong_number", "Wrong number"
        CALL_BACK = "call_back", "Call back at a time"
        LETTER_SENT = "letter_sent", "The letter has gone"
        REFERRER_TOLD = "referrer_told", "Who referred was told"
        PHONE_ON = "phone_on", "A lead says: phone on"

    row = models.ForeignKey("booking.WorklistRow", models.PROTECT, related_name="attempts")
    at = models.DateTimeField()
    actor = models.CharField(max_length=64)
    what = models.CharField(max_length=16, choices=What.choices)
    call_at = models.DateTimeField(null=True)
