"""The form of the leads' page of what was offered sooner."""

from booking.offers.sooner.figures import PERIODS
from booking.pages.fields import SelectField
from booking.pages.forms import NhsForm

FIRST = "84"


class PeriodForm(NhsForm):
    """How far back to look; `as` is csv for a file. What cannot be read is as if left out."""

    days = SelectField(label="The last", choices=list(PERIODS.items()), initial=FIRST)

    @property
    def days_back(self) -> int:
        """How many days to look back."""
        sent = self.data.get("days", "")
        return int(sent if sent in PERIODS else FIRST)

    @property
    def wants_file(self) -> bool:
        """Whether a file was asked for."""
        return bool(self.data.get("as") == "csv")
