"""The clerks' lists: rows are opened by what happens, and closed only with an outcome.

`now` is passed in, aware, UTC. `actor` is who does it, as AuditEntry says it.
"""

from collections.abc import Collection
from datetime import datetime

from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import Case, Count, Exists, F, OuterRef, Q, QuerySet, When
from django.utils import timezone

from booking.changes import transactions
from booking.identifiers.actors import Actor
from booking.models import Referral, WorklistEvent, WorklistRow
from booking.worklists.due import due_of
from booking.worklists.subjects import RowSubject
from times.keyset import Key
from times.together import Part, read, rows_of

Kind, Outcome, Step = WorklistRow.Kind, WorklistRow.Outcome, WorklistRow.Step

PRESSING = list(Referral.Urgency.values)
"""Urgencies, the most pressing first: the order of every list. No referral counts as urgent."""
ORDER = (Key("later", int), Key("rank", int), Key("due_at", datetime), Key("pk", int))
"""Of every list: what waits for a time that was agreed last; urgency first, then what is due."""
ONE_MORE = F("version") + 1
"""The version of a row after an act: a form that saw the row before it is late."""


def open_row(
    kind: WorklistRow.Kind,
    subject: RowSubject,
    reason: str,
    *,
    now: datetime,
    actor: Actor,
    due_at: datetime | None = None,
) -> WorklistRow:
    """Put something on a list; if it stands there already, return that row as it is.

    Belongs inside the transaction of what happened. `reason` is the sentence that the list shows.
    It is due when its list and its referral's urgency say (booking/worklists/due.py), unless
    `due_at` does.
    """
    transactions.must_be_in_transaction("A new row")
    row, is_new = WorklistRow.objects.get_or_create(
        kind=kind,
        about=subject.about,
        closed_at=None,
        defaults={
            "trust_id": subject.trust_id,
            "referral": subject.referral,
            "appointment": subject.appointment,
            "reason": reason,
            "opened_at": now,
            "due_at": due_at or due_of(kind, subject.referral, now),
        },
    )
    if is_new:
        write_event(row, now, actor, "opened")
    return row


def say_anew(row: WorklistRow, reason: str, *, now: datetime, actor: Actor) -> None:
    """Let an open row say another reason, and note that it does."""
    if row.reason != reason:
        add_note(row, reason, now=now, actor=actor)
        WorklistRow.objects.filter(pk=row.pk, closed_at=None).update(reason=reason)


def close_row(row: WorklistRow, outcome: str, *, now: datetime, actor: Actor) -> bool:
    """Close a row with its outcome; False if somebody else closed it first."""
    with transaction.atomic():
        closed = WorklistRow.objects.filter(pk=row.pk, closed_at=None).update(
            closed_at=now, outcome=Outcome(outcome), version=ONE_MORE
        )
        if closed:
            write_event(row, now, actor, "closed", Outcome(outcome).label)
    return bool(closed)


def reopen_for(
    referral: Referral, kinds: Collection[str], *, since: datetime, now: datetime, actor: Actor
) -> None:
    """Open again the rows that a booking closed since then: the booking was undone."""
    closed = WorklistRow.objects.filter(
        referral=referral, kind__in=kinds, outcome=Outcome.BOOKED, closed_at__gte=since
    )
    again = WorklistRow.objects.filter(kind=OuterRef("kind"), about=OuterRef("about"))
    for row in closed.exclude(Exists(again.filter(closed_at=None))):
        WorklistRow.objects.filter(pk=row.pk).update(closed_at=None, outcome="", version=ONE_MORE)
        write_event(row, now, actor, "reopened", "The booking was undone")


def take(row: WorklistRow, user: User, *, now: datetime, actor: Actor) -> bool:
    """Make `user` the owner of an open row; False if somebody else is, or it is closed."""
    free = WorklistRow.objects.filter(pk=row.pk, closed_at=None, owner=None)
    taken = free.update(owner=user, version=ONE_MORE)
    if taken:
        write_event(row, now, actor, "taken")
    return bool(taken)


