"""The forms of the day list: which place and day, and who of its people came."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from django.core.exceptions import ValidationError

from booking.appointments.attendance import Mark
from booking.appointments.day import MOST
from booking.identifiers.dates import DayKind
from booking.models import Appointment
from booking.pages.fields import DayField, HiddenField, RadiosField, SelectField
from booking.pages.fields.base import NhsField
from booking.pages.fields.choices import ManyWidget
from booking.pages.forms import NhsForm
from booking.pages.subject import FIELD, SubjectChanged, read_subject, subject_of, subject_token
from sites.models import MODALITIES
from sites.places import Place

SAVE, REST = ACTS = ("save", "rest")
"""What the buttons do: say what is chosen; or that, and that everybody else came."""
CAME, MISSED = "yes", "no"
SCANS = [
    ("", "All scans"),
    *((code, word[:1].upper() + word[1:]) for code, word in MODALITIES.items()),
]


class DayForm(NhsForm):
    """Which place, day and scan: what the address of a day list says, and nobody personal."""

    place = SelectField(label="Place", classes="desk-select", for_all=True)
    day = DayField(kind=DayKind.CLOCK_START, label="Day", subject="The day", type="date")
    scan = SelectField(label="Scan", choices=SCANS, classes="desk-select")

    def __init__(
        self, data: Mapping[str, Any] | None = None, *, places: Sequence[Place], **options: Any
    ) -> None:
        """Offer these places."""
        super().__init__(data, **options)
        choices = [("", "All places"), *((one.slug, one.name) for one in places)]
        self.fields["place"].choices = choices  # type: ignore[attr-defined]

    @property
    def shown_day(self) -> date:
        """The day that is asked for: today, unless one was typed that can be read."""
        day: date | None = self.cleaned_data.get("day") if self.is_bound else None
        return day or self.today


class PeopleField(NhsField):
    """The appointments that a sheet showed, each signed with its version."""

    widget = ManyWidget

    def to_python(self, value: Any) -> dict[int, int]:
        """Return the version of each by its key. Raises ValidationError if we wrote none."""
        try:
            seen = [read_subject({FIELD: token}) for token in value or []]
        except SubjectChanged:
            raise ValidationError("Open the list again") from None
        if len(seen) > MOST:
            raise ValidationError(f"Mark {MOST} people at most")
        return {one.appointment: one.version for one in seen if one.appointment}


class SheetForm(NhsForm):
    """Who came: two buttons a person, named by the key of the appointment; `do` is what is pressed.

    `people` are those whom the sheet showed, as it showed them.
    """

    do = HiddenField(longest=10)
    people = PeopleField()

    def __init__(self, data: Mapping[str, Any]) -> None:
        """Read the buttons of those whom the sheet showed, and of nobody else."""
        super().__init__(data)
        sent = self.fields["people"].widget.value_from_datadict(data, None, "people")
        try:
            shown: dict[int, int] = self.fields["people"].clean(sent)
        except ValidationError:
            shown = {}
        for key in shown:
            self.fields[came_field(key)] = RadiosField(
                choices=[(CAME, "Came"), (MISSED, "Did not come")]
            )

    def clean(self) -> dict[str, Any]:
        """Refuse no button of ours, and a press that says nothing of anybody."""
        sent = super().clean() or {}
        if sent.get("do") not in ACTS:
            self.add_error(None, "Press one of the buttons")
        elif not self.errors and not self.marks:
            self.add_error(None, "Choose who came first")
        return sent

    @property
    def marks(self) -> dict[int, Mark]:
        """What is said of each of whom something is said."""
        sent = self.cleaned_data
        rest = CAME if sent.get("do") == REST else ""
        said = {
            key: (version, sent.get(came_field(key)) or rest)
            for key, version in (sent.get("people") or {}).items()
        }
        return {key: Mark(version, word == CAME) for key, (version, word) in said.items() if word}


def came_field(key: int) -> str:
    """Return the name of the buttons of one appointment."""
    return f"came_{key}"


def token_of(appointment: Appointment) -> str:
    """Return what the sheet carries of one appointment: keys of our own, signed."""
    return subject_token(subject_of(appointment.referral, appointment))
