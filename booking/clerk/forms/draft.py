"""What was typed into a form that was refused, or that the end of a session cut off."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TypeVar

from booking.models import Appointment
from booking.pages.fields import CheckboxesField, HiddenField
from booking.pages.forms import NhsForm
from booking.pages.subject import FIELD, SubjectChanged, read_subject

AnyForm = TypeVar("AnyForm", bound=NhsForm)


@dataclass(frozen=True)
class FormDraft:
    """The fields of the form as they were sent, and what is wrong, each by the field's name."""

    fields: Mapping[str, list[str]] = field(default_factory=dict)
    errors: Mapping[str, str] = field(default_factory=dict)

    def typed(self, name: str) -> str:
        """Return what was typed into one field, empty if nothing was."""
        return next(iter(self.fields.get(name, [])), "")

    def is_about(self, appointment: Appointment) -> bool:
        """Return whether the form was about this appointment, in whatever version."""
        try:
            seen = read_subject({FIELD: self.typed(FIELD)})
        except SubjectChanged:
            return False
        return seen.appointment == appointment.pk

    def fill(self, form: AnyForm) -> AnyForm:
        """Return a form that nobody has sent, with what was typed into it and what is wrong.

        What it carries unseen stays as the page is now.
        """
        for name, own in form.fields.items():
            values = self.fields.get(name)
            if values and not isinstance(own, HiddenField):
                form.initial[name] = values if isinstance(own, CheckboxesField) else values[0]
        show_errors(
            form, {name: words for name, words in self.errors.items() if name in form.fields}
        )
        return form


def show_errors(form: NhsForm, errors: Mapping[str, str]) -> None:
    """Show errors on a form, also on one that nobody has sent."""
    form.full_clean()
    if not form.is_bound:
        form.cleaned_data = {}
    form.add_errors(errors)
