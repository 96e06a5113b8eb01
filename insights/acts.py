"""Acts on appointments that still stand, and who did them: patients, trusts or we."""

from collections.abc import Collection
from typing import Any

from django.db.models import Case, CharField, Exists, OuterRef, Q, QuerySet, Value, When
from django.db.models.expressions import Combinable

from booking.appointments.why_off import FOR_THE_PATIENT
from booking.identifiers.actors import ActorKind
from booking.models import AuditAction, AuditEntry, Referral
from booking.offers.stop_moved.answering import STOP_MOVED

PATIENT, TRUST, US = "patient", "trust", "us"
WHO = (PATIENT, TRUST, US)
TOLD_AT_THE_DESK = ("not_wanted", "cannot_come", "unwell", "elsewhere", "died")
"""A clerk's reasons that are the patient's own (booking/clerk/caller.py)."""


def standing(actions: Collection[AuditAction]) -> QuerySet[Any, Any]:
    """Return acts of these kinds on appointments that nobody took back."""
    undone = AuditEntry.objects.filter(
        appointment=OuterRef("appointment"), action=AuditAction.UNDONE, pk__gt=OuterRef("pk"),
        detail__undid__in=actions,
    )  # fmt: skip
    return AuditEntry.objects.filter(~Exists(undone), action__in=actions, appointment__isnull=False)


def by_whom() -> Combinable:
    """Return who cancelled: what a clerk or a trust says for the patient is the patient's."""
    trusts = Q(detail__reason=Referral.End.WITHDRAWN)
    for kind in (ActorKind.KEY, ActorKind.FEED, ActorKind.IMPORT):
        trusts |= Q(actor__startswith=f"{kind} ")
    return Case(
        When(by_patient(), then=Value(PATIENT)),
        When(trusts, then=Value(TRUST)),
        default=Value(US),
        output_field=CharField(),
    )


def by_patient() -> Q:
    """Return what is true of a patient's own cancellation, by whatever way it came.

    Who does not go along when a mobile scanner's stop moves has not cancelled: we have.
    """
    told = Q(actor__startswith=f"{ActorKind.STAFF} ", detail__reason__in=TOLD_AT_THE_DESK)
    itself = Q(actor__in=[ActorKind.PATIENT, ActorKind.TEXTS])
    itself &= Q(detail__reason__isnull=True) | ~Q(detail__reason=STOP_MOVED)
    return itself | told | Q(detail__reason__startswith=FOR_THE_PATIENT)
