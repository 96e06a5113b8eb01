"""Words: a box, a box of several lines, and what a form carries unseen."""

from typing import Any

from django import forms
from django.utils.html import format_html
from django.utils.safestring import SafeString

from booking.pages.fields.base import BoundNhsField, NhsField, text_of
from received.text import tidy


class TextField(NhsField, forms.CharField):
    """A box for words. What is longer than `longest` is cut: nobody types it, a program sends it.

    A refusal of what was typed is the form's, in a clean_<name> or by add_errors.
    """

    def __init__(self, *args: Any, longest: int = 400, **options: Any) -> None:
        """Take what a field takes, and how much of what was typed is read."""
        self.longest = longest
        super().__init__(*args, **options)

    def to_python(self, value: Any) -> str:
        """Return what was typed, cut, tidied, without the spaces around it."""
        return str(super().to_python(self.bound_data(value, None)))

    def bound_data(self, data: Any, initial: Any) -> str:  # noqa: ARG002 - Django calls it
        """Return what is shown again: no more than is read."""
        return self.tidy(text_of(data)[: self.longest])

    def tidy(self, typed: str) -> str:
        """Return what was typed without what cannot be seen."""
        return tidy(typed)


class TextareaField(TextField):
    """A box of several lines."""

    component = "textarea"
    macro = "textarea"


class HiddenField(TextField):
    """What a form carries unseen. An error of it has nothing to link to but the page's content."""

    def __init__(self, *args: Any, **options: Any) -> None:
        """Take what a text takes."""
        super().__init__(*args, widget=forms.HiddenInput, **options)

    def get_bound_field(self, form: forms.BaseForm, field_name: str) -> "BoundHidden":
        """Return the field with its value."""
        return BoundHidden(form, self, field_name)

    def focus(self, bound: BoundNhsField) -> str:  # noqa: ARG002 - Django calls it
        """Return the id of the page's content."""
        return "main-content"


class BoundHidden(BoundNhsField):
    """A hidden field: prints as one."""

    def as_nhsuk(self, overrides: Any = None) -> SafeString:  # noqa: ARG002 - Django calls it
        """Return the input. It has no looks to override."""
        return format_html(
            '<input type="hidden" name="{}" value="{}">', self.html_name, text_of(self.value())
        )
