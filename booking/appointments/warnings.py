"""What is said of a time before it is taken, and must be pressed once more.

The page shows the warnings; the first press books nothing and asks again; the second carries the
tokens of what was said. A warning that nobody has said yet, such as of another appointment made
meanwhile, is asked again. `now` is passed in, aware, UTC.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from django.utils.crypto import salted_hmac

from booking.appointments.clashes import Clash, clashes_with
from booking.models import Referral, Slot
from booking.waits.targets import later_than_target
from sites.ways import Way

TOKEN_LETTERS = 16
"""Of a token: enough that no two warnings of one patient have the same."""


class WarningKind(StrEnum):
    """What a warning is about."""

    LATE = "late"
    """The time is later than the referral's target day."""
    SOON = "soon"
    """It starts sooner than one can prepare and travel. Said to staff: patients are refused."""
    NEAR = "near"
    """Another time of the patient is too near to travel between."""
    OVERLAPS = "overlaps"
    """Another time of the patient is at the same time."""
    CALLER = "caller"
    """Who asks for it on the phone may not speak for the patient."""


@dataclass(frozen=True)
class TimeWarning:
    """One warning. `token` tells it from any other, and nobody what it says."""

    kind: WarningKind
    token: str
    target: date | None = None
    earliest: datetime | None = None
    clash: Clash | None = None


class WarningsNotKnown(Exception):
    """A time has warnings that were not said yet, or not pressed. Carries all of them."""

    def __init__(self, warnings: list[TimeWarning]) -> None:
        """Keep them, so that the door can say them."""
        super().__init__(tokens(warnings))
        self.warnings = warnings


def warnings_of(
    referral: Referral,
    slot: Slot,
    *,
    now: datetime,
    earliest: datetime | None = None,
    way: str = Way.CAR,
) -> list[TimeWarning]:
    """Return what must be said before a referral takes a slot. `way` is how the patient travels.

    `earliest` as fit.earliest_start has it; None for patients: they hold nothing that is sooner,
    and whoever holds a time does not lose it because they took a few minutes to press.
    """
    found = []
    late = later_than_target(referral, slot.start)
    if late:
        found.append(_warning(WarningKind.LATE, late.isoformat(), target=late))
    if earliest is not None and slot.start < earliest:
        found.append(_warning(WarningKind.SOON, str(slot.pk), earliest=earliest))
    for clash in clashes_with(referral, slot, now=now, way=way):
        kind = WarningKind.OVERLAPS if clash.overlaps else WarningKind.NEAR
        found.append(_warning(kind, str(clash.slot_id), clash=clash))
    return found


def caller_warning(call: str) -> TimeWarning:
    """Return the warning that who calls may not speak for the patient, of one call by its key."""
    return _warning(WarningKind.CALLER, call)


def tokens(warnings: Iterable[TimeWarning]) -> str:
    """Return what the second press carries."""
    return ",".join(warning.token for warning in warnings)


def are_known(warnings: Iterable[TimeWarning], known: str) -> bool:
    """Return whether every warning is among the tokens that a page or a press carries."""
    return {warning.token for warning in warnings} <= set(known.split(","))


def require_known(
    referral: Referral,
    slot_id: int,
    known: str,
    *,
    now: datetime,
    earliest: datetime | None = None,
    way: str = Way.CAR,
) -> None:
    """Raise WarningsNotKnown unless a press carries every warning of its slot.

    Belongs in the transaction of the booking, after patient_lock.lock_patient_of: what another
    booking of the same patient makes meanwhile is then seen.
    """
    must_be_known(warnings_at(referral, slot_id, now=now, earliest=earliest, way=way), known)


def warnings_at(
    referral: Referral,
    slot_id: int,
    *,
    now: datetime,
    earliest: datetime | None = None,
    way: str = Way.CAR,
) -> list[TimeWarning]:
    """Return what warnings_of does of a slot by its key; nothing of one that is not there."""
    slot = Slot.objects.filter(pk=slot_id).first()
    return warnings_of(referral, slot, now=now, earliest=earliest, way=way) if slot else []


def must_be_known(warnings: list[TimeWarning], known: str) -> None:
    """Raise WarningsNotKnown unless a press carries all of these."""
    if not are_known(warnings, known):
        raise WarningsNotKnown(warnings)


def _warning(
    kind: WarningKind,
    about: str,
    *,
    target: date | None = None,
    earliest: datetime | None = None,
    clash: Clash | None = None,
) -> TimeWarning:
    # It stands in an address: a slot's key would say where else the patient has an appointment.
    token = salted_hmac(__name__, f"{kind}.{about}").hexdigest()[:TOKEN_LETTERS]
    return TimeWarning(kind, token, target, earliest, clash)
