"""The forms that end a referral, and that change how urgent it is."""

from collections.abc import Collection
from typing import Any

from booking.models import Referral
from booking.pages.fields import HiddenField, RadiosField, TextField
from booking.pages.fields.base import invalid
from booking.pages.filters import capitalize_first
from booking.pages.forms import NhsForm
from booking.referrals.urgency import LONGEST_REASON

LONGEST_TYPED = 2000
"""Letters of a reason that is too long that are shown again."""


class EndForm(NhsForm):
    """Why a request ends. `confirm` is what the page said will stop, once it was said."""

    reason = RadiosField(
        label="Why it ends", hint="Nothing is done yet: the next page says what will happen.",
        missing="Choose why it ends",
    )  # fmt: skip
    confirm = HiddenField()

    def __init__(self, *args: Any, reasons: Collection[Referral.End], **options: Any) -> None:
        """Offer the reasons that can still be given."""
        super().__init__(*args, **options)
        choices = [(one.value, capitalize_first(str(one.label))) for one in reasons]
        self.fields["reason"].choices = choices  # type: ignore[attr-defined]


class UrgencyForm(NhsForm):
    """How urgent it is; whether that wants a reason is judged when it is changed."""

    urgency = RadiosField(
        label="It is", missing="Choose how urgent it is",
        choices=[(one.value, capitalize_first(str(one.label))) for one in Referral.Urgency],
    )  # fmt: skip
    reason = TextField(
        label="Why, if it is less urgent", hint=f"Up to {LONGEST_REASON} characters",
        longest=LONGEST_TYPED, autocomplete="off",
    )  # fmt: skip

    def clean_reason(self) -> str:
        """Return the reason; one too long is refused, for the audit keeps it whole."""
        reason: str = self.cleaned_data["reason"]
        if len(reason) > LONGEST_REASON:
            raise invalid(f"The reason must be {LONGEST_REASON} characters or fewer")
        return reason
