"""The forms of the rota: a shift, and somebody's mobile."""

from collections.abc import Collection
from datetime import date, datetime, time
from typing import Any, ClassVar

from booking.identifiers.dates import DayKind
from booking.models import Shift, Staff
from booking.pages.fields import CheckboxesField, DayField, SelectField, TextField
from booking.pages.fields.base import invalid
from booking.pages.forms import NhsForm
from booking.patients.record import NotAMobile, read_mobile
from times.london import LONDON

HOURS = [(f"{hour:02}", f"{hour:02}:00") for hour in range(24)]
OVERRIDE = "override"


class WeekForm(NhsForm):
    """Which week the page shows: any day of it."""

    week = DayField(label="Week", kind=DayKind.TO_COME)


class _PersonForm(NhsForm):
    """A form about one of these people, whom its `who` field names by their number."""

    who: ClassVar[str]

    def __init__(self, *args: Any, people: Collection[Staff], **options: Any) -> None:
        """Offer the people."""
        super().__init__(*args, **options)
        self.people = {str(one.pk): one for one in people}
        names = [(key, one.name) for key, one in self.people.items()]
        self.fields[self.who].choices = [("", "Choose"), *names]  # type: ignore[attr-defined]

    @property
    def chosen(self) -> Staff:
        """Who was chosen."""
        return self.people[self.cleaned_data[self.who]]


class ShiftForm(_PersonForm):
    """Who stands at which place of the chain, from when to when."""

    level = SelectField(label="Place", choices=Shift.Level.choices, missing="Choose the place")
    who = "person"
    person = SelectField(label="Who", missing="Choose who")
    begins = DayField(label="From", kind=DayKind.TO_COME, missing="Type the first day", type="date")
    begins_hour = SelectField(label="At", choices=HOURS, missing="Choose the hour")
    ends = DayField(label="Until", kind=DayKind.TO_COME, missing="Type the last day", type="date")
    ends_hour = SelectField(label="At", choices=HOURS, missing="Choose the hour")
    override = CheckboxesField(
        label="Instead of somebody", choices=[(OVERRIDE, "This wins over who else is there then")]
    )

    @property
    def begins_at(self) -> datetime:
        """When it begins, by England's clock."""
        return self._at("begins")

    @property
    def ends_at(self) -> datetime:
        """When it ends, by England's clock."""
        return self._at("ends")

    def _at(self, name: str) -> datetime:
        day: date = self.cleaned_data[name]
        return datetime.combine(day, time(int(self.cleaned_data[f"{name}_hour"])), LONDON)


class MobileForm(_PersonForm):
    """Somebody's mobile, for texts about suspected cancer."""

    who = "owner"
    owner = SelectField(label="Whose", missing="Choose whose")
    mobile = TextField(
        label="Mobile", hint="For texts about urgent requests. Leave it empty to forget it.",
        autocomplete="off", type="tel",
    )  # fmt: skip

    def clean_mobile(self) -> str:
        """Return the number in E.164."""
        try:
            return read_mobile(self.cleaned_data["mobile"])
        except NotAMobile as wrong:
            raise invalid(str(wrong)) from None
