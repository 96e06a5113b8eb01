"""A number that people may not know; and a weight, in the units that they know theirs in.

Radios, each with its boxes: without JavaScript all boxes stand open. Whoever fills the boxes of one
unit and presses no radio has said which they mean.
"""

import math
import re
from collections.abc import Mapping
from types import MappingProxyType
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
UNIT, NUMBER = "unit", "number"
KG, STONES, POUNDS = "kg", "stones", "pounds"
TYPED = re.compile(
    r"(\d{1,4})(?:[.,](\d{1,3}))?\s*(?:kgs?|kilos?|kilograms?|st|stones?|lbs?|pounds?)?\.?", re.I
)


class _Widget(forms.Widget):
    """The radio name[unit], and a box name[part] for each of the parts."""

    def __init__(self, parts: tuple[str, ...]) -> None:
        """Take the names of the boxes."""
        super().__init__()
        self.parts = parts

    def value_from_datadict(self, data: Any, files: Any, name: str) -> dict[str, str]:  # noqa: ARG002 - Django calls it
        """Return what was chosen and typed."""
        parts = (UNIT, *self.parts)
        return {part: text_of(data.get(f"{name}[{part}]")).strip()[:LONGEST] for part in parts}

    def value_omitted_from_data(self, data: Any, files: Any, name: str) -> bool:  # noqa: ARG002 - Django calls it
        """Return whether nothing of it was sent."""
        return f"{name}[{UNIT}]" not in data


class NumberField(NhsField, forms.Field):
    """A number in one unit; its value is the whole number, rounded up, as text, or `unknown`'s.

    `unknown` is the value and the words of "I don't know"; `least` and `most` are what may be.
    """

    component = "radios"
    macro = "radios"
    units: Mapping[str, str] = {NUMBER: "I know the number"}
    """Units by their radios, each with the words on it."""

    def __init__(
        self, *args: Any, unknown: tuple[str, str], least: int, most: int, unit: str, **options: Any
    ) -> None:
        """Take what a field takes, what may be a number, and the words for its unit."""
        self.unknown, self.least, self.most, self.unit = unknown, least, most, unit
        parts = tuple(part for unit in self.units for part in self.boxes(unit))
        super().__init__(*args, widget=_Widget(parts), **options)

    def boxes(self, unit: str) -> dict[str, str]:
        """Return the boxes of a unit, each with its words."""
        return {unit: self.unit}

    def read(self, value: Mapping[str, str], unit: str) -> float:
        """Return the number in the boxes of a unit. Raises ValidationError, naming the box."""
        if not value[unit]:
            raise invalid("Enter the number", unit)
        return read_number(value[unit], "It", unit)

    def limits(self, unit: str) -> str:  # noqa: ARG002 - a weight's depend on it
        """Return what the number must be between, in words."""
        return f"It must be between {self.least} and {self.most} {self.unit}"

    def clean(self, value: dict[str, str]) -> str:
        """Return the number, or that it is not known. Raises ValidationError, naming the box."""
        unit = value[UNIT] or self._unit_of_boxes(value)
        if unit == self.unknown[0]:
            return unit
        if unit not in self.units:
            raise ValidationError(self.error_messages["required"], code="required")
        number = math.ceil(round(self.read(value, unit), 2))
        if not self.least <= number <= self.most:
            raise invalid(self.limits(unit), next(iter(self.boxes(unit))))
        return str(number)

    def bound_data(self, data: Any, initial: Any) -> Any:  # noqa: ARG002 - Django calls it
        """Return what is shown again."""
        return data

    def prepare_value(self, value: Any) -> dict[str, str]:
        """Return what stands in the boxes; of a number that was answered, the first unit's."""
        first = next(iter(self.units))
        empty = dict.fromkeys((UNIT, *self.widget.parts), "")
        if isinstance(value, dict):
            return empty | value
        if not value:
            return empty
        known = value != self.unknown[0]
        return empty | ({UNIT: first, first: str(value)} if known else {UNIT: str(value)})

    def params(self, bound: BoundNhsField) -> dict[str, Any]:
        """Return the radios, each unit with its boxes."""
        items: list[dict[str, Any]] = [
            {
                **self._radio(bound, unit, words),
                "conditional": {"html": self._boxes(bound, unit)},
            }
            for unit, words in self.units.items()
        ]
        return {
            "name": f"{bound.html_name}[{UNIT}]",
            "idPrefix": bound.auto_id,
            "fieldset": {"legend": bound.label_params()},
            "value": bound.value()[UNIT],
            "items": [*items, {"divider": "or"}, self._radio(bound, *self.unknown)],
        }

    def focus(self, bound: BoundNhsField) -> str:
        """Return the id of the box that is wrong, or of the first radio."""
        if bound.wrong_part:
            return f"{bound.auto_id}-{bound.wrong_part}-box"
        return f"{bound.auto_id}-{next(iter(self.units))}"

    def _unit_of_boxes(self, value: dict[str, str]) -> str:
        """Return the only unit whose boxes were filled; empty if none or several."""
        filled = [unit for unit in self.units if any(value[part] for part in self.boxes(unit))]
        return filled[0] if len(filled) == 1 else ""

    def _radio(self, bound: BoundNhsField, value: str, words: str) -> dict[str, Any]:
        return {
            "id": f"{bound.auto_id}-{value}",
            "value": value,
            "text": words,
            "checked": bound.value()[UNIT] == value,
        }

    def _boxes(self, bound: BoundNhsField, unit: str) -> SafeString:
        boxes = [(self._box(bound, *box),) for box in self.boxes(unit).items()]
        return format_html('<div class="finder-boxes">{}</div>', format_html_join("", "{}", boxes))

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
                "formGroup": {"classes": "finder-boxes__box"},
                **({"describedBy": f"{bound.auto_id}-error"} if is_wrong else {}),
            },
        )


