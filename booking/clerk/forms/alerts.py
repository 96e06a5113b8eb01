"""The forms of an alert: that somebody sees to it, and why it is closed."""

from collections.abc import Collection
from typing import Any

from booking.alerts.closing import LONGEST_WORDS
from booking.clerk.forms.hidden import PressForm
from booking.models import Alert
from booking.pages.fields import HiddenField, RadiosField, TextField
from booking.pages.filters import capitalize_first
from booking.pages.forms import NhsForm

ACKNOWLEDGE, CLOSE = "acknowledge", "close"
"""What the buttons do."""


class BoardForm(NhsForm):
    """What an open page says of what it shows, when it asks for news."""

    heard = HiddenField(longest=100)


class CloseForm(PressForm):
    """Why an alert is closed without a scan, and in whose words."""

    reason = RadiosField(label="Why it is closed", missing="Choose why it is closed")
    words = TextField(
        label="What you were told, and by whom",
        hint=f"Up to {LONGEST_WORDS} characters, with nothing about the illness. A row then asks"
        " for the referrer to be told.",
        missing="Type what you were told, and by whom", autocomplete="off",
    )  # fmt: skip

    def __init__(self, *args: Any, reasons: Collection[Alert.Reason], **options: Any) -> None:
        """Offer the reasons that may be given now."""
        super().__init__(*args, **options)
        choices = [(one.value, capitalize_first(str(one.label))) for one in reasons]
        self.fields["reason"].choices = choices  # type: ignore[attr-defined]
