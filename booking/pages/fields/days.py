"""Dates: three boxes as the NHS asks for one that people know by heart, or one box."""

import re
from collections.abc import Callable
from datetime import date
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone

from booking.identifiers.dates import DateInvalid, DayKind, read_day, read_parts
from booking.pages.fields.base import BoundNhsField, NhsField, invalid, text_of
from times.london import LONDON

PARTS = ("day", "month", "year")
ISO_DAY = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
"""What a browser's calendar can show."""
LONGEST = 40


def london_today() -> date:
    """Return today's date in England."""
    return timezone.now().astimezone(LONDON).date()


class DayField(NhsField):
    """A date in one box. With type="date" the browser brings its calendar.

    `kind` says what it is a date of (booking.identifiers.dates), `subject` begins the errors:
    "Date of birth". `say` makes another sentence of what is wrong.
    """

    def __init__(
        self,
        *args: Any,
        kind: DayKind,
        subject: str = "",
        say: Callable[[DateInvalid], str] | None = None,
        **options: Any,
    ) -> None:
        """Take what a field takes, and what the date is of."""
        self.kind, self.say = kind, say
        self.today: Callable[[], date] = london_today
        super().__init__(*args, **options)
        self.subject = subject or str(self.label or "The date")

    def to_python(self, value: Any) -> date | None:
        """Return the date, None if nothing was typed. Raises ValidationError."""
        typed = text_of(value).strip()
        if not typed:
            return None
        try:
            return self.read(typed)
        except DateInvalid as wrong:
            raise self.refusal(wrong) from None

    def read(self, typed: str) -> date:
        """Return the date that was typed. Raises DateInvalid."""
        return read_day(typed, self.kind, self.today())

    def refusal(self, wrong: DateInvalid) -> ValidationError:
        """Return the error of the field for a date that cannot be read."""
        words = self.say(wrong) if self.say else wrong.message(self.subject)
        return invalid(words, wrong.part)

    def bound_data(self, data: Any, initial: Any) -> str:  # noqa: ARG002 - Django calls it
        """Return what is shown again: no more than a date has."""
        return text_of(data)[:LONGEST]

    def params(self, bound: BoundNhsField) -> dict[str, Any]:
        """Return the box: a calendar, unless it would hide what was typed and cannot be read."""
        found = super().params(bound)
        if found["value"] and not ISO_DAY.fullmatch(found["value"]):
            found["type"] = "text"
        return found

    def prepare_value(self, value: Any) -> str:
        """Return the date as it stands in the box."""
        calendar = self.options.get("type") == "date"
        if calendar and isinstance(value, str):
            try:  # a browser's calendar shows only what is written as computers do
                value = self.read(value)
            except DateInvalid:
                return str(value)
        if isinstance(value, date):
            return value.isoformat() if calendar else f"{value.day}/{value.month}/{value.year}"
        return text_of(value)


class BoxesWidget(forms.Widget):
    """Three boxes: name[day], name[month], name[year]."""

    def value_from_datadict(self, data: Any, files: Any, name: str) -> dict[str, str]:  # noqa: ARG002 - Django calls it
        """Return what was typed into each."""
        return {part: text_of(data.get(f"{name}[{part}]")).strip()[:LONGEST] for part in PARTS}

    def value_omitted_from_data(self, data: Any, files: Any, name: str) -> bool:  # noqa: ARG002 - Django calls it
        """Return whether no box was sent."""
        return all(f"{name}[{part}]" not in data for part in PARTS)


class DayBoxesField(DayField):
    """A date in three boxes: day, month, year. `is_birthday` has browsers offer one's own."""

    component = "date-input"
    macro = "dateInput"
    widget = BoxesWidget

    def clean(self, value: dict[str, str]) -> date | None:
        """Return the date. Raises ValidationError, which names the part that is wrong."""
        missing = [part for part in PARTS if not value[part]]
        if len(missing) == len(PARTS):
            if self.required:
                raise ValidationError(self.error_messages["required"], code="required")
            return None
        if missing:
            words = f"{self.subject} must include a {' and a '.join(missing)}"
            raise invalid(words, missing[0])
        try:
            day, month, year = (value[part] for part in PARTS)
            return read_parts(day, month, year, self.kind, self.today())
        except DateInvalid as wrong:
            raise self.refusal(wrong) from None

    def bound_data(self, data: Any, initial: Any) -> Any:  # noqa: ARG002 - Django calls it
        """Return what is shown again."""
        return data

    def prepare_value(self, value: Any) -> Any:
        """Return what stands in each box."""
        if isinstance(value, date):
            return {"day": str(value.day), "month": str(value.month), "year": str(value.year)}
        return value or dict.fromkeys(PARTS, "")

    def params(self, bound: BoundNhsField) -> dict[str, Any]:
        """Return the three boxes, the wrong ones marked."""
        value, wrong = bound.value(), bound.wrong_part
        hints = self.kind is DayKind.BIRTHDAY
        boxes = [
            {
                "name": part,
                "width": 4 if part == "year" else 2,
                "value": value[part],
                "error": bool(bound.error) and wrong in ("", part),
                **({"autocomplete": f"bday-{part}"} if hints else {}),
            }
            for part in PARTS
        ]
        return {
            "id": bound.auto_id,
            "namePrefix": bound.html_name,
            "fieldset": {"legend": bound.label_params()},
            "items": boxes,
        }

    def focus(self, bound: BoundNhsField) -> str:
        """Return the id of the box that is wrong, or of the first."""
        return f"{bound.auto_id}-{bound.wrong_part or 'day'}"
