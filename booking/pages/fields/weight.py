"""Weight, as people know theirs: in kilograms, or in stones and pounds, or not at all.

Three radios, each with its boxes: without JavaScript all boxes stand open. Whoever fills the boxes
of one unit and presses no radio has said which they mean.
"""

import math
import re
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from booking.pages.fields.base import BoundNhsField, NhsField, call_macro, invalid, text_of

KG_PER_POUND = 0.45359237
"""International pound, exactly."""
POUNDS_IN_STONE = 14
LONGEST = 12
"""Letters that are read of a box."""
UNIT, KG, STONES, POUNDS = "unit", "kg", "stones", "pounds"
BOXES = {KG: ((KG, "Kilograms"),), STONES: ((STONES, "Stones"), (POUNDS, "Pounds"))}
UNITS = {KG: "Kilograms", STONES: "Stones and pounds"}
NUMBER = re.compile(
    r"(\d{1,4})(?:[.,](\d{1,3}))?\s*(?:kgs?|kilos?|kilograms?|st|stones?|lbs?|pounds?)?\.?", re.I
)


class WeightWidget(forms.Widget):
    """The radio name[unit], and the boxes name[kg], name[stones], name[pounds]."""

    def value_from_datadict(self, data: Any, files: Any, name: str) -> dict[str, str]:  # noqa: ARG002 - Django calls it
        """Return what was chosen and typed."""
        parts = (UNIT, KG, STONES, POUNDS)
        return {part: text_of(data.get(f"{name}[{part}]")).strip()[:LONGEST] for part in parts}

    def value_omitted_from_data(self, data: Any, files: Any, name: str) -> bool:  # noqa: ARG002 - Django calls it
        """Return whether nothing of it was sent."""
        return f"{name}[{UNIT}]" not in data


class WeightField(NhsField, forms.Field):
    """A weight; its value is whole kilograms, rounded up, as text, or that of `unknown`.

    `unknown` is the value and the words of "I don't know". `least` and `most` are kilograms.
    Rounded up: whoever weighs 159.2 kilograms is over a table's limit of 159.
    """

    component = "radios"
    macro = "radios"
    widget = WeightWidget

    def __init__(
        self,
        *args: Any,
        unknown: tuple[str, str],
        least: int = 1,
        most: int = 500,
        **options: Any,
    ) -> None:
        """Take what a field takes, and the limits of what is taken for a weight."""
        self.unknown, self.least, self.most = unknown, least, most
        super().__init__(*args, **options)

    def clean(self, value: dict[str, str]) -> str:
        """Return kilograms, or that it is not known. Raises ValidationError, naming the box."""
        unit = value[UNIT] or _unit_of_boxes(value)
        if unit == self.unknown[0]:
            return unit
        if unit not in UNITS:
            raise ValidationError(self.error_messages["required"], code="required")
        kilograms = _read_kg(value) if unit == KG else _read_stones(value)
        if not self.least <= kilograms <= self.most:
            raise invalid(f"Weight must be between {self._say_limits(unit)}", unit)
        return str(math.ceil(round(kilograms, 2)))

    def bound_data(self, data: Any, initial: Any) -> Any:  # noqa: ARG002 - Django calls it
        """Return what is shown again."""
        return data

    def prepare_value(self, value: Any) -> dict[str, str]:
        """Return what stands in the boxes; a weight that was answered, in kilograms."""
        empty = dict.fromkeys((UNIT, KG, STONES, POUNDS), "")
        if isinstance(value, dict):
            return empty | value
        if not value:
            return empty
        known = value != self.unknown[0]
        return empty | ({UNIT: KG, KG: str(value)} if known else {UNIT: str(value)})

    def params(self, bound: BoundNhsField) -> dict[str, Any]:
        """Return the radios, each unit with its boxes."""
        value = bound.value()
        items = [
            {
                **self._radio(bound, unit, words),
                "conditional": {"html": self._boxes(bound, unit)},
            }
            for unit, words in UNITS.items()
        ]
        return {
            "name": f"{bound.html_name}[{UNIT}]",
            "idPrefix": bound.auto_id,
            "fieldset": {"legend": bound.label_params()},
            "value": value[UNIT],
            "items": [*items, {"divider": "or"}, self._radio(bound, *self.unknown)],
        }

    def focus(self, bound: BoundNhsField) -> str:
        """Return the id of the box that is wrong, or of the first radio."""
        if bound.wrong_part:
            return f"{bound.auto_id}-{bound.wrong_part}-box"
        return f"{bound.auto_id}-{KG}"

    def _radio(self, bound: BoundNhsField, value: str, words: str) -> dict[str, Any]:
        return {
            "id": f"{bound.auto_id}-{value}",
            "value": value,
            "text": words,
            "checked": bound.value()[UNIT] == value,
        }

    def _boxes(self, bound: BoundNhsField, unit: str) -> SafeString:
        boxes = format_html_join("", "{}", ((self._box(bound, *box),) for box in BOXES[unit]))
        return format_html('<div class="finder-weight">{}</div>', boxes)

    def _box(self, bound: BoundNhsField, part: str, words: str) -> SafeString:
        is_wrong = part == bound.wrong_part
        return call_macro(
            "input",
            "input",
            {
                "id": f"{bound.auto_id}-{part}-box",
                "name": f"{bound.html_name}[{part}]",
                "label": {"text": words},
                "value": bound.value()[part],
                "inputmode": "decimal",
                "width": 4,
                "spellcheck": False,
                "autocomplete": "off",
                "classes": "nhsuk-input--error" if is_wrong else "",
                "formGroup": {"classes": "finder-weight__box"},
                **({"describedBy": f"{bound.auto_id}-error"} if is_wrong else {}),
            },
        )

    def _say_limits(self, unit: str) -> str:
        if unit == KG:
            return f"{self.least} and {self.most} kilograms"
        stones = int(self.most / KG_PER_POUND / POUNDS_IN_STONE)
        return f"{math.ceil(self.least / KG_PER_POUND)} pounds and {stones} stones"


def _unit_of_boxes(value: dict[str, str]) -> str:
    """Return the only unit whose boxes were filled; empty if none or both."""
    filled = [unit for unit, boxes in BOXES.items() if any(value[part] for part, _ in boxes)]
    return filled[0] if len(filled) == 1 else ""


def _read_kg(value: dict[str, str]) -> float:
    if not value[KG]:
        raise invalid("Enter the weight in kilograms", KG)
    return _number(value[KG], "Kilograms", KG)


def _read_stones(value: dict[str, str]) -> float:
    """Return kilograms. Pounds may be left empty; both may not."""
    if not value[STONES] and not value[POUNDS]:
        raise invalid("Enter the weight in stones and pounds", STONES)
    stones = _number(value[STONES] or "0", "Stones", STONES)
    pounds = _number(value[POUNDS] or "0", "Pounds", POUNDS)
    if value[STONES] and pounds >= POUNDS_IN_STONE:
        raise invalid("Pounds must be between 0 and 13, because 14 pounds are a stone", POUNDS)
    return (stones * POUNDS_IN_STONE + pounds) * KG_PER_POUND


def _number(typed: str, subject: str, part: str) -> float:
    found = NUMBER.fullmatch(typed.strip())
    if found is None:
        raise invalid(f"{subject} must be a number, like {'84' if part == KG else '12'}", part)
    whole, rest = found.groups()
    return float(f"{int(whole)}.{int(rest):0{len(rest)}d}" if rest else int(whole))
