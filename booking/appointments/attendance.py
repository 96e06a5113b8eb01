"""Who of many people came, said at once: each by itself, as it was seen.

`now` is passed in, aware, UTC. One that changed meanwhile stops none of the others.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple

from booking.appointments import trust_answers
from booking.appointments.booking import AppointmentChanged
from booking.identifiers.actors import Actor
from booking.models import Appointment

Status = Appointment.Status


class Mark(NamedTuple):
    """What is said of one appointment: the version that was seen, and whether the patient came."""

    version: int
    came: bool


@dataclass
class Marked:
    """What became of each: said now, as it was said before, changed meanwhile, or not begun.

    `gone` counts those that are of no trust of these, or that there are not.
    """

    came: list[Appointment] = field(default_factory=list)
    missed: list[Appointment] = field(default_factory=list)
    same: list[Appointment] = field(default_factory=list)
    changed: list[Appointment] = field(default_factory=list)
    early: list[Appointment] = field(default_factory=list)
    gone: int = 0

    @property
    def done(self) -> int:
        """Of how many it was said now."""
        return len(self.came) + len(self.missed)


def mark_many(
    marks: Mapping[int, Mark], trusts: Collection[str], *, now: datetime, actor: Actor
) -> Marked:
    """Say of each appointment, by its key, whether the patient came; one transaction each.

    A mistake is put right in the same way: another word than before takes its place.
    """
    own = Appointment.objects.of_trusts(trusts).filter(pk__in=marks)
    read = own.select_related("referral__patient", "referral__exam", "site", "slot")
    marked = Marked()
    found = list(read.order_by("start", "pk"))
    for appointment in found:
        _mark(appointment, marks[appointment.pk], marked, now, actor)
    marked.gone = len(marks) - len(found)
    return marked


def _mark(
    appointment: Appointment, mark: Mark, marked: Marked, now: datetime, actor: Actor
) -> None:
    said = Status.ATTENDED if mark.came else Status.DID_NOT_ATTEND
    if appointment.status == said:
        marked.same.append(appointment)
        return
    say = trust_answers.attended if mark.came else trust_answers.missed
    try:
        say(appointment, mark.version, now=now, actor=actor)
    except AppointmentChanged:
        marked.changed.append(appointment)
    except trust_answers.TooEarly:
        marked.early.append(appointment)
    else:
        (marked.came if mark.came else marked.missed).append(appointment)
