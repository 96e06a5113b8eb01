"""Who stands at each place of a trust's chain at a moment, and what is wrong with the days ahead.

`now` is passed in, aware, UTC.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from typing import NamedTuple

from django.db import transaction

from booking.changes import audit
from booking.identifiers.actors import Actor
from booking.models import AuditAction, Shift, Staff
from notifications import outbox

Level = Shift.Level
AHEAD = timedelta(days=7)
"""How far ahead a gap is shown."""
ON_ROTA = [Staff.Role.IMAGING, Staff.Role.LEAD, Staff.Role.TRUST_ADMIN, Staff.Role.NETWORK_ADMIN]
"""Roles of people who may stand on the rota."""
SEE_TO_IT = [Staff.Role.IMAGING, Staff.Role.LEAD]
"""Roles of people who may say that they see to an alert."""
NOBODY = "Nobody is on the rota."
LONGEST_SHIFT = timedelta(days=92)


@dataclass(frozen=True)
class Duty:
    """Who stands at a place at a moment; `why_not` says why they cannot be texted, empty if so."""

    level: str
    shift: Shift | None
    why_not: str

    @property
    def person(self) -> Staff | None:
        """Who stands there, if anybody does."""
        return self.shift.person if self.shift else None


@dataclass(frozen=True)
class Gap:
    """A time ahead in which nobody at a place can be told, and why."""

    level: str
    begins_at: datetime
    ends_at: datetime
    why_not: str
    person: Staff | None

    @property
    def label(self) -> str:
        """The place, as pages say it."""
        return str(Level(self.level).label)


class NewShift(NamedTuple):
    """A shift as somebody wants it: from when to when who stands at which place of a trust."""

    trust: str
    level: str
    person: Staff
    begins_at: datetime
    ends_at: datetime
    is_override: bool


class ShiftInvalid(ValueError):
    """A shift that cannot be written. `errors` maps each field to what to do."""

    def __init__(self, errors: dict[str, str]) -> None:
        """Keep every error, so that a form can show them all at once."""
        super().__init__("; ".join(errors.values()))
        self.errors = errors


def duties(trust: str, now: datetime) -> dict[str, Duty]:
    """Return who stands at each place of a trust's chain now."""
    shifts = shifts_between(trust, now, now + timedelta(seconds=1))
    return {level: _duty(level, _of_level(shifts, level), now, trust) for level in Level.values}


def shifts_between(trust: str, begins: datetime, ends: datetime) -> list[Shift]:
    """Return the shifts of a trust that touch a time, in their order."""
    found = Shift.objects.of_trust(trust).filter(
        removed_at=None, begins_at__lt=ends, ends_at__gt=begins
    )
    people = found.select_related("person__user").prefetch_related("person__trusts")
    return list(people.order_by("begins_at", "pk"))


def gaps(trust: str, now: datetime, ahead: timedelta = AHEAD) -> list[Gap]:
    """Return when in the time ahead a place of the chain has nobody who can be texted."""
    until = now + ahead
    shifts = shifts_between(trust, now, until)
    return [gap for level in Level.values for gap in _gaps_of(level, shifts, trust, now, until)]


def people(trust: str) -> list[Staff]:
    """Return who may be put on the rota of a trust, by name."""
    may = Staff.objects.filter(role__in=ON_ROTA, user__is_active=True, trusts=trust)
    return sorted(may.select_related("user").distinct(), key=lambda one: one.name.lower())


def why_unreachable(person: Staff, trust: str) -> str:
    """Return why somebody cannot be told by text; empty if they can.

    An e-mail alone does not reach anybody in time: it goes, and the next is told at once.
    """
    if not person.user.is_active:
        return "Their account is closed."
    if trust not in {one.pk for one in person.trusts.all()}:
        return "They do not work for this trust any more."
    if person.role not in ON_ROTA:
        return "Their role has changed."
    if not person.phone:
        return "No mobile number is known."
    reason = outbox.why_not_text(person.phone)
    return {
        None: "",
        "opted_out": "Their number wants no texts.",
        "not_a_mobile": "Their number is not a UK mobile.",
    }.get(reason, "Their number is not in use.")


