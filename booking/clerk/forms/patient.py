"""The forms that change what is known about the patient, and where the caller travels from."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from booking.clerk.screen.origin import read_place
from booking.models import NEEDS
from booking.patients import record
from sites.origins import OriginError
from sites.postcodes import Origin

LONGEST_NUMBER = 40
LONGEST_PLACE = 40


class OriginForm(forms.Form):
    """Where the caller travels from."""

    place = forms.CharField(required=False)

    def clean_place(self) -> Origin:
        """Return the place that was typed."""
        try:
            return read_place(self.cleaned_data["place"][:LONGEST_PLACE])
        except OriginError as error:
            raise ValidationError(error.message) from None


class MobileForm(forms.Form):
    """The patient's mobile number; none is as good."""

    mobile = forms.CharField(required=False)

    def clean_mobile(self) -> str:
        """Return the number in E.164."""
        try:
            return record.read_mobile(self.cleaned_data["mobile"][:LONGEST_NUMBER])
        except record.NotAMobile as error:
            raise ValidationError(str(error)) from None


class KnownChoices(forms.MultipleChoiceField):
    """Some of the choices; what is none of them is left out."""

    def to_python(self, value: Any) -> list[str]:
        """Return the choices that were ticked."""
        return [one for one in super().to_python(value) if self.valid_value(one)]


class NeedsForm(forms.Form):
    """What the patient needs."""

    needs = KnownChoices(required=False, choices=list(NEEDS.items()))


class NoteForm(forms.Form):
    """A note for the next clerk."""

    note = forms.CharField(error_messages={"required": "Type the note"})
