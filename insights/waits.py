"""Keeps when each request waited, and by which clock: of all, or of those that changed."""

from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any

from django.db.models import F, Max, Min, OuterRef, Q, QuerySet, Subquery, Value
from django.db.models.expressions import Combinable
from django.db.models.functions import Coalesce, Least

from booking.models import Appointment, Referral
from booking.models.slot import EPOCH
from insights.any_day import value_of
from insights.at_once import each
from insights.clocks import MISSED, called_off, missed, of_request, started_again
from insights.days import bounds
from insights.inserting import counting, insert, look_over, sql_of
from insights.models import Wait

SCANNED = Q(status=Appointment.Status.ATTENDED)
FOREVER = datetime(9999, 1, 1, tzinfo=UTC)
A_PART = 200_000
"""Requests whose waits are written in one statement."""
COLUMNS = ("referral", "clock", "begins", "until")


def refresh(changed: QuerySet[Any, Any] | None = None) -> None:
    """Write anew when requests waited: `changed` gives the keys of some, None is all.

    All are written in parts: who asks meanwhile sees each request as it was or as it is.
    """
    if changed is not None:
        _write(lambda key: Q(**{f"{key}__in": changed}))
        return
    keys = Referral.objects.aggregate(last=Max("pk")), Wait.objects.aggregate(last=Max("referral"))
    last = max(one["last"] or 0 for one in keys)
    for _ in each(_write_part, range(0, last + 1, A_PART)):
        pass
    look_over(Wait)


def _write_part(first: int) -> None:
    _write(lambda key: Q(**{f"{key}__gte": first, f"{key}__lt": first + A_PART}))


def _write(those: Callable[[str], Q]) -> None:
    """Write anew when some requests waited; `those` tells them by the field of their key.

    In the order of the ends: a page of the index by end is so written once, not once a row.
    """
    first = Referral.objects.filter(those("pk")).annotate(_until=_until("pk", F("ended_at")))
    rows = first.order_by("_until").values_list("pk", "clock_start", Value(EPOCH), "_until")
    with counting():
        Wait.objects.filter(those("referral")).delete()
        insert(Wait, (), (), COLUMNS, sql_of(rows))
        for acts, moment in ((missed(), "start"), (called_off(), "at")):
            until = _until("referral", F("referral__ended_at"), after=moment)
            again = acts.order_by().filter(those("referral")).annotate(_until=until)
            stretches = again.filter(_until__gt=F(moment)).values_list(
                "referral", started_again(moment), moment, "_until"
            )
            insert(Wait, (), (), COLUMNS, sql_of(stretches), conflict="DO NOTHING")


def _until(request: str, ended: Combinable, after: str = "") -> Combinable:
    """Return when a stretch that begins with the field `after` ends; from the first without one."""
    later = {"start__gt": OuterRef(after)} if after else {}
    scanned_or_missed = Appointment.objects.filter(SCANNED | Q(MISSED, **later))
    next_off = of_request(called_off(), request)
    if after:
        next_off = next_off.filter(at__gt=OuterRef(after))
    return Least(
        Coalesce(ended, Value(FOREVER)),
        _first(of_request(scanned_or_missed, request), "start"),
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
