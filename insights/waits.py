"""Keeps when each request waited, and by which clock: of all, or of those that changed."""

from datetime import UTC, date, datetime
from typing import Any

from django.db import transaction
from django.db.models import F, Min, OuterRef, QuerySet, Subquery, Value
from django.db.models.expressions import Combinable
from django.db.models.functions import Coalesce, Least

from booking.models import Appointment, Referral
from booking.models.slot import EPOCH
from insights.any_day import value_of
from insights.clocks import called_off, missed, of_request, started_again
from insights.days import bounds
from insights.inserting import insert, sql_of
from insights.models import Wait

FOREVER = datetime(9999, 1, 1, tzinfo=UTC)
COLUMNS = ("referral", "clock", "begins", "until")


def refresh(changed: QuerySet[Any, Any] | None = None) -> None:
    """Write anew when requests waited: `changed` gives the keys of some, None is all."""
    requests, old = Referral.objects.order_by(), Wait.objects.all()
    gone, off = missed().order_by(), called_off().order_by()
    if changed is not None:
        requests, old = requests.filter(pk__in=changed), old.filter(referral__in=changed)
        gone, off = gone.filter(referral__in=changed), off.filter(referral__in=changed)
    first = requests.values_list("pk", "clock_start", Value(EPOCH), _until("pk", F("ended_at")))
    with transaction.atomic():
        old.delete()
        insert(Wait, (), (), COLUMNS, sql_of(first))
        for rows, moment in ((gone, "start"), (off, "at")):
            until = _until("referral", F("referral__ended_at"), after=moment)
            again = rows.annotate(_until=until).filter(_until__gt=F(moment))
            stretches = again.values_list("referral", started_again(moment), moment, "_until")
            insert(Wait, (), (), COLUMNS, sql_of(stretches), conflict="DO NOTHING")


def _until(request: str, ended: Combinable, after: str = "") -> Combinable:
    """Return when a stretch that begins with the field `after` ends; from the first without one."""
    done = of_request(Appointment.objects.filter(status=Appointment.Status.ATTENDED), request)
    next_missed, next_off = of_request(missed(), request), of_request(called_off(), request)
    if after:
        next_missed = next_missed.filter(start__gt=OuterRef(after))
        next_off = next_off.filter(at__gt=OuterRef(after))
    return Least(
        Coalesce(ended, Value(FOREVER)),
        _first(done, "start"),
        _first(next_missed, "start"),
        _first(next_off, "at"),
    )


def _first(rows: QuerySet[Any, Any], moment: str) -> Combinable:
    least = rows.values("referral").annotate(_first=Min(moment)).values("_first")
    return Coalesce(Subquery(least), Value(FOREVER))


def open_on(day: date) -> QuerySet[Any, Any]:
    """Return the requests that waited when that day ended, with the `waits` of that stretch.

    A planned scan waits from the day that it is due; one that was done or ended waits no more.
    """
    _, ends = bounds(day)
    return Referral.objects.filter(
        waits__until__gte=ends, waits__clock__lte=value_of(day), waits__begins__lt=ends
    )