def give_back(row: WorklistRow, *, now: datetime, actor: Actor) -> bool:
    """Leave an open row to whoever takes it next; False if nobody had it."""
    owned = WorklistRow.objects.filter(pk=row.pk, closed_at=None).exclude(owner=None)
    given = owned.update(owner=None, version=ONE_MORE)
    if given:
        write_event(row, now, actor, "given back")
    return bool(given)


def add_note(row: WorklistRow, text: str, *, now: datetime, actor: Actor) -> None:
    """Add what somebody found out to a row's history."""
    write_event(row, now, actor, "noted", text)


def open_rows(
    trusts: Collection[str], kind: str = "", *, now: datetime | None = None
) -> QuerySet[WorklistRow]:
    """Return the open rows of these trusts, or of no trust: urgency first, then due time.

    Those with whom a later time was agreed come last; `now` as the clock says, unless given.
    """
    rows = (
        WorklistRow.objects.of_trusts(trusts)
        .filter(closed_at=None)
        .select_related("referral__patient", "referral__exam", "appointment", "owner", "trust")
        .prefetch_related("referral__patient__other_phones", "referral__patient__contacts")
    )
    if kind:
        rows = rows.filter(kind=kind)
    ranks = [When(referral__urgency=urgency, then=rank) for rank, urgency in enumerate(PRESSING)]
    later = When(call_at__gt=now or timezone.now(), then=1)
    return rows.annotate(rank=Case(*ranks, default=1), later=Case(later, default=0)).order_by(
        *(key.name for key in ORDER)
    )


def counts(trusts: Collection[str], now: datetime) -> list[tuple[WorklistRow.Kind, int, int]]:
    """Return each list with how many rows are open, and how many of them are overdue."""
    return read(counted(trusts, now))


def counted(
    trusts: Collection[str], now: datetime
) -> Part[list[tuple[WorklistRow.Kind, int, int]]]:
    """Read what counts returns."""
    rows = WorklistRow.objects.of_trusts(trusts).filter(closed_at=None)
    by_kind = rows.values("kind").annotate(
        open=Count("pk"), overdue=Count("pk", filter=Q(due_at__lt=now))
    )
    found = {row["kind"]: (row["open"], row["overdue"]) for row in (yield from rows_of(by_kind))}
    return [(kind, *found.get(kind.value, (0, 0))) for kind in Kind]


def close_for(
    referral: Referral, kinds: Collection[str], outcome: str, *, now: datetime, actor: Actor
) -> list[str]:
    """Close the open rows of these kinds of one referral: what they asked for was done.

    Returns what each that we closed was about.
    """
    rows = open_of(referral, kinds)
    return [row.about for row in rows if close_row(row, outcome, now=now, actor=actor)]


def open_of(referral: Referral, kinds: Collection[str]) -> QuerySet[WorklistRow]:
    """Return the open rows of these kinds of one referral."""
    return WorklistRow.objects.filter(referral=referral, kind__in=kinds, closed_at=None)


def close_about(
    kind: WorklistRow.Kind, subject: RowSubject, outcome: str, *, now: datetime, actor: Actor
) -> bool:
    """Close the open row of this kind about this, if there is one; return whether there was."""
    row = WorklistRow.objects.filter(kind=kind, about=subject.about, closed_at=None).first()
    return row is not None and close_row(row, outcome, now=now, actor=actor)


def hasten(referral: Referral, *, now: datetime) -> None:
    """Bring forward when the referral's open rows are due: its urgency was raised.

    What was to follow from the calls so far followed from the old urgency: they begin anew.
    """
    open_rows_of = WorklistRow.objects.filter(referral=referral, closed_at=None)
    for kind in open_rows_of.values_list("kind", flat=True).distinct():
        due_at = due_of(kind, referral, now)
        late = open_rows_of.filter(kind=kind, due_at__gt=due_at)
        late.update(due_at=due_at, call_at=None)
    open_rows_of.exclude(step=Step.PHONE).update(step=Step.PHONE, tries=0, version=ONE_MORE)


def write_event(
    row: WorklistRow, now: datetime, actor: Actor, action: str, detail: str = ""
) -> None:
    """Add one thing that happened to a row's history."""
    WorklistEvent.objects.create(row=row, at=now, actor=actor, action=action, detail=detail[:200])