class WeightField(NumberField):
    """A weight, in kilograms or in stones and pounds; its value is kilograms.

    Rounded up: whoever weighs 159.2 kilograms is over a table's limit of 159.
    """

    units = MappingProxyType({KG: "Kilograms", STONES: "Stones and pounds"})

    def __init__(self, *args: Any, **options: Any) -> None:
        """Take what a number takes, but for its unit."""
        super().__init__(*args, unit="Kilograms", **options)

    def boxes(self, unit: str) -> dict[str, str]:
        """Return the boxes of a unit, each with its words."""
        return {KG: "Kilograms"} if unit == KG else {STONES: "Stones", POUNDS: "Pounds"}

    def read(self, value: Mapping[str, str], unit: str) -> float:
        """Return kilograms. Pounds may be left empty, and stones, but not both."""
        if unit == KG:
            if not value[KG]:
                raise invalid("Enter the weight in kilograms", KG)
            return read_number(value[KG], "Kilograms", KG)
        if not value[STONES] and not value[POUNDS]:
            raise invalid("Enter the weight in stones and pounds", STONES)
        stones = read_number(value[STONES] or "0", "Stones", STONES)
        pounds = read_number(value[POUNDS] or "0", "Pounds", POUNDS)
        if value[STONES] and pounds >= POUNDS_IN_STONE:
            raise invalid("Pounds must be between 0 and 13, because 14 pounds are a stone", POUNDS)
        return (stones * POUNDS_IN_STONE + pounds) * KG_PER_POUND

    def limits(self, unit: str) -> str:
        """Return what a weight must be between, in words."""
        if unit == KG:
            return f"Weight must be between {self.least} and {self.most} kilograms"
        most = int(self.most / KG_PER_POUND / POUNDS_IN_STONE)
        least = math.ceil(self.least / KG_PER_POUND)
        if least < POUNDS_IN_STONE:
            return f"Weight must be between {least} pounds and {most} stones"
        stones, pounds = divmod(least, POUNDS_IN_STONE)
        more = f" {pounds} pounds" if pounds else ""
        return f"Weight must be between {stones} stones{more} and {most} stones"


def read_number(typed: str, subject: str, part: str) -> float:
    """Return a number as people type it: "84", "84,5", "84 kg". Raises ValidationError."""
    found = TYPED.fullmatch(typed.strip())
    if found is None:
        raise invalid(f"{subject} must be a number, like {'12' if part == STONES else '84'}", part)
    whole, rest = found.groups()
    return float(f"{int(whole)}.{int(rest):0{len(rest)}d}" if rest else int(whole))
