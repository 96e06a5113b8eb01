"""The form of one row of a worklist: a note, and what became of it."""

from typing import Any

from booking.models import WorklistRow
from booking.pages.fields import TYPE_AHEAD, HiddenField, SelectField, TextField
from booking.pages.forms import NhsForm
from booking.worklists.attempts import may_close_as

TAKE, GIVE, NOTE, CLOSE, REOPEN = ACTS = ("take", "give", "note", "close", "reopen")
"""What the buttons do."""

SAID_OF_THE_PATIENT = (WorklistRow.Outcome.ATTENDED, WorklistRow.Outcome.DID_NOT_ATTEND)
"""What became of "Did they come?", and of no other row."""
OUTCOMES_OF: dict[str, tuple[WorklistRow.Outcome, ...]] = {
    WorklistRow.Kind.UNMARKED: SAID_OF_THE_PATIENT,
    WorklistRow.Kind.SAME_PERSON: (WorklistRow.Outcome.TWO_PEOPLE,),
    WorklistRow.Kind.FEED_HELD: (WorklistRow.Outcome.WENT_AHEAD, WorklistRow.Outcome.TIMES_KEPT),
}
"""Lists that close with answers of their own; that two are one person is said by joining them."""
ON_ITS_PAGE = (WorklistRow.Kind.FEED_HELD,)
"""Lists whose rows close only by what is decided on a page of their own."""


class RowForm(NhsForm):
    """A note goes with anything that is done; to close it wants an outcome.

    `do` is what the pressed button does, one of ACTS.
    """

    do = HiddenField()
    note = TextField(label="Note", longest=200)
    outcome = SelectField(
        label="What became of it", choices=[("", "Choose"), *WorklistRow.Outcome.choices],
        attributes=TYPE_AHEAD, for_all=True,
    )  # fmt: skip

    def __init__(self, *args: Any, row: WorklistRow, **options: Any) -> None:
        """Offer the outcomes of this row; of "Did they come?" only whether they did."""
        super().__init__(*args, **options)
        outcomes = OUTCOMES_OF.get(row.kind) or [
            one
            for one in WorklistRow.Outcome
            if not any(one in few for few in OUTCOMES_OF.values())
        ]
        if row.kind in ON_ITS_PAGE:
            outcomes = []
        outcomes = [one for one in outcomes if may_close_as(row, one)]
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
