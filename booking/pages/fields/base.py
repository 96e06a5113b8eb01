"""What every field shares: its words and looks, and how it renders itself.

`{{ form.code }}` in a template is the whole form group of the NHS design system: label, hint,
error message and control, tied together by aria-describedby, with what was typed still in it.
`{{ form.code.as_nhsuk({"hint": {"html": ...}}) }}` overrides parameters of the macro.
"""

import json
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.forms.boundfield import BoundField
from django.template import engines
from django.utils.safestring import SafeString, mark_safe

MACRO_OPTIONS = frozenset(
    {
        "attributes", "autocapitalize", "autocomplete", "classes", "formGroup", "inputmode",
        "rows", "spellcheck", "type", "width",
    }
)  # fmt: skip
"""Parameters of the NHS macros that a field may be declared with, passed on as they are."""


class NhsField(forms.Field):
    """A field that renders itself by the macro `component`/`macro` of nhsuk_frontend_jinja.

    Options of Django's fields hold; besides them:
    - `missing`: the error if nothing was typed or chosen. Without it, it may be left empty;
    - `hint`; `label_size` ("s" to "xl") and `is_page_heading`: the label is the page's heading;
    - `label_classes`, and MACRO_OPTIONS: passed to the macro;
    - `for_all`: choices that a form gives it are of places, exams or rules, never of a person.
    """

    component = "input"
    macro = "input"
    is_typed = True
    """Whether its value is what somebody typed, not one of a few that are there for all."""

    def __init__(self, *args: Any, missing: str = "", **options: Any) -> None:
        """Take the words and looks; the rest is Django's."""
        self.hint = options.pop("hint", "")
        self.is_for_all = options.pop("for_all", False)
        self.label_looks = {
            "size": options.pop("label_size", ""),
            "isPageHeading": options.pop("is_page_heading", False),
            "classes": options.pop("label_classes", ""),
        }
        self.options = {name: options.pop(name) for name in MACRO_OPTIONS & options.keys()}
        if missing:
            options["error_messages"] = {
                "required": missing,
                "invalid_choice": missing,
                **options.get("error_messages", {}),
            }
        super().__init__(*args, required=bool(missing), **options)

    def __deepcopy__(self, memo: dict[int, Any]) -> Any:
        """Return the field for one form, with the same choices: Django would copy each of them.

        Nobody changes a list of choices; a form that has others gives its field another list.
        """
        return forms.Field.__deepcopy__(self, memo)

    def get_bound_field(self, form: forms.BaseForm, field_name: str) -> "BoundNhsField":
        """Return the field with what was typed, which renders itself."""
        return BoundNhsField(form, self, field_name)

    def params(self, bound: "BoundNhsField") -> dict[str, Any]:
        """Return the macro's parameters that are this kind of field's own."""
        return {"id": bound.auto_id, "value": text_of(bound.value())}

    def focus(self, bound: "BoundNhsField") -> str:
        """Return the id that the error summary links to."""
        return bound.auto_id


class BoundNhsField(BoundField):
    """A field of a form with its value and error: prints as the NHS form group."""

    field: NhsField

    def __str__(self) -> SafeString:
        return self.as_nhsuk()

    __html__ = __str__

    def as_nhsuk(self, overrides: Mapping[str, Any] | None = None) -> SafeString:
        """Return the form group, with parameters of the macro overridden."""
        params = {**self._words(), **self.field.options, **self.field.params(self)}
        params |= overrides or {}
        if self._is_of_everybody(overrides):
            kept = json.dumps(params, default=str)
            return _remember_macro(self.field.component, self.field.macro, kept)
        return call_macro(self.field.component, self.field.macro, params)

    def _is_of_everybody(self, overrides: Mapping[str, Any] | None) -> bool:
        """Whether nothing that it prints is of one person: only that is kept in memory.

        It has the words and choices that its form declares, and nothing that was typed.
        """
        declared = getattr(type(self.form), "base_fields", {}).get(self.name)
        if declared is None or self.error:
            return False
        if self.field.is_typed and (overrides or self.value()):
            return False
        same = ["label", "hint"] if self.field.is_for_all else ["label", "hint", "choices"]
        return all(
            getattr(self.field, name, None) is getattr(declared, name, None) for name in same
        )

    @property
    def error(self) -> str:
        """The error to show: the first, empty if there is none."""
        return str(self.errors[0]) if self.errors else ""

    @property
    def wrong_part(self) -> str:
        """Which part of the value is wrong, as the error says; empty for all of it."""
        for problem in self.errors.as_data()[:1]:
            return str((problem.params or {}).get("part", ""))
        return ""

    @property
    def href(self) -> str:
        """Where the error summary links to."""
        return f"#{self.field.focus(self)}"

    @property
    def items(self) -> list[dict[str, Any]]:
        """The choices, to be put beside another field's."""
        shown: list[dict[str, Any]] = self.field.params(self)["items"]
        return shown

    def _words(self) -> dict[str, Any]:
        words: dict[str, Any] = {"name": self.html_name, "label": self.label_params()}
        if self.field.hint:
            words["hint"] = text_or_html(self.field.hint)
        if self.error:
            words["errorMessage"] = {"text": self.error}
        return words

    def label_params(self) -> dict[str, Any]:
        """Return the label, or the legend, as the macros take it."""
        looks = {name: value for name, value in self.field.label_looks.items() if value}
        return {**text_or_html(self.label), **looks}


def invalid(message: str, part: str = "") -> ValidationError:
    """Return the error of a field, saying which part of it is wrong."""
    return ValidationError(message, code="invalid", params={"part": part})


def text_of(value: Any) -> str:
    """Return a value as it stands in a box."""
    return "" if value is None else str(value)


def text_or_html(words: Any) -> dict[str, Any]:
    """Return words as the macros take them: escaped by them unless they are marked safe."""
    return {"html" if hasattr(words, "__html__") else "text": words}


@lru_cache(maxsize=512)
def _remember_macro(component: str, macro: str, params: str) -> SafeString:
    """Return what a macro prints for these parameters (JSON), printed once.

    A page with thirty boxes spends ten times as long in the macros as in all its queries.
    """
    return call_macro(component, macro, json.loads(params))


def call_macro(component: str, macro: str, params: Mapping[str, Any]) -> SafeString:
    """Return what a macro of the NHS design system prints."""
    template = engines["jinja2"].env.get_template(  # type: ignore[attr-defined]
        f"nhsuk/components/{component}/macro.jinja"
    )
    printed: str = getattr(template.module, macro)(params)
    return mark_safe(printed)  # the macros escape
