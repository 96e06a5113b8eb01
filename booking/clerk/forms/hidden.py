"""What a form carries about the page that it was on, besides its subject: the search, the time.

Our own page wrote it, so that what cannot be read gets no words of its own: it names nothing.
"""

from typing import Any

from booking.pages.fields import HiddenField
from booking.pages.forms import NhsForm
from received.numbers import whole_number

LONGEST_KNOWN = 500
LONGEST_QUERY = 2000
"""Later times of fifty places still fit."""


class RowNumber(HiddenField):
    """The number of a row of a table; 0, which no row has, for anything else."""

    def to_python(self, value: Any) -> int:  # type: ignore[override]
        """Return the number that was sent."""
        return whole_number(str(value or "")) or 0


class ScreenForm(NhsForm):
    """What every form of the patient's screen carries: the search."""

    filters = HiddenField(longest=LONGEST_QUERY)


class ChosenForm(NhsForm):
    """What an address of the screen says: whose times, and what was said of a held one."""

    referral = RowNumber()
    known = HiddenField(longest=LONGEST_KNOWN)


class OpenPageForm(NhsForm):
    """What a page that was left open asks with: whose times, which it shows, and since when it asks
    (seconds since 1970).
    """

    referral = RowNumber()
    times_seen = HiddenField(longest=LONGEST_KNOWN)
    since = RowNumber()


class PressForm(NhsForm):
    """Which of a form's buttons was pressed, where it has several."""

    do = HiddenField(longest=20)

    @property
    def pressed(self) -> str:
        """The word of the button, empty for none that we know."""
        return self.cleaned_data["do"] if self.is_valid() else ""


class OfferPressForm(PressForm):
    """Which offer was answered, and how."""

    offer = RowNumber()


class SlotForm(NhsForm):
    """Which time was pressed."""

    slot = RowNumber()
