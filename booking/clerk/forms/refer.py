"""The form for a referral that came on paper or by phone."""

from datetime import datetime
from typing import Any

from booking.clerk.forms.patient import NeedsField
from booking.models import Exam, Referral, Staff
from booking.pages.fields import HiddenField, SelectField, TextField, TypeAheadField
from booking.pages.filters import capitalize_first
from booking.pages.forms import NhsForm
from booking.referrals import intake, submission

UNCHOSEN = ("", "Choose")
NO_TRUST = "Choose the trust that asks for the scan"
NARROW, WIDE = "nhsuk-input--width-10", "nhsuk-input--width-20"


def _box(label: str, classes: str = NARROW, **options: Any) -> TextField:
    return TextField(label=label, classes=classes, autocomplete="off", **options)


class ReferForm(NhsForm):
    """One referral, as the intake takes it; every error at once. `form` tells a doubled press."""

    form = HiddenField(longest=20)
    given_name = _box("Given name", WIDE)
    family_name = _box("Family name", WIDE)
    born = _box("Date of birth", hint="Like 12/3/1961")
    nhs_number = _box("NHS number, if known")
    mobile = _box("Mobile number, if there is one", type="tel")
    postcode = _box("Postcode")
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
    trust = SelectField(label="Trust that asks", missing=NO_TRUST)
    needs = NeedsField(label="What the patient needs")

    def __init__(self, *args: Any, staff: Staff, now: datetime, **options: Any) -> None:
        """Offer every exam, and the trusts of this person."""
        super().__init__(*args, **options)
        self.now = now
        exams = Exam.objects.order_by("modality", "name").values_list("code", "name")
        trusts = list(staff.trusts.order_by("name").values_list("code", "name"))
        self.fields["exam"].choices = [  # type: ignore[attr-defined]
            (code, capitalize_first(words)) for code, words in exams
        ]
        self._offer("trust", trusts)
        self.only_trust = trusts[0][0] if len(trusts) == 1 else ""

    @property
    def submission(self) -> submission.ReferralSubmission:
        """The referral as the intake takes it."""
        sent = {name: self.cleaned_data.get(name, "") for name in self.fields if name != "form"}
        number = intake.FORM_PREFIX + self.cleaned_data.get("form", "")
        return submission.ReferralSubmission(
            **{**sent, "needs": tuple(sent["needs"]), "identifier": number}
        )

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
