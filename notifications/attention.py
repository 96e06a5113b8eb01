"""News that a patient must be reached another way: goes up to booking by one signal."""

from dataclasses import dataclass

from django.db.models import TextChoices
from django.dispatch import Signal

needs_person = Signal()
"""Sent with `notice` (a Notice) and `now`, inside the transaction of what happened, so that the
phone task stands or falls with it."""


class Reason(TextChoices):
    """Why a text did not do, in words for the clerk."""

    NO_MOBILE = "no_mobile", "There is no mobile number."
    NOT_A_MOBILE = "not_a_mobile", "The number is not a UK mobile."
    OPTED_OUT = "opted_out", "The patient asked for no more texts."
    NOT_DELIVERED = "not_delivered", "A text could not be delivered."
    TOO_LATE = "too_late", "A text could not be sent in time."


@dataclass(frozen=True)
class Notice:
    """What happened. Either `subject` (the text's reference) or `number` (E.164) says to whom."""

    reason: Reason
    subject: str = ""
    kind: str = ""
    number: str = ""
