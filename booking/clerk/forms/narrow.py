"""What a link of a list narrows it to."""

from typing import Any

from booking.models import Staff
from booking.pages.fields import SelectField
from booking.pages.forms import NhsForm
from notifications.models import State


class TextsForm(NhsForm):
    """Texts in one state; what is no state narrows nothing."""

    state = SelectField(label="State", choices=State.choices)

    @property
    def chosen(self) -> str:
        """The state, empty for all."""
        return str(self.cleaned_data["state"]) if self.is_valid() else ""


class FeedsForm(NhsForm):
    """What one trust's feed brought: of the person's own trusts, and of no other."""

    trust = SelectField(label="Trust", for_all=True)

    def __init__(self, *args: Any, staff: Staff, **options: Any) -> None:
        """Offer the trusts of this person."""
        super().__init__(*args, **options)
        self.own = staff.trust_codes
        choices = [(code, code) for code in sorted(self.own)]
        self.fields["trust"].choices = choices  # type: ignore[attr-defined]

    @property
    def shown(self) -> frozenset[str]:
        """The trusts to show: all, the one asked for, or none if that is somebody else's."""
        if not self.is_valid():
            return frozenset()
        return frozenset({self.cleaned_data["trust"]}) if self.cleaned_data["trust"] else self.own
