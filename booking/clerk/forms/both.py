"""The forms of two scans on one day: which two, and which pair of times was pressed."""

from typing import Any

from booking.clerk.forms.hidden import RowNumber
from booking.pages.fields import HiddenField
from booking.pages.fields.base import invalid
from booking.pages.forms import NhsForm
from received.numbers import whole_number


class BothForm(NhsForm):
    """Which two requests."""

    referral = RowNumber()
    other = RowNumber()


class PairForm(NhsForm):
    """The pair that was pressed, "12.34", and what the page was about besides its subject."""

    pair = HiddenField(longest=40)
    about_other = HiddenField(longest=200)

    def clean_pair(self) -> tuple[int, int]:
        """Return the keys of the two first slots. Raises ValidationError."""
        keys = [whole_number(one) for one in str(self.cleaned_data["pair"]).split(".")]
        if len(keys) != 2 or None in keys:
            raise invalid("Choose a pair of times")
        return keys[0] or 0, keys[1] or 0

    @property
    def slots(self) -> tuple[int, int]:
        """The keys of the two first slots."""
        pair: Any = self.cleaned_data["pair"]
        return pair[0], pair[1]
