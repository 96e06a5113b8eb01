"""The form of one row of a worklist: a note, and what became of it."""

from typing import Any

from booking.models import WorklistRow
from booking.pages.fields import HiddenField, SelectField, TextField
from booking.pages.forms import NhsForm

TAKE, GIVE, NOTE, CLOSE = ACTS = ("take", "give", "note", "close")
"""What the buttons do."""

SAID_OF_THE_PATIENT = (WorklistRow.Outcome.ATTENDED, WorklistRow.Outcome.DID_NOT_ATTEND)
"""What became of "Did they come?", and of no other row."""


class RowForm(NhsForm):
    """A note goes with anything that is done; to close it wants an outcome.

    `do` is what the pressed button does, one of ACTS.
    """

    do = HiddenField()
    note = TextField(label="Note", longest=200)
    outcome = SelectField(
        label="What became of it", choices=[("", "Choose"), *WorklistRow.Outcome.choices]
    )

    def __init__(self, *args: Any, row: WorklistRow, **options: Any) -> None:
        """Offer the outcomes of this row; of "Did they come?" only whether they did."""
        super().__init__(*args, **options)
        is_asked = row.kind == WorklistRow.Kind.UNMARKED
        outcomes = [one for one in WorklistRow.Outcome if (one in SAID_OF_THE_PATIENT) == is_asked]
        choices = [("", "Choose"), *((one.value, one.label) for one in outcomes)]
        self.fields["outcome"].choices = choices  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        """Refuse a note without words, a close without an outcome, and no button of ours."""
        sent = super().clean() or {}
        act = sent.get("do")
        if act not in ACTS:
            self.add_error(None, "Press one of the buttons")
        if act == NOTE and not sent.get("note"):
            self.add_error("note", "Type the note")
        if act == CLOSE and not sent.get("outcome") and "outcome" not in self.errors:
            self.add_error("outcome", "Choose what became of it")
        return sent
