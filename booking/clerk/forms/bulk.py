"""The form around a list: the rows that are ticked, each signed as the page showed it."""

from collections.abc import Iterable
from typing import Any

from django.core.exceptions import ValidationError

from booking.models import Staff, WorklistRow
from booking.pages.fields import HiddenField, SelectField
from booking.pages.fields.base import NhsField
from booking.pages.fields.choices import ManyWidget
from booking.pages.forms import NhsForm
from booking.pages.subject import FIELD, SubjectChanged, read_subject, subject_token, version_of_row

MINE, GIVE, PRINT, CSV, ASK, TEXT = ACTS = ("mine", "give", "print", "csv", "ask", "text")
"""What the buttons do; ASK shows what a text would say, and to how many."""
MOST = 500
"""Rows that one press may be about: what one page shows at most."""


class RowsField(NhsField):
    """Rows by key with the version of each; several may stand in one value, with commas."""

    widget = ManyWidget

    def to_python(self, value: Any) -> dict[int, int]:
        """Return the version of each row by its key. Raises ValidationError if we wrote none."""
        try:
            seen = [read_subject({FIELD: token}) for token in value or []]
        except SubjectChanged:
            raise ValidationError("Tick the rows again") from None
        if len(seen) > MOST:
            raise ValidationError(f"Tick {MOST} rows at most")
        return {one.row: one.row_version for one in seen if one.row}


class BulkForm(NhsForm):
    """`do` is the pressed button; `every` says that all rows on the page are meant.

    `narrowed` is what the list's address says, to lead back to it.
    """

    do = HiddenField(longest=10)
    kind = HiddenField(longest=16)
    narrowed = HiddenField(longest=1000)
    every = HiddenField(longest=1)
    row = RowsField()
    listed = RowsField()
    colleague = SelectField(label="Give to", classes="desk-select")

    def __init__(self, *args: Any, colleagues: Iterable[Staff], **options: Any) -> None:
        """Offer these colleagues."""
        super().__init__(*args, **options)
        choices = [("", "Choose a colleague"), *((str(one.pk), one.name) for one in colleagues)]
        self.fields["colleague"].choices = choices  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        """Refuse a press about no row, no button of ours, and a gift to nobody."""
        sent = super().clean() or {}
        if sent.get("do") not in ACTS:
            self.add_error(None, "Press one of the buttons")
        if not self.errors and not self.seen:
            self.add_error(None, "Tick the rows first")
        if sent.get("do") == GIVE and not sent.get("colleague") and "colleague" not in self.errors:
            self.add_error("colleague", "Choose a colleague")
        return sent

    @property
    def seen(self) -> dict[int, int]:
        """The rows that are meant, as the page showed them."""
        found: dict[int, int] = self.cleaned_data.get("listed" if self.is_every else "row") or {}
        return found

    @property
    def is_every(self) -> bool:
        """Whether all rows of the page are meant, whichever are ticked."""
        return bool(self.cleaned_data.get("every"))


def tokens_of(rows: Iterable[WorklistRow]) -> dict[int, str]:
    """Return what the box of each row carries, by its key."""
    return {row.pk: subject_token(version_of_row(row)) for row in rows}
