"""A lead opens a row again that was closed by mistake: only one that still has something to ask.

`now` is passed in, aware, UTC. `actor` is who does it, as AuditEntry says it.
"""

from datetime import datetime

from django.db import IntegrityError, transaction

from booking.identifiers.actors import Actor
from booking.models import Appointment, Referral, WorklistRow
from booking.models.appointment import LIVE
from booking.worklists.due import TO_REBOOK
from booking.worklists.rows import ONE_MORE, Kind, Outcome, write_event

ANSWERED_ELSEWHERE = (Kind.FEED_LATE, Kind.FEED_HELD, Kind.SOONER)
"""Lists whose rows come and go with a feed or an offer, and never by a person's word."""
OF_AN_APPOINTMENT = (Kind.UNMARKED, Kind.BEYOND_TARGET)
"""Lists that have something to ask only of an appointment that is live."""


class NothingToAsk(Exception):
    """What the row asked for is done, or over."""


class OpenAlready(Exception):
    """The row is open, or another of its list about the same thing is."""


def reopen(row: WorklistRow, *, now: datetime, actor: Actor) -> None:
    """Open a closed row again, due as it was. Raises NothingToAsk and OpenAlready."""
    with transaction.atomic():
        if row.referral_id:
            # As a booking and an end do: of the two, the second sees what the first did.
            Referral.objects.select_for_update(no_key=True).get(pk=row.referral_id)
        if not asks_again(row):
            raise NothingToAsk
        closed = WorklistRow.objects.filter(pk=row.pk, closed_at__isnull=False)
        try:
            with transaction.atomic():
                opened = closed.update(closed_at=None, outcome="", version=ONE_MORE)
        except IntegrityError:
            raise OpenAlready from None
        if not opened:
            raise OpenAlready
        write_event(row, now, actor, "reopened", "It was closed by mistake")


def asks_again(row: WorklistRow) -> bool:
    """Return whether a closed row would have something to ask if it were open."""
    if row.kind in ANSWERED_ELSEWHERE:
        return False
    if row.kind == Kind.SAME_PERSON:
        return row.outcome == Outcome.TWO_PEOPLE
    if row.kind in OF_AN_APPOINTMENT:
        return Appointment.objects.filter(worklistrow=row, status__in=LIVE).exists()
    if row.referral_id is None:
        return True
    of_it = Referral.objects.filter(pk=row.referral_id, ended_at=None, patient__died_at=None)
    booked = Appointment.objects.filter(referral=row.referral_id, status__in=LIVE)
    return of_it.exists() and not (row.kind in TO_REBOOK and booked.exists())
