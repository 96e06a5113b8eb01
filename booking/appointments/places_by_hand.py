"""A site, scanner or stop that a lead or an administrator changes by hand, and who did.

What it does to people who are booked is done as for a file (sites.imports): they are displaced,
asked, told, or a person sees to them. `now` is passed in, aware, UTC.
"""

from collections.abc import Collection
from datetime import datetime

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from booking.changes import audit
from booking.identifiers.actors import Actor, ActorKind
from booking.models import AuditAction, AuditEntry
from sites.imports import cells, one_change
from sites.imports.cells import RowRefused
from sites.imports.one_change import Seen
from sites.imports.table import Row
from sites.models import Scanner, Site, Stop
from times.london import day_in_england


def sites_of(trusts: Collection[str]) -> QuerySet[Site]:
    """Return the places of these trusts, those that are closed for good too."""
    return Site.objects.filter(trust__in=trusts).select_related("trust")


def scanners_of(trusts: Collection[str]) -> QuerySet[Scanner]:
    """Return the scanners at these places, and the mobile ones of these trusts."""
    own = Q(site__trust__in=trusts) | Q(site=None, trust__in=trusts)
    return Scanner.objects.filter(own).select_related("site", "trust")


def save(
    rows: list[Row], seen: Seen, *, agreed: str | None, now: datetime, actor: Actor
) -> list[str]:
    """Put the rows in and write down who did; return what changed, empty if nothing did.

    `agreed` as of one_change.change, which says what is raised.
    """
    with transaction.atomic():
        done = one_change.change(rows, seen, agreed=agreed)
        if done:
            row = rows[-1]
            name = row["id"] or f"{row['scanner']}-{row['from']}"
            audit.write(
                AuditAction.PLACES_SET,
                now=now,
                actor=actor,
                what=row["what"],
                id=name,
                changed="; ".join(done),
            )
    return done


def follow_file(became: dict[str, int]) -> None:
    """Write down that somebody loaded a file of places, and how many rows became what."""
    actor = Actor(ActorKind.COMMAND)
    audit.write(AuditAction.PLACES_SET, now=timezone.now(), actor=actor, what="file", rows=became)


def stop_rows(row: Row, stop: Stop | None, *, now: datetime) -> list[Row]:
    """Return the rows that make a stop as `row` says, or change `stop` to that, or take it away.

    What has been stays as it was. Raises RowRefused.
    """
    today = day_in_england(now)
    has_begun = stop is not None and stop.first_day < today
    if stop is not None and stop.last_day < today:
        raise RowRefused("this stop is over: it stays as it was")
    if row.get("remove"):
        if has_begun:
            raise RowRefused("it has begun: type today as its last day instead")
        return [row]
    first, last = cells.day(row, "from"), cells.day(row, "to")
    if stop is not None and has_begun and first != stop.first_day:
        raise RowRefused("it has begun: its first day stays as it is", "from")
    if not has_begun and first < today:
        raise RowRefused("the first day has passed", "from")
    if last < today:
        raise RowRefused("the last day has passed", "to")
    row = {**row, "from": first.isoformat(), "to": last.isoformat()}
    if stop is None or stop.first_day == first:
        return [row]
    # A stop is known by its first day: one that begins another day is another one.
    return [{**one_change.row_of(stop), "remove": "yes"}, row]


def history(what: str, name: str) -> QuerySet[AuditEntry]:
    """Return who changed a site (by its slug) or a scanner (by its code), the newest first."""
    own = AuditEntry.objects.filter(action=AuditAction.PLACES_SET, detail__what=what)
    return own.filter(detail__id=name).order_by("-at", "-pk")
