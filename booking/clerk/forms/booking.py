"""The forms that book, cancel and mark an appointment."""

from typing import Any

from django import forms

from booking.clerk import caller
from booking.clerk.forms.hidden import AppointmentForm, SlotForm


class BookForm(SlotForm):
    """Book a held time, or change to it the appointment that the page showed as `seen`."""

    seen = forms.CharField(required=False, widget=forms.HiddenInput)
    reason = forms.ChoiceField(
        label="Why",
        error_messages={"required": "Choose a reason", "invalid_choice": "Choose a reason"},
    )

    def __init__(self, *args: Any, **options: Any) -> None:
        """Offer the reasons of a change, or those of a first booking."""
        super().__init__(*args, **options)
        reasons = caller.CHANGE_REASONS if self["seen"].value() else caller.BOOK_REASONS
        self.fields["reason"].choices = list(reasons.items())  # type: ignore[attr-defined]


class CancelForm(AppointmentForm):
    """Cancel an appointment, and say why."""

    cancel_reason = forms.ChoiceField(
        label="Why it is cancelled",
        choices=list(caller.CANCEL_REASONS.items()),
        error_messages={
            "required": "Choose why it is cancelled",
            "invalid_choice": "Choose why it is cancelled",
        },
    )


class AttendForm(AppointmentForm):
    """Say whether the patient came: `yes`, or anything else for no."""

    came = forms.CharField(required=False)
