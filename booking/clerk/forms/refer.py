"""The form for a referral that came on paper or by phone."""

from datetime import datetime
from typing import Any

from booking.clerk.forms.reach import (
    ANSWERS,
    LONG,
    address_field,
    agreed_field,
    box,
    email_field,
    may_speak_field,
    phones_field,
)
from booking.models import Exam, Referral, Staff
from booking.pages.fields import HiddenField, NeedsField, SelectField, TextField, TypeAheadField
from booking.pages.filters import capitalize_first
from booking.pages.forms import NhsForm
from booking.patients.reach import SentContact, SentReach, phones_typed
from booking.referrals import intake, submission

UNCHOSEN = ("", "Choose")
NO_TRUST = "Choose the trust that asks for the scan"
NARROW, WIDE = "nhsuk-input--width-10", "nhsuk-input--width-20"
CONTACTS = ("kin", "speaker")
"""The next of kin, and somebody else who may speak for the patient."""


def _box(label: str, classes: str = NARROW, **options: Any) -> TextField:
    return box(label, classes, **options)


class ReferForm(NhsForm):
    """One referral, as the intake takes it; every error at once. `form` tells a doubled press."""

    form = HiddenField(longest=20)
    given_name = _box("Given name", WIDE)
    family_name = _box("Family name", WIDE)
    born = _box("Date of birth", hint="Like 12/3/1961")
    nhs_number = _box("NHS number, if known")
    mobile = _box("Mobile number, if there is one", type="tel")
    postcode = _box("Postcode")
    phones = phones_field()
    email = email_field()
    address = address_field()
    kin_name = _box("Name of the next of kin", WIDE, longest=LONG)
    kin_relationship = _box("What the next of kin is to the patient", longest=LONG)
    kin_phone = _box("Phone of the next of kin", type="tel")
    kin_may_speak = may_speak_field("Does the patient let us speak with the next of kin?")
    kin_agreed = agreed_field("What we may speak about with the next of kin")
    speaker_name = _box("Name of somebody else who may speak for them", WIDE, longest=LONG)
    speaker_relationship = _box("What that person is to the patient", longest=LONG)
    speaker_phone = _box("Phone of that person", type="tel")
    speaker_may_speak = may_speak_field("Does the patient let us speak with that person?")
    speaker_agreed = agreed_field("What we may speak about with that person")
    exam = TypeAheadField(
        label="Exam", what="exam", missing="Type the exam", autocomplete="off", spellcheck=False,
        hint="Part of its name, like knee, or its code, like MR-KNEE",
    )  # fmt: skip
    urgency = SelectField(
        label="Urgency",
        choices=[
            UNCHOSEN,
            *((code, capitalize_first(str(words))) for code, words in Referral.Urgency.choices),
        ],
    )
    clock_start = _box("Clock start", hint="The day that the request was received")
    trust = SelectField(label="Trust that asks", missing=NO_TRUST, for_all=True)
    needs = NeedsField(label="What the patient needs")

    def __init__(self, *args: Any, staff: Staff, now: datetime, **options: Any) -> None:
        """Offer every exam, and the trusts of this person."""
        super().__init__(*args, **options)
        self.now = now
        exams = Exam.objects.filter(retired=False).order_by("modality", "name")
        trusts = list(staff.trusts.order_by("name").values_list("code", "name"))
        self.fields["exam"].choices = [  # type: ignore[attr-defined]
            (exam.code, capitalize_first(exam.name)) for exam in exams
        ]
        self._offer("trust", trusts)
        self.only_trust = trusts[0][0] if len(trusts) == 1 else ""

    @property
    def submission(self) -> submission.ReferralSubmission:
        """The referral as the intake takes it."""
        sent = {name: self.cleaned_data.get(name, "") for name in self.fields}
        number = intake.FORM_PREFIX + sent["form"]
        typed = {name: sent[name] for name in (*submission.TYPED, "trust") if name in sent}
        return submission.ReferralSubmission(
            **{**typed, "needs": tuple(sent["needs"]), "identifier": number},
            reach=SentReach(
                phones_typed(sent["phones"]), sent["email"], sent["address"],
                tuple(_contact(field, sent) for field in CONTACTS),
            ),
        )  # fmt: skip

    def clean(self) -> dict[str, Any]:
        """Say everything that the intake would refuse, at once."""
        try:
            intake.validate(self.submission, now=self.now)
        except submission.ReferralInvalid as refused:
            self.add_errors(refused.errors)
        return self.cleaned_data

    def _offer(self, name: str, choices: list[tuple[str, str]]) -> None:
        shown = [(code, capitalize_first(words)) for code, words in choices]
        self.fields[name].choices = [UNCHOSEN, *shown]  # type: ignore[attr-defined]


def _contact(field: str, sent: dict[str, Any]) -> SentContact:
    return SentContact(
        field,
        name=sent[f"{field}_name"],
        relationship=sent[f"{field}_relationship"],
        phone=sent[f"{field}_phone"],
        is_next_of_kin=field == "kin",
        may_speak=ANSWERS.get(sent[f"{field}_may_speak"]),
        agreed=sent[f"{field}_agreed"],
    )
