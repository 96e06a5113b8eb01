"""The desk's own forms: the box that finds, and why another trust's patient is opened."""

from django.core.exceptions import ValidationError

from booking.pages.fields import HiddenField, RadiosField, TextField
from booking.pages.forms import NhsForm
from booking.patients.lookup import LONGEST, Found, LookupInvalid, find_patients
from booking.patients.opening import BY_REFERRAL

OPEN_REASONS = {
    "caller": "The patient phoned us",
    "transfer": "The patient is being moved to us",
    "cover": "We cover for the other trust",
    "safety": "Somebody’s safety",
    "referral": "A referral came to us",
}
"""Why a clerk may open another trust's patient."""


TOO_MANY = (
    "Too many people are a little like this to compare them all. Add the date of birth or more"
)


class FindForm(NhsForm):
    """Who is calling; its value is who was found."""

    who = TextField(
        label="Who is calling?",
        hint="Reference, NHS number, phone, or name with date of birth or postcode",
        longest=LONGEST, autocomplete="off", spellcheck=False,
        classes="desk-find__box", label_classes="desk-find__label",
        attributes={"autofocus": "autofocus"},
    )  # fmt: skip

    def clean_who(self) -> Found:
        """Return the patients who fit; several may."""
        try:
            found = find_patients(self.cleaned_data["who"])
        except LookupInvalid as wrong:
            raise ValidationError(str(wrong)) from None
        if not found.matches:
            words = f"Nobody has this {found.by}. Check it, or try another way to find them"
            raise ValidationError(TOO_MANY if found.more else words)
        return found


class ReasonForm(NhsForm):
    """Why somebody opens a patient of another trust."""

    reason = RadiosField(
        label="Why do you need to open this patient?", label_size="l", is_page_heading=True,
        choices=[one for one in OPEN_REASONS.items() if one[0] != BY_REFERRAL],
        missing="Choose why you need to open this patient",
    )  # fmt: skip


class OpeningForm(NhsForm):
    """What a lead says to a colleague who asks to open another trust's patient."""

    do = HiddenField(longest=3)

    def clean_do(self) -> str:
        """Return which button was pressed."""
        if self.cleaned_data["do"] not in ("yes", "no"):
            raise ValidationError("Press one of the two buttons")
        return str(self.cleaned_data["do"])

    @property
    def is_yes(self) -> bool:
        """Whether they may."""
        return bool(self.cleaned_data["do"] == "yes")
