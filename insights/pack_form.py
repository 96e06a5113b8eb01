"""Which quarter's pack."""

from datetime import datetime
from typing import Any

from booking.pages.fields import SelectField
from booking.pages.forms import NhsForm
from insights.quarters import Quarter, last_whole, read_quarter

OFFERED = 8
"""Quarters that the page offers."""


class PackForm(NhsForm):
    """One of the last quarters that are over; the last one unless said."""

    quarter = SelectField(
        label="Quarter",
        error_messages={"invalid_choice": "Choose one of the quarters in the list"},
    )

    def __init__(self, data: Any = None, *, now: datetime, **options: Any) -> None:
        """Take what was sent, and the time that decides which quarters are over."""
        super().__init__(data, **options)
        self.now = now
        one = last_whole(now)
        choices = []
        for _ in range(OFFERED):
            choices.append((one.code, f"{one.name}: {one.words}"))
            one = one.before
        self.fields["quarter"].choices = choices  # type: ignore[attr-defined]

    @property
    def chosen(self) -> Quarter:
        """The quarter. Only of a form that is valid."""
        return read_quarter(self.cleaned_data["quarter"] or last_whole(self.now).name, now=self.now)
