"""Who the patient is, who else has them open, and whose phone is the same."""

from dataclasses import dataclass

from django.http import HttpRequest

from booking.clerk.permissions import Action, may, opened_before
from booking.clerk.screen.case import Case
from booking.models import Merge, Patient, Staff


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
    may_audit: bool


def show_banner(request: HttpRequest, staff: Staff, case: Case) -> Banner:
    """Return the head of the patient's screen."""
    may_open = {*case.may_open, *opened_before(request)}
    return Banner(
        case.viewers,
        [(one, one.pk in may_open) for one in case.family],
        case.alike,
        case.joined,
        may(staff, Action.MERGE),
        may(staff, Action.AUDIT),
    )
