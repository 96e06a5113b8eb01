"""The form of how much of one scan is kept for suspected cancer."""

from django.core.exceptions import ValidationError

from booking.pages.fields import TextField
from booking.pages.forms import NhsForm
from received.numbers import whole_number

MOST_HOURS = 672
"""Four weeks."""


class ReservedForm(NhsForm):
    """Percent of the times, and how many hours before they start they are open to all."""

    percent = TextField(
        label="Percent of the times", longest=5, inputmode="numeric",
        classes="nhsuk-input--width-3", missing="Type the percent, 0 for none",
    )  # fmt: skip
    hours = TextField(
        label="Open to all, hours before", longest=5, inputmode="numeric",
        classes="nhsuk-input--width-3", missing="Type how many hours before a time is open to all",
    )  # fmt: skip

    def clean_percent(self) -> int:
        """Return the percent."""
        return self._number("percent", 0, 100)

    def clean_hours(self) -> int:
        """Return the hours."""
        return self._number("hours", 1, MOST_HOURS)

    def _number(self, name: str, least: int, most: int) -> int:
        number = whole_number(self.cleaned_data[name])
        if number is None or not least <= number <= most:
            raise ValidationError(f"Type a whole number from {least} to {most}")
        return number
