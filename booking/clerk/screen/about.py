"""Number, needs and notes: the forms that change them, and what earlier clerks wrote down."""

from dataclasses import dataclass

from django.http import QueryDict

from booking.clerk.forms.draft import FormDraft
from booking.clerk.forms.patient import MobileForm, NeedsForm, NoteForm
from booking.models import Note, Patient
from booking.pages.filters import say_phone
from times.keyset import Key, Page, page_of

NOTES_SHOWN = 10
NEWEST_FIRST = (Key("-pk", int),)


@dataclass(frozen=True)
class About:
    """The three forms, and the last notes, the newest first."""

    mobile: MobileForm
    needs: NeedsForm
    are_needs_typed: bool
    note: NoteForm
    notes: Page[Note]


def show_about(patient: Patient, draft: FormDraft, query: QueryDict) -> About:
    """Return what may be changed about a patient."""
    notes = patient.notes.select_related("user")
    return About(
        draft.fill(MobileForm(initial={"mobile": say_phone(patient.mobile)})),
        draft.fill(NeedsForm(initial={"needs": patient.needs, "shown": ",".join(patient.needs)})),
        bool(draft.fields.get("needs")),
        draft.fill(NoteForm()),
        page_of(notes, NEWEST_FIRST, query, size=NOTES_SHOWN, parameter="notes"),
    )
