"""What a form carries about the page that it was on: the time, the appointment and its version.

Our own page wrote it, so that what cannot be read gets no words of its own: it names nothing.
"""

from typing import Any

from django import forms

LONGEST_NUMBER = 18


class RowNumber(forms.Field):
    """The number of a row of a table; 0, which no row has, for anything else."""

    widget = forms.HiddenInput

    def __init__(self, **options: Any) -> None:
        """Make a field that is never refused."""
        super().__init__(required=False, **options)

    def to_python(self, value: Any) -> int:
        """Return the number that was sent."""
        typed = str(value or "")
        is_number = typed.isascii() and typed.isdigit() and len(typed) <= LONGEST_NUMBER
        return int(typed) if is_number else 0


class ScreenForm(forms.Form):
    """What every form of the patient's screen carries: the referral, and the search."""

    referral = RowNumber()
    filters = forms.CharField(required=False, widget=forms.HiddenInput)


class SlotForm(forms.Form):
    """Which time was pressed."""

    slot = RowNumber()


class AppointmentForm(forms.Form):
    """Which appointment, as it was when the page showed it."""

    appointment = forms.CharField(required=False, widget=forms.HiddenInput)
    version = RowNumber()
