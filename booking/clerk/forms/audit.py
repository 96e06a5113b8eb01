"""The form that searches the audit: by patient, by user, by act, by days."""

from datetime import date, datetime, time, timedelta
from typing import Any, ClassVar

from django.core.exceptions import ValidationError
from django.db.models import Q, QuerySet

from booking.identifiers.actors import PATIENT, Actor, ActorKind
from booking.identifiers.dates import DayKind
from booking.models import AuditAction, AuditEntry, Staff
from booking.pages.fields import DayField, SelectField, TextField
from booking.pages.filters import capitalize_first
from booking.pages.forms import NhsForm
from booking.patients.lookup import LONGEST, LookupInvalid, find_patients
from times.london import LONDON

PATIENTS = "patient"
MOST_DAYS = 31
"""Days that may be searched without a patient or a user."""


def _day(label: str, hint: str) -> DayField:
    return DayField(
        label=label, subject=label, hint=hint, kind=DayKind.CLOCK_START, autocomplete="off",
        classes="nhsuk-input--width-10",
    )  # fmt: skip


class AuditForm(NhsForm):
    """Which patient, which user, which act, and from which day to which."""

    parameters: ClassVar = {"first": "from", "last": "to"}
    who = TextField(
        label="Patient: reference, NHS number, phone, or name and date of birth",
        longest=LONGEST, autocomplete="off",
    )  # fmt: skip
    user = SelectField(label="User")
    act = SelectField(
        label="What was done",
        choices=[
            ("", "Anything"),
            *sorted((one.value, capitalize_first(one)) for one in AuditAction),
        ],
    )
    first = _day("From", "Like 1/11/2026")
    last = _day("To", "This day, too")

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
        sent["patients"] = None
        if self.errors:
            return sent
        self._check_days(sent)
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

    def _check_days(self, sent: dict[str, Any]) -> None:
        """Refuse days the wrong way round, and a search of everybody's that has no end."""
        first, last = sent.get("first"), sent.get("last")
        if first and last and last < first:
            raise ValidationError({"last": "The last day must be the first one or after it"})
        if sent.get("who") or sent.get("user"):
            return
        if not (sent.get("act") or first or last):
            words = "Say which patient or which user to look for, or what was done and when"
            raise ValidationError({"who": words})
        if not (first and (last or self.today) - first < timedelta(days=MOST_DAYS)):
            words = f"For everybody at once, say from which day: at most {MOST_DAYS} days"
            raise ValidationError({"first": words})

    def search(self, entries: QuerySet[AuditEntry]) -> QuerySet[AuditEntry]:
        """Return those of these entries that are asked for, the newest first."""
        asked = self.cleaned_data
        patients, user, first, last = (asked[key] for key in ("patients", "user", "first", "last"))
        if patients is not None:
            keys = [one.pk for one in patients]
            of_them = Q(patient__in=keys) | Q(patient__merged_into__in=keys)
            entries = entries.filter(of_them)
        if user:
            entries = entries.filter(
                actor=PATIENT if user == PATIENTS else Actor(ActorKind.STAFF, user)
            )
        if asked["act"]:
            entries = entries.filter(action=asked["act"])
        if first:
            entries = entries.filter(at__gte=_midnight(first))
        if last:
            entries = entries.filter(at__lt=_midnight(last + timedelta(days=1)))
        return entries.order_by("-pk")


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), LONDON)
