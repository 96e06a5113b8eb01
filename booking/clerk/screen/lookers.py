"""Who has looked at a patient: when, from which trust, at what, and with what reason."""

from dataclasses import dataclass
from datetime import datetime

from django.http import QueryDict

from booking.clerk.forms.desk import OPEN_REASONS
from booking.clerk.screen.actors_in_words import names_of
from booking.clerk.screen.acts_in_words import LOOKS
from booking.identifiers.actors import staff_key
from booking.models import AuditAction, AuditEntry, Patient, Staff
from times.keyset import Key, Page, page_of

SHOWN = 100
NEWEST_FIRST = (Key("-pk", int),)


@dataclass(frozen=True)
class Look:
    """One look. `trusts` are those that a member of staff works for now; empty of others."""

    at: datetime
    who: str
    trusts: str
    did: str
    reason: str


def lookers(patient: Patient, given: QueryDict) -> Page[Look]:
    """Return who has looked at any record of a patient, the newest first. Raises
    ListAddressInvalid.
    """
    records = [one.pk for one in patient.records]
    looks = AuditEntry.objects.filter(patient__in=records, action__in=list(LOOKS))
    page = page_of(looks, NEWEST_FIRST, given, size=SHOWN)
    names = names_of({one.actor for one in page.rows})
    trusts = _trusts_of({one.actor for one in page.rows})

    def read(entry: AuditEntry) -> Look:
        reason = str(entry.detail.get("reason", ""))
        return Look(
            entry.at,
            names[entry.actor],
            trusts.get(entry.actor, ""),
            LOOKS[AuditAction(entry.action)],
            OPEN_REASONS.get(reason, reason),
        )

    return page.map(read)


def _trusts_of(actors: set[str]) -> dict[str, str]:
    keys = {key for actor in actors if (key := staff_key(actor)) is not None}
    found = Staff.objects.filter(pk__in=keys).prefetch_related("trusts")
    return {one.actor: ", ".join(sorted(trust.name for trust in one.trusts.all())) for one in found}
