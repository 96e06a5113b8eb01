"""The form of every page: fields that render themselves, and the summary of their errors."""

from collections.abc import Mapping
from datetime import date
from typing import Any, ClassVar

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.safestring import SafeString

from booking.pages.fields.base import BoundNhsField, call_macro
from booking.pages.fields.days import DayField, london_today


class NhsForm(forms.Form):
    """A form whose fields print as NHS form groups; an id is the parameter's name.

    `parameters` maps a field to its name in the form and the address, where Python would not take
    that name ("from"). `today` is what dates are judged by; today in England unless said.
    """

    parameters: ClassVar[Mapping[str, str]] = {}

    def __init__(
        self, data: Mapping[str, Any] | None = None, *, today: date | None = None, **options: Any
    ) -> None:
        """Take what was sent, None if nothing was."""
        super().__init__(data, auto_id="%s", label_suffix="", **options)
        self.today = today or london_today()
        for field in self.fields.values():
            if isinstance(field, DayField):
                field.today = lambda: self.today

    def add_prefix(self, field_name: str) -> str:
        """Return the name of a field in the form."""
        return super().add_prefix(self.parameters.get(field_name, field_name))

    def add_errors(self, errors: Mapping[str, str]) -> None:
        """Add what a function that decides refused, by field; for no field of ours, by itself."""
        for name, message in errors.items():
            self.add_error(name if name in self.fields else None, message)

    @property
    def error_list(self) -> list[dict[str, str]]:
        """The errors in the order of the fields, each with the id to link to."""
        bound = [field for field in self if isinstance(field, BoundNhsField) and field.error]
        listed = [{"text": field.error, "href": field.href} for field in bound]
        return listed + [
            {"text": str(text), "href": "#main-content"} for text in self.non_field_errors()
        ]

    @property
    def errors_by_parameter(self) -> dict[str, str]:
        """The first error of each parameter, as an API answers them."""
        return {self.add_prefix(name): str(found[0]) for name, found in self.errors.items()}

    @property
    def error_summary(self) -> SafeString:
        """The box at the top of a page with errors; empty without."""
        return summary_of(self)


def summary_of(*forms: NhsForm, linked: bool = True) -> SafeString:
    """Return the box at the top of a page with the errors of its forms; empty without.

    Not `linked` where the page shows errors of an address, and no fields to go to.
    """
    errors = [error for form in forms for error in form.error_list]
    if not errors:
        return SafeString("")
    shown = errors if linked else [{"text": error["text"]} for error in errors]
    words = {"titleText": "There is a problem", "errorList": shown}
    return call_macro("error-summary", "errorSummary", words)


def form_page(
    request: HttpRequest, template: str, form: NhsForm, context: Mapping[str, Any] | None = None
) -> HttpResponse:
    """Return a page with its form: 400 if the form has errors."""
    status = 400 if form.errors else 200
    return render(request, template, {"form": form, **(context or {})}, status=status)
