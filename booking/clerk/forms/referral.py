"""The forms that end a referral, and that change what it is for, how urgent it is, its number."""

from collections.abc import Collection
from typing import Any

from booking.models import Exam, Referral
from booking.pages.fields import HiddenField, RadiosField, TextField, TypeAheadField
from booking.pages.fields.base import invalid
from booking.pages.filters import capitalize_first
from booking.pages.forms import NhsForm
from booking.referrals.correcting import LONGEST_NUMBER, own_number
from booking.referrals.replacing import version_of
from booking.referrals.urgency import LONGEST_REASON

LONGEST_TYPED = 2000
"""Letters of a reason that is too long that are shown again."""


class EndForm(NhsForm):
    """Why a request ends. `confirm` is what the page said will stop, once it was said."""

    reason = RadiosField(
        label="Why it ends", hint="Nothing is done yet: the next page says what will happen.",
        missing="Choose why it ends",
    )  # fmt: skip
    confirm = HiddenField()

    def __init__(self, *args: Any, reasons: Collection[Referral.End], **options: Any) -> None:
        """Offer the reasons that can still be given."""
        super().__init__(*args, **options)
        choices = [(one.value, capitalize_first(str(one.label))) for one in reasons]
        self.fields["reason"].choices = choices  # type: ignore[attr-defined]


def exam_choices() -> list[tuple[str, str]]:
    """Return the exams that are done, by kind and name, as a type-ahead offers them."""
    exams = Exam.objects.filter(retired=False).order_by("modality", "name")
    return [(exam.code, capitalize_first(exam.name)) for exam in exams]


class CorrectForm(NhsForm):
    """What changes a referral carries the version that its page showed, as `seen`."""

    seen = HiddenField(longest=64)

    def __init__(self, *args: Any, referral: Referral, **options: Any) -> None:
        """Carry the version of this referral, unless one was sent."""
        super().__init__(*args, **options)
        self.referral = referral
        self.initial = {"seen": version_of(referral), **self.known(), **self.initial}

    def known(self) -> dict[str, str]:
        """Return what the fields show of the referral as it is."""
        return {}


class UrgencyForm(CorrectForm):
    """How urgent it is; whether that wants a reason is judged when it is changed."""

    urgency = RadiosField(
        label="It is", missing="Choose how urgent it is",
        choices=[(one.value, capitalize_first(str(one.label))) for one in Referral.Urgency],
    )  # fmt: skip
    reason = TextField(
        label="Why, if it is less urgent", hint=f"Up to {LONGEST_REASON} characters",
        longest=LONGEST_TYPED, autocomplete="off",
    )  # fmt: skip

    def clean_reason(self) -> str:
        """Return the reason; one too long is refused, for the audit keeps it whole."""
        reason: str = self.cleaned_data["reason"]
        if len(reason) > LONGEST_REASON:
            raise invalid(f"The reason must be {LONGEST_REASON} characters or fewer")
        return reason

    def known(self) -> dict[str, str]:
        """Return how urgent it is now."""
        return {"urgency": self.referral.urgency}


class ExamForm(CorrectForm):
    """What is to be scanned. `confirm` is what the page said will happen, once it was said."""

    exam = TypeAheadField(
        label="What is to be scanned", what="exam", missing="Type the exam", autocomplete="off",
        spellcheck=False, hint="Part of its name, like knee, or its code, like MR-KNEE",
    )  # fmt: skip
    confirm = HiddenField(longest=64)

    def __init__(self, *args: Any, referral: Referral, **options: Any) -> None:
        """Offer every exam that is done."""
        super().__init__(*args, referral=referral, **options)
        self.fields["exam"].choices = exam_choices()  # type: ignore[attr-defined]

    def clean_exam(self) -> str:
        """Return the code; the one that the referral has already is refused."""
        code: str = self.cleaned_data["exam"]
        if code == self.referral.exam.code:
            raise invalid("The request is for this exam already. Type another one")
        return code


class NumberForm(CorrectForm):
    """The number that the trust has for the request; empty if nobody knows it."""

    trust_number = TextField(
        label="The trust’s own number of this request",
        hint="As it stands on their letter. Leave it empty if nobody knows it.",
        longest=LONGEST_TYPED, autocomplete="off", spellcheck=False,
        classes="nhsuk-input--width-20",
    )  # fmt: skip

    def known(self) -> dict[str, str]:
        """Return the number that it has now."""
        return {"trust_number": own_number(self.referral)}

    def clean_trust_number(self) -> str:
        """Return the number; one too long is refused, not cut."""
        number: str = self.cleaned_data["trust_number"].strip()
        if len(number) > LONGEST_NUMBER:
            raise invalid(f"The number must be {LONGEST_NUMBER} characters or fewer")
        return number
