"""Number, needs and notes: the forms that change them, and what earlier clerks wrote down."""

from dataclasses import dataclass

from django.http import QueryDict

from booking.clerk.forms.draft import FormDraft
from booking.clerk.forms.patient import MobileForm, NeedsForm, NoteForm, OtherPhoneForm
from booking.models import Note, Patient
from booking.pages.filters import say_phone
from times.keyset import Key, Page, Source, page
from times.together import Part

NOTES_SHOWN = 10
NEWEST_FIRST = (Key("-pk", int),)


@dataclass(frozen=True)
class About:
    """The four forms, and the last notes, the newest first."""

    mobile: MobileForm
    other_phone: OtherPhoneForm
    needs: NeedsForm
    are_needs_typed: bool
    note: NoteForm
    notes: Page[Note]


def notes_of(patient: Patient, query: QueryDict) -> Part[Page[Note]]:
    """Read the page of a patient's notes that the address asks for."""
    notes = Source(patient.notes.select_related("user"), NEWEST_FIRST)
    return (yield from page([notes], query, size=NOTES_SHOWN, parameter="notes"))


def show_about(patient: Patient, draft: FormDraft, notes: Page[Note]) -> About:
    """Return what may be changed about a patient."""
    return About(
        draft.fill(MobileForm(initial={"mobile": say_phone(patient.mobile)})),
        draft.fill(OtherPhoneForm()),
        draft.fill(NeedsForm(initial={"needs": patient.needs, "shown": ",".join(patient.needs)})),
        bool(draft.fields.get("needs")),
        draft.fill(NoteForm()),
        notes,
    )
