"""Choices: one of a few, one of many, some of a few."""

from collections.abc import Collection
from typing import Any

from django import forms

from booking.pages.fields.base import BoundNhsField, NhsField, text_of

OTHER_CHOICE: dict[str, Any] = {
    "invalid_choice": "Choose one of these",
    "invalid_list": "Choose one of these",
}

TYPE_AHEAD = {"data-type-ahead": ""}
"""Attributes of a select that is long, or much used: with JavaScript one types a few letters."""


class SelectField(NhsField, forms.ChoiceField):
    """One of many, in a list that opens.

    TYPE_AHEAD as `attributes` lets one type a few letters instead (static/choose.js).
    """

    choices: Any
    component = "select"
    macro = "select"
    default_error_messages = OTHER_CHOICE
    is_typed = False

    def params(self, bound: BoundNhsField) -> dict[str, Any]:
        """Return the options, the chosen one marked."""
        chosen = text_of(bound.value())
        items = [
            {"value": str(value), "text": str(words), "selected": str(value) == chosen}
            for value, words in self.choices
        ]
        return {"id": bound.auto_id, "items": items}


class _Boxes(NhsField):
    """Choices that all stand on the page, each with the id <name>-<value>.

    `hides` names values that are taken but not shown.
    """

    choices: Any
    default_error_messages = OTHER_CHOICE
    is_typed = False

    def __init__(self, *args: Any, hides: Collection[str] = (), **options: Any) -> None:
        """Take what a field takes."""
        self.hides = hides
        super().__init__(*args, **options)

    def params(self, bound: BoundNhsField) -> dict[str, Any]:
        """Return the choices in a fieldset."""
        return {
            "idPrefix": bound.auto_id,
            "fieldset": {"legend": bound.label_params()},
            "items": self.items(bound),
        }

    def items(self, bound: BoundNhsField) -> list[dict[str, Any]]:
        """Return the choices as the macro takes them: another field may stand beside these."""
        value = bound.value()
        chosen = {str(one) for one in value} if isinstance(value, list | tuple | set) else {value}
        return [
            {
                "id": f"{bound.auto_id}-{value}",
                "name": bound.html_name,
                "value": str(value),
                "text": str(words),
                "checked": str(value) in chosen,
            }
            for value, words in self.choices
            if value not in self.hides
        ]

    def focus(self, bound: BoundNhsField) -> str:
        """Return the id of the first choice."""
        return next((str(item["id"]) for item in self.items(bound) if "id" in item), bound.auto_id)


class RadiosField(_Boxes, forms.ChoiceField):
    """One of a few. `apart` is a value that stands by itself after the others: "I don't know"."""

    component = "radios"
    macro = "radios"

    def __init__(self, *args: Any, apart: str = "", **options: Any) -> None:
        """Take what a field takes."""
        self.apart = apart
        super().__init__(*args, **options)

    def items(self, bound: BoundNhsField) -> list[dict[str, Any]]:
        """Return the choices as the macro takes them, with "or" before the one that is apart."""
        shown = super().items(bound)
        at = next((at for at, item in enumerate(shown) if item["value"] == self.apart), 0)
        return [*shown[:at], {"divider": "or"}, *shown[at:]] if at else shown

    def bound_data(self, data: Any, initial: Any) -> Any:
        """Return what was chosen; a button that was set at first cannot be unset."""
        return data or initial


class ManyWidget(forms.SelectMultiple):
    """Reads a choice that is there more than once, or several with commas between them."""

    def value_from_datadict(self, data: Any, files: Any, name: str) -> list[str]:  # noqa: ARG002 - Django calls it
        """Return every choice that was sent."""
        sent = data.getlist(name) if hasattr(data, "getlist") else data.get(name) or []
        values = [sent] if isinstance(sent, str) else sent
        return [word for value in values for word in str(value).split(",") if word]


class CheckboxesField(_Boxes, forms.MultipleChoiceField):
    """Some of a few, or none."""

    component = "checkboxes"
    macro = "checkboxes"
    widget = ManyWidget
