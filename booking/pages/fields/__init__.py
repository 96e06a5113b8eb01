"""Form fields that render themselves through the NHS macros; see base for what all share."""

from booking.pages.fields.base import BoundNhsField, NhsField
from booking.pages.fields.choices import TYPE_AHEAD, CheckboxesField, RadiosField, SelectField
from booking.pages.fields.days import DayBoxesField, DayField
from booking.pages.fields.needs import NeedsField, ShownNeedsField
from booking.pages.fields.numbers import NumberField, WeightField
from booking.pages.fields.text import HiddenField, TextareaField, TextField
from booking.pages.fields.type_ahead import TypeAheadField

__all__ = [
    "TYPE_AHEAD",
    "BoundNhsField",
    "CheckboxesField",
    "DayBoxesField",
    "DayField",
    "HiddenField",
    "NeedsField",
    "NhsField",
    "NumberField",
    "RadiosField",
    "SelectField",
    "ShownNeedsField",
    "TextField",
    "TextareaField",
    "TypeAheadField",
    "WeightField",
]
