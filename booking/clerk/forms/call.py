"""The forms of the call: who calls and what they gave, its end, and calls that reach nobody."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from booking.clerk.forms.attempts import CallBackForm
from booking.models import Call, Contact, Patient
from booking.pages.fields import CheckboxesField, HiddenField, SelectField, TextField
from booking.pages.forms import NhsForm
from booking.patients import calls
from booking.patients.calls import WhoCalls

Caller = Call.Caller
LONGEST_SEEN = 500
TOO_LONG = 1000
"""Characters that are read of a name: what is too long to keep is refused, not cut."""
BY_THEMSELVES = (Caller.PATIENT, Caller.INTERPRETER)


def of_contact(contact: Contact) -> str:
    """Return the value of the choice that a contact of the patient calls."""
    return f"{Caller.CONTACT}-{contact.pk}"


def say_contact(contact: Contact) -> str:
    """Return who somebody is to the patient, and whether we may speak with them, in a line."""
    who = ", ".join(filter(None, [contact.name or "No name", contact.relationship]))
    may = {True: "may speak for the patient", None: "nobody has asked the patient"}
    return f"{who}: {may.get(contact.may_speak, 'DO NOT SPEAK WITH THEM')}"


def _callers(
    others: Sequence[Caller] = (), contacts: Mapping[str, Contact] | None = None
) -> list[tuple[str, str]]:
    return [
        *((str(one), one.label) for one in (*BY_THEMSELVES, *others)),
        *((value, say_contact(one)) for value, one in (contacts or {}).items()),
        (str(Caller.OTHER), Caller.OTHER.label),
    ]


class CallForm(NhsForm):
    """Who calls, and what they gave. `who` is who was chosen, once it is valid."""

    checked = CheckboxesField(
        label="What they gave, the same as in the record: two of these",
        choices=Call.Check.choices, for_all=True,
    )  # fmt: skip
    caller = SelectField(
        label="Who is calling", missing="Choose who is calling", classes="desk-select",
        choices=_callers(),
    )  # fmt: skip
    caller_name = TextField(
        label="Name of who calls, if it is not the patient",
        longest=TOO_LONG, autocomplete="off", classes="nhsuk-input--width-20",
    )  # fmt: skip
    call_seen = HiddenField(longest=40)

    def __init__(
        self,
        data: Mapping[str, Any] | None = None,
        *,
        patient: Patient,
        contacts: list[Contact],
        now: datetime,
        **options: Any,
    ) -> None:
        """Offer the people whom the patient named, and a parent only of a child."""
        super().__init__(data, **options)
        self.contacts = {of_contact(one): one for one in contacts}
        others = [Caller.PARENT] if calls.is_child(patient, now) else []
        if others or contacts:
            offered = _callers(others, self.contacts)
            self.fields["caller"].choices = offered  # type: ignore[attr-defined]
        if not calls.has_address(patient):
            kept = [one for one in Call.Check.choices if one[0] != Call.Check.ADDRESS]
            self.fields["checked"].choices = kept  # type: ignore[attr-defined]

    @property
    def who(self) -> WhoCalls:
        """Who was said to call."""
        chosen = self.cleaned_data["caller"]
        contact = self.contacts.get(chosen)
        caller = Caller.CONTACT if contact else Caller(chosen)
        return WhoCalls(caller, contact, self.cleaned_data["caller_name"])


class CallSeenForm(NhsForm):
    """Which call, as the page showed it."""

    call_seen = HiddenField(longest=40)


class UnansweredForm(CallBackForm):
    """What came of a call of ours: `tried` is the pressed button."""

    tried = HiddenField(longest=20)
    rows_seen = HiddenField(longest=LONGEST_SEEN)

    def __init__(self, data: Mapping[str, Any] | None = None, **options: Any) -> None:
        """Say of the day whose wish it is."""
        super().__init__(data, **options)
        self.fields["call_day"].label = "They ask us to call back on"

    def clean(self) -> dict[str, Any]:
        """Refuse no button of ours, and a call back without its day and hour."""
        sent = super().clean() or {}
        if sent.get("tried") == CALL_BACK:
            self.need_day_and_hour()
        elif sent.get("tried") not in Call.Tried.values:
            self.add_error(None, "Press one of the buttons")
        return sent


CALL_BACK = "call_back"
"""The button that agrees on another time."""
