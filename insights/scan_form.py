"""Which scan somebody asks for: all, unless they say one; and of which day."""

from datetime import date

from booking.identifiers.dates import DayKind
from booking.pages.fields import DayField, SelectField
from booking.pages.filters import capitalize_first
from booking.pages.forms import NhsForm
from sites.models import MODALITIES

ALL_SCANS = "All scans"


class ScanForm(NhsForm):
    """One kind of scan, or all."""

    scan = SelectField(
        label="Scan",
        choices=[("", ALL_SCANS), *((code, capitalize_first(w)) for code, w in MODALITIES.items())],
        error_messages={"invalid_choice": "Choose one of the scans in the list"},
    )

    @property
    def modality(self) -> str:
        """The scan's code, empty for all. Only of a form that is valid."""
        return str(self.cleaned_data["scan"])


class BreachForm(ScanForm):
    """One kind of scan, or all; and the day whose people are to be named."""

    day = DayField(kind=DayKind.TO_COME, say=lambda _: "That is no day to come.", label="Day")

    @property
    def shown_day(self) -> date | None:
        """The day, None for none. Only of a form that is valid."""
        found: date | None = self.cleaned_data["day"]
        return found
