"""The forms that book, cancel and mark an appointment."""

from typing import Any

from booking.clerk import caller
from booking.clerk.forms.hidden import LONGEST_KNOWN, SlotForm
from booking.pages.fields import TYPE_AHEAD, HiddenField, RadiosField, SelectField
from booking.pages.forms import NhsForm

UNCHOSEN = ("", "Choose a reason")


class BookForm(SlotForm):
    """Book a held time, or change an appointment to it.

    `known` carries the tokens of the warnings that were said.
    """

    known = HiddenField(longest=LONGEST_KNOWN)
    reason = SelectField(
        label="Why",
        missing="Choose a reason",
        classes="desk-select",
        attributes=TYPE_AHEAD,
        for_all=True,
    )

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

    cancel_reason = RadiosField(
        label="Why it is cancelled", missing="Choose why it is cancelled",
        classes="nhsuk-radios--small", choices=list(caller.CANCEL_REASONS.items()),
    )  # fmt: skip


class AttendForm(NhsForm):
    """Say whether the patient came: `yes`, or anything else for no."""

    came = HiddenField()
