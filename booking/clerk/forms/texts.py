"""The form that sends a text again."""

from booking.clerk.forms.hidden import RowNumber
from booking.pages.fields import RadiosField
from booking.pages.forms import NhsForm
from notifications.by_hand import Reason


class ResendForm(NhsForm):
    """Why it is sent again, and how often the page showed that it was."""

    reason = RadiosField(
        label="Why is it sent again?", choices=Reason.choices,
        missing="Select why this text is sent again",
    )  # fmt: skip
    seen = RowNumber()
