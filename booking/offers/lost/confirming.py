"""Decides about a lost clinic: a lead confirms what was found, or lets a feed's loss go ahead.

Who is second learns it. `now` is passed in, aware, UTC. `actor` is who does it.
"""

from datetime import datetime

from django.db import transaction

from booking.changes import audit
from booking.identifiers.actors import Actor
from booking.models import AuditAction, LostClinic
from booking.offers.lost import states

State = states.State


class ClinicChanged(Exception):
    """The clinic is not as whoever decides has seen it."""


def confirm(clinic: LostClinic, *, now: datetime, actor: Actor) -> None:
    """Say that people are to be told; they are, one after the other (resume.py).

    Raises ClinicChanged if somebody decided before, or times are still being looked for.
    """
    with transaction.atomic():
        is_first = states.move(
            clinic, [State.FOUND], State.CONFIRMED, confirmed_at=now, confirmed_by=actor
        )
        if not is_first:
            raise ClinicChanged
        _write_down(AuditAction.CLINIC_CONFIRMED, clinic, now, actor)


def go_ahead(clinic: LostClinic, *, now: datetime, actor: Actor) -> None:
    """Let what a feed would take away go ahead: other times are looked for, then a lead confirms.

    Raises ClinicChanged.
    """
    with transaction.atomic():
        if not states.move(clinic, [State.WAITING], State.FROZEN, frozen_at=now):
            raise ClinicChanged
        _write_down(AuditAction.CLINIC_LOST, clinic, now, actor)


def say_back(clinic: LostClinic, *, now: datetime, actor: Actor) -> None:
    """Say that the clinic takes place after all: who was not moved has their time again.

    Raises ClinicChanged if that was said before, or nothing is left of it.
    """
    with transaction.atomic():
        was = [one for one in LostClinic.ACTIVE if one != State.BACK]
        if not states.move(clinic, was, State.BACK, back_at=now, back_by=actor):
            raise ClinicChanged
        _write_down(AuditAction.CLINIC_BACK, clinic, now, actor)


def _write_down(action: AuditAction, clinic: LostClinic, now: datetime, actor: Actor) -> None:
    people = states.numbers(clinic)
    audit.write(
        action, now=now, actor=actor, clinic=clinic.pk, trust=clinic.trust_id,
        people=sum(people.values()),
    )  # fmt: skip
