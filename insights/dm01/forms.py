"""What the page that lays DM01 beside our own figures is asked for."""

from collections.abc import Sequence
from datetime import date
from typing import Any, ClassVar

from booking.pages.fields import HiddenField, SelectField
from booking.pages.filters import capitalize_first
from booking.pages.forms import NhsForm
from insights.dm01.layout import month_of
from sites.models import MODALITIES

CSV, EXPORT = "csv", "dm01"


class ReconcileForm(NhsForm):
    """Which month, trust and test; `as` is csv for the table, dm01 for our month as a file.

    Asked for nothing, it is the newest month of all.
    """

    parameters: ClassVar = {"wanted": "as"}

    month = SelectField(label="Month", classes="desk-select", for_all=True)
    trust = SelectField(label="Trust", classes="desk-select", for_all=True)
    test = SelectField(
        label="Test", classes="desk-select",
        choices=[("", "All"), *((code, capitalize_first(MODALITIES[code])) for code in MODALITIES)],
    )  # fmt: skip
    wanted = HiddenField(longest=8)

    def __init__(
        self, *args: Any, months: Sequence[date], trusts: Sequence[tuple[str, str]], **options: Any
    ) -> None:
        """Offer the months that there are, the one to begin with first, and these trusts."""
        super().__init__(*args, **options)
        self.months, self.own = months, [code for code, _ in trusts]
        choices = [(f"{one:%Y-%m}", f"{one:%B %Y}") for one in sorted(months, reverse=True)]
        self.fields["month"].choices = choices  # type: ignore[attr-defined]
        self.fields["trust"].choices = [("", "All"), *trusts]  # type: ignore[attr-defined]

    @property
    def shown_month(self) -> date:
        """The month to show, of a form that is valid and has months."""
        return month_of(self.cleaned_data["month"]) or self.months[0]

    @property
    def shown_trusts(self) -> list[str]:
        """The trusts to show: the one asked for, or all that may be seen."""
        return [self.cleaned_data["trust"]] if self.cleaned_data["trust"] else self.own