def who_left(seen: Collection[tuple[int, str]]) -> set[tuple[int, str]]:
    """Return those of these staff, each with a trust, who can see to no alert there any more."""
    asked = Staff.objects.select_related("user").prefetch_related("trusts")
    people = {one.pk: one for one in asked.filter(pk__in={key for key, _ in seen})}
    return {
        (key, trust) for key, trust in seen if key in people and not _sees_to(people[key], trust)
    }


def _sees_to(person: Staff, trust: str) -> bool:
    works_there = trust in {one.pk for one in person.trusts.all()}
    return works_there and person.user.is_active and person.role in SEE_TO_IT


def add_shift(wanted: NewShift, *, now: datetime, actor: Actor) -> Shift:
    """Put somebody on the rota. Raises ShiftInvalid."""
    errors, length = {}, wanted.ends_at - wanted.begins_at
    if length <= timedelta(0):
        errors["ends"] = "The end must be after the beginning"
    elif wanted.ends_at <= now:
        errors["ends"] = "This time has passed"
    elif length > LONGEST_SHIFT:
        errors["ends"] = "A shift can be three months long at most"
    if wanted.person not in people(wanted.trust):
        errors["person"] = "Choose somebody who works for this trust"
    if errors:
        raise ShiftInvalid(errors)
    with transaction.atomic():
        shift = Shift.objects.create(
            trust_id=wanted.trust,
            level=Level(wanted.level),
            person=wanted.person,
            begins_at=wanted.begins_at,
            ends_at=wanted.ends_at,
            is_override=wanted.is_override,
            made_at=now,
            made_by=actor,
        )
        audit.write(AuditAction.SHIFT_SET, now=now, actor=actor, shift=shift.pk)
    return shift


def remove_shift(shift: Shift, *, now: datetime, actor: Actor) -> bool:
    """Take a shift off the rota; False if somebody else did so first."""
    with transaction.atomic():
        removed = Shift.objects.filter(pk=shift.pk, removed_at=None).update(
            removed_at=now, removed_by=actor
        )
        if removed:
            audit.write(AuditAction.SHIFT_REMOVED, now=now, actor=actor, shift=shift.pk)
    return bool(removed)


def set_phone(person: Staff, mobile: str, *, now: datetime, actor: Actor) -> None:
    """Keep the mobile (E.164, or empty) to which somebody is texted; the audit says that it was."""
    with transaction.atomic():
        Staff.objects.filter(pk=person.pk).update(phone=mobile)
        audit.write(AuditAction.STAFF_PHONE_SET, now=now, actor=actor, person=person.pk)


def standing(shifts: Iterable[Shift], moment: datetime) -> Shift | None:
    """Return which of the shifts of one place counts at a moment: an override, else the latest."""
    at = [one for one in shifts if one.begins_at <= moment < one.ends_at]
    return max(at, key=lambda one: (one.is_override, one.pk), default=None)


def _of_level(shifts: Iterable[Shift], level: str) -> list[Shift]:
    return [one for one in shifts if one.level == level]


def _duty(level: str, shifts: Collection[Shift], moment: datetime, trust: str) -> Duty:
    shift = standing(shifts, moment)
    return Duty(level, shift, why_unreachable(shift.person, trust) if shift else NOBODY)


def _gaps_of(
    level: str, shifts: Iterable[Shift], trust: str, begins: datetime, ends: datetime
) -> list[Gap]:
    """Return the gaps of one place: who stands there changes only where a shift begins or ends."""
    ours = _of_level(shifts, level)
    edges = {begins, ends, *(at for one in ours for at in (one.begins_at, one.ends_at))}
    moments = sorted(at for at in edges if begins <= at <= ends)
    found: list[Gap] = []
    for at, until in pairwise(moments):
        duty = _duty(level, ours, at, trust)
        if not duty.why_not:
            continue
        last = found[-1] if found else None
        goes_on = last and (last.ends_at, last.why_not, last.person) == (
            at, duty.why_not, duty.person,
        )  # fmt: skip
        since = found.pop().begins_at if goes_on else at
        found.append(Gap(level, since, until, duty.why_not, duty.person))
    return found
