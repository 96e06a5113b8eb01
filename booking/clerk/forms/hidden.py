"""What a form carries about the page that it was on, besides its subject: the search, the time.

Our own page wrote it, so that what cannot be read gets no words of its own: it names nothing.
"""

from typing import Any

from booking.pages.fields import HiddenField
from booking.pages.forms import NhsForm

LONGEST_NUMBER = 18
"""Digits: ids are 64-bit."""
LONGEST_QUERY = 500


class RowNumber(HiddenField):
    """The number of a row of a table; 0, which no row has, for anything else."""

    def to_python(self, value: Any) -> int:  # type: ignore[override]
        """Return the number that was sent."""
        typed = str(value or "")
        is_number = typed.isascii() and typed.isdigit() and len(typed) <= LONGEST_NUMBER
        return int(typed) if is_number else 0


class ScreenForm(NhsForm):
    """What every form of the patient's screen carries: the search."""

    filters = HiddenField(longest=LONGEST_QUERY)


class ChosenForm(NhsForm):
    """What an address of the screen says: whose times, and the target day a held one is after."""

    referral = RowNumber()
    late = HiddenField()


class SlotForm(NhsForm):
    """Which time was pressed."""

    slot = RowNumber()
