"""What left the lists: when, by whom, and what became of it."""

from collections.abc import Collection, Iterable
from datetime import datetime, timedelta

from django.db.models import OuterRef, QuerySet, Subquery

from booking.identifiers.actors import staff_key
from booking.models import Staff, WorklistEvent, WorklistRow
from times.keyset import Key

SHOWN_FOR = timedelta(days=90)
"""How long after it was closed a row is listed. The patient's screen has what is older."""
ORDER = (Key("-closed_at", datetime), Key("-pk", int))


def closed_rows(trusts: Collection[str], kind: str = "", *, now: datetime) -> QuerySet[WorklistRow]:
    """Return the rows of these trusts that were closed lately, each with `closed_by`: who did it,
    as the row's history names them. Of one list, or of all."""
    last = WorklistEvent.objects.filter(row=OuterRef("pk"), action="closed").order_by("-pk")
    rows = (
        WorklistRow.objects.of_trusts(trusts)
        .filter(closed_at__gt=now - SHOWN_FOR)
        .select_related("referral__patient", "referral__exam", "appointment__site")
        .annotate(closed_by=Subquery(last.values("actor")[:1]))
    )
    return rows.filter(kind=kind) if kind else rows


def names_of(rows: Iterable[WorklistRow]) -> dict[str, str]:
    """Return the name of each colleague who closed one of these rows, by how it names them."""
    actors = {getattr(row, "closed_by", "") or "" for row in rows}
    people = Staff.objects.select_related("user").filter(pk__in=map(staff_key, actors))
    return {str(person.actor): person.name for person in people}
