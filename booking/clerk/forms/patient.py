"""The forms that change what is known about the patient, and where the caller travels from."""

from typing import Any

from django.core.exceptions import ValidationError

from booking.pages.fields import (
    HiddenField,
    NeedsField,
    SelectField,
    ShownNeedsField,
    TextareaField,
    TextField,
)
from booking.pages.forms import NhsForm
from booking.patients import record
from booking.search.origin import SEVERAL, OriginField, way_field
from sites import places
from sites.postcodes import Origin

SHORTEST_NAME = 4
"""Letters of the name of a place of ours; fewer are in too many names."""


class CallersOriginField(OriginField):
    """A postcode, a town, or a place of ours: callers say "near the infirmary"."""

    def clean(self, value: Any) -> Origin:
        """Return where that is. Raises ValidationError with what to type instead."""
        try:
            return super().clean(value)
        except ValidationError as error:
            if error.code == SEVERAL:
                raise
            words = self.to_python(value).casefold()
            for place in places.table().places:
                if (
                    len(words) >= SHORTEST_NAME
                    and words in f"{place.name} {place.address}".casefold()
                ):
                    return Origin(place.name, place.lat, place.lon, approximate=True)
            raise


class OriginForm(NhsForm):
    """Where the caller travels from, and how: asked once there is a timetable."""

    place = CallersOriginField(
        label="Travels from", longest=40, classes="desk-input", autocomplete="off"
    )
    way = way_field(SelectField, label="How", classes="desk-input")


class NearForm(NhsForm):
    """Which of the places was pressed that the caller named before; none if one was typed."""

    near = HiddenField(longest=80)


class MobileForm(NhsForm):
    """The patient's mobile number; none is as good."""

    mobile = TextField(
        label="Mobile number", longest=40, type="tel", classes="desk-input", autocomplete="off"
    )

    def clean_mobile(self) -> str:
        """Return the number in E.164."""
        try:
            return record.read_mobile(self.cleaned_data["mobile"])
        except record.NotAMobile as error:
            raise ValidationError(str(error)) from None


class OtherPhoneForm(NhsForm):
    """One phone more, which is rung and never texted: its number, then its use if it has one."""

    other_phone = TextField(
        label="Add another phone", hint="Like 01229 870870 home. Rung, never texted",
        missing="Type the phone", longest=60, type="tel", classes="desk-input", autocomplete="off",
    )  # fmt: skip


class NeedsForm(NhsForm):
    """What the patient needs."""

    needs = NeedsField(label="The patient")
    shown = ShownNeedsField()


class NoteForm(NhsForm):
    """A note for the next clerk."""

    note = TextareaField(
        label="Note for the next clerk", missing="Type the note", longest=record.LONGEST_NOTE,
        rows=2, classes="desk-note",
    )  # fmt: skip
