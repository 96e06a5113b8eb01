"""The forms that join two records of one person, and take them apart again."""

from typing import Any

from booking.identifiers.people import say_nhs_number
from booking.models import Patient
from booking.pages.fields import CheckboxesField, HiddenField, RadiosField, TextField
from booking.pages.filters import say_phone
from booking.pages.forms import NhsForm
from booking.patients.comparison import Comparison
from booking.patients.merging import LONGEST_REASON, Asked
from booking.patients.taking_apart import WhoseNumber
from times.london import say_date

LABELS = {"given_name": "Given name", "family_name": "Family name", "born": "Date of birth",
          "nhs_number": "NHS number", "mobile": "Mobile number", "email": "E-mail",
          "address": "Address", "postcode": "Postcode"}  # fmt: skip
KEPT, LOST = "kept", "lost"
CHECKED = "checked"


def say_field(patient: Patient, name: str) -> str:
    """Return what a record has in a field, as people read it; empty for nothing."""
    value = getattr(patient, name)
    if not value:
        return ""
    if name == "born":
        return say_date(value)
    if name == "nhs_number":
        return say_nhs_number(value)
    return say_phone(value) if name == "mobile" else str(value)


class MergeForm(NhsForm):
    """Whose value to keep of what differs, and why the two are one person."""

    numbers = CheckboxesField(
        label="Two NHS numbers",
        choices=[(CHECKED, "I have checked that both NHS numbers are this person’s")],
    )
    reason = TextField(
        label="Why are they one person?", missing="Type why the two are one person",
        longest=LONGEST_REASON, autocomplete="off",
    )  # fmt: skip
    seen = HiddenField(longest=64)

    def __init__(self, *args: Any, shown: Comparison, **options: Any) -> None:
        """Offer both values of each field that differs; the kept record's stand first."""
        super().__init__(*args, **options)
        self.shown = shown
        self.initial.setdefault("seen", shown.version)
        for name in shown.differing:
            self.fields[name] = RadiosField(
                label=f"{LABELS[name]} to keep",
                choices=[
                    (KEPT, say_field(shown.kept.patient, name)),
                    (LOST, say_field(shown.lost.patient, name)),
                ],
                missing=f"Choose the {LABELS[name].lower()} to keep",
            )
            self.initial.setdefault(name, KEPT)
        if "nhs_number" not in shown.differing:
            del self.fields["numbers"]

    def clean(self) -> dict[str, Any]:
        """Ask for the check of two NHS numbers."""
        sent = super().clean() or {}
        if "numbers" in self.fields and CHECKED not in sent.get("numbers", []):
            self.add_error("numbers", "Check both NHS numbers first, and say so")
        return sent

    @property
    def asked(self) -> Asked:
        """What the lead said."""
        sent = self.cleaned_data
        theirs = frozenset(one for one in self.shown.differing if sent.get(one) == LOST)
        return Asked(sent["seen"], sent["reason"], theirs, CHECKED in sent.get("numbers", []))

    @property
    def choices(self) -> list[Any]:
        """The fields of what differs, as the page shows them."""
        return [self[name] for name in self.shown.differing]


class UnmergeForm(NhsForm):
    """Why two records are taken apart; and whose an NHS number is that came after the join."""

    number = RadiosField(label="Whose is the NHS number?", missing="Choose whose the NHS number is")

    reason = TextField(
        label="Why are they two people?", missing="Type why they are two people",
        longest=LONGEST_REASON, autocomplete="off",
    )  # fmt: skip

    def __init__(
        self, *args: Any, number: str | None, names: tuple[str, str], **options: Any
    ) -> None:
        """Ask whose `number` is, if there is one, of the kept and the joined record's `names`."""
        super().__init__(*args, **options)
        if number is None:
            del self.fields["number"]
            return
        kept, lost = names
        field = self.fields["number"]
        field.label = f"Whose is the NHS number {say_nhs_number(number)}?"
        field.hint = "It came after the two were joined. Ask, or look at the letter."  # type: ignore[attr-defined]
        field.choices = [  # type: ignore[attr-defined]
            (WhoseNumber.KEPT.value, f"{kept}: the kept record"),
            (WhoseNumber.LOST.value, f"{lost}: the record that was joined"),
            (WhoseNumber.NEITHER.value, "Neither, or we do not know: take it off both"),
        ]

    @property
    def whose_number(self) -> WhoseNumber | None:
        """What was chosen; None if it was not asked."""
        said = self.cleaned_data.get("number")
        return WhoseNumber(said) if said else None


class WhoseForm(NhsForm):
    """Whose a new referral is, of the records that are like it. `alike` is what the page showed."""

    whose = RadiosField(label="Who is it?", missing="Choose who it is")
    alike = HiddenField(longest=200)

    def __init__(self, *args: Any, patients: list[tuple[str, str]], **options: Any) -> None:
        """Offer each record with its words, and somebody else."""
        super().__init__(*args, **options)
        new = ("new", "Somebody else: make a new record")
        self.fields["whose"].choices = [*patients, new]  # type: ignore[attr-defined]
