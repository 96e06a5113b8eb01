"""Who the patient is, who else has them open, and whose phone is the same."""

from dataclasses import dataclass
from datetime import datetime

from django.http import HttpRequest

from booking.clerk import caller
from booking.clerk.permissions import Action, may, may_open
from booking.models import Merge, Patient, Staff
from booking.patients import same_person, taking_apart
from booking.patients.lookup import family_of


@dataclass(frozen=True)
class Banner:
    """The head of the screen; of the family, each with whether this person may open them.

    `alike` are records that may be this person's, too; `joined` is what can be taken apart again.
    """

    other_viewers: list[str]
    family: list[tuple[Patient, bool]]
    alike: list[Patient]
    joined: Merge | None
    may_merge: bool


def show_banner(request: HttpRequest, staff: Staff, patient: Patient, now: datetime) -> Banner:
    """Return the head of the patient's screen."""
    return Banner(
        caller.other_viewers(patient, staff, now),
        [(one, may_open(request, staff, one)) for one in family_of(patient)],
        same_person.alike(patient),
        taking_apart.last_merge(patient),
        may(staff, Action.MERGE),
    )
