"""The forms that book, cancel and mark an appointment."""

from typing import Any

from booking.clerk import caller
from booking.clerk.forms.hidden import SlotForm
from booking.pages.fields import HiddenField, SelectField
from booking.pages.forms import NhsForm

UNCHOSEN = ("", "Choose a reason")


class BookForm(SlotForm):
    """Book a held time, or change an appointment to it.

    `late` is the target day that the time is later than, once that was said.
    """

    late = HiddenField()
    reason = SelectField(label="Why", missing="Choose a reason", classes="desk-select")

    def __init__(self, *args: Any, is_change: bool, **options: Any) -> None:
        """Offer the reasons of a change, or those of a first booking."""
        super().__init__(*args, **options)
        if is_change:
            reasons = [UNCHOSEN, *caller.CHANGE_REASONS.items()]
        else:
            reasons = list(caller.BOOK_REASONS.items())
        self.fields["reason"].choices = reasons  # type: ignore[attr-defined]


class CancelForm(NhsForm):
    """Cancel an appointment, and say why."""

    cancel_reason = SelectField(
        label="Why it is cancelled", missing="Choose why it is cancelled", classes="desk-select",
        choices=[UNCHOSEN, *caller.CANCEL_REASONS.items()],
    )  # fmt: skip


class AttendForm(NhsForm):
    """Say whether the patient came: `yes`, or anything else for no."""

    came = HiddenField()
