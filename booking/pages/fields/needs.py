"""What a patient needs, as boxes to tick, in the groups of the Accessible Information Standard."""

from dataclasses import dataclass
from typing import Any

from booking.models import ALL_NEEDS, NeedSet
from booking.models.needs import in_order
from booking.pages.fields.base import BoundNhsField
from booking.pages.fields.choices import CheckboxesField
from booking.pages.fields.text import HiddenField

SET_WORDS = {
    NeedSet.ENVIRONMENT: "On the day",
    NeedSet.PROFESSIONAL: "Somebody to help us understand each other",
    NeedSet.SUPPORT: "How to talk with each other",
    NeedSet.FORMAT: "How to be given information",
    NeedSet.CONTACT: "How to be contacted",
}


@dataclass(frozen=True)
class NeedsGroup:
    """The boxes of one set, and how many of them are ticked."""

    set: NeedSet
    words: str
    items: list[dict[str, Any]]

    @property
    def ticked(self) -> int:
        """How many are ticked."""
        return sum(bool(item["checked"]) for item in self.items)


class NeedsField(CheckboxesField):
    """Every need, in words for the patient or for staff; what is no need that we know is left out.

    A template prints it by its groups: booking/_needs.jinja.
    """

    def __init__(self, *, for_patient: bool = False, **options: Any) -> None:
        """Offer every need."""
        words = [
            (one.code, one.patient if for_patient else one.staff) for one in ALL_NEEDS.values()
        ]
        choices = [(code, text[:1].upper() + text[1:]) for code, text in words]
        super().__init__(choices=choices, **options)

    def to_python(self, value: Any) -> list[str]:
        """Return the needs that were ticked."""
        return [code for code in super().to_python(value) if self.valid_value(code)]

    def groups(self, bound: BoundNhsField) -> list[NeedsGroup]:
        """Return the boxes by set, those that come up most first."""
        by_set: dict[NeedSet, list[dict[str, Any]]] = {}
        for item in self.items(bound):
            by_set.setdefault(ALL_NEEDS[item["value"]].set, []).append(item)
        return [NeedsGroup(one, SET_WORDS[one], by_set[one]) for one in NeedSet if one in by_set]


class ShownNeedsField(HiddenField):
    """The needs that were ticked when the page was shown, with commas between them."""

    def to_python(self, value: Any) -> list[str]:  # type: ignore[override]
        """Return the needs; what is none is left out."""
        return in_order(str(value or "").split(","))
