"""The form that searches the audit: by patient, by user, or both."""

from typing import Any

from django.core.exceptions import ValidationError
from django.db.models import Q, QuerySet

from booking.identifiers.actors import PATIENT, Actor, ActorKind
from booking.models import AuditEntry, Staff
from booking.pages.fields import SelectField, TextField
from booking.pages.forms import NhsForm
from booking.patients.lookup import LONGEST, LookupInvalid, find_patients

PATIENTS = "patient"


class AuditForm(NhsForm):
    """Which patient, and which user."""

    who = TextField(
        label="Patient: reference, NHS number, phone, or name and date of birth",
        longest=LONGEST, autocomplete="off",
    )  # fmt: skip
    user = SelectField(label="User")

    def __init__(self, *args: Any, **options: Any) -> None:
        """Offer everybody who may have looked: all staff, for another trust's are the point."""
        super().__init__(*args, **options)
        staff = Staff.objects.select_related("user").order_by("user__username")
        colleagues = [(str(one.pk), f"{one.name}, {one.get_role_display()}") for one in staff]
        choices = [("", "Anybody"), (PATIENTS, "Patients themselves"), *colleagues]
        self.fields["user"].choices = choices  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        """Find the patients that were named: `patients`, None for everybody's."""
        sent = super().clean() or {}
        if not sent.get("who") and not sent.get("user") and not self.errors:
            raise ValidationError({"who": "Say which patient or which user to look for"})
        sent["patients"] = None
        if sent.get("who"):
            try:
                found = find_patients(sent["who"])
            except LookupInvalid as error:
                raise ValidationError({"who": str(error)}) from None
            sent["patients"] = found.exact
            if found.matches and not found.exact:  # an audit of who is only like it misleads
                words = (
                    f"Nobody has exactly this {found.by}. Type it as the patient’s screen has it"
                )
                raise ValidationError({"who": words})
        return sent

    def search(self, entries: QuerySet[AuditEntry]) -> QuerySet[AuditEntry]:
        """Return those of these entries that are asked for, the newest first."""
        patients, user = self.cleaned_data["patients"], self.cleaned_data["user"]
        if patients is not None:
            keys = [one.pk for one in patients]
            of_them = Q(patient__in=keys) | Q(patient__merged_into__in=keys)
            entries = entries.filter(of_them)
        if user:
            entries = entries.filter(
                actor=PATIENT if user == PATIENTS else Actor(ActorKind.STAFF, user)
            )
        return entries.order_by("-pk")
