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
    NOT_IN_USE = "not_in_use", "The number is not in use."
    OUT_OF_REACH = "out_of_reach", "The phone was off or out of reach."
    NOT_CARRIED = "not_carried", "The network did not carry a text."
    OPTED_OUT = "opted_out", "The patient asked for no more texts."
    NOT_DELIVERED = "not_delivered", "A text could not be delivered."
    TOO_LATE = "too_late", "A text could not be sent in time."


reached = Signal()
"""Sent with `subject` (a text's reference) or `number` (E.164), and `now`, inside the transaction
of what happened: a text about this arrived, or texts go to this number again."""


@dataclass(frozen=True)
class Notice:
    """What happened. Either `subject` (the text's reference) or `number` (E.164) says to whom."""

    reason: Reason
    subject: str = ""
    kind: str = ""
    number: str = ""
