"""What the network aims at, and from when charts are worked out anew: what holds, and setting it.

What holds of a measure, a trust and a month is the last act about them. Whoever sets something has
seen up to which act it stood (`seen`): if another one came since, nothing is done.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import TypeVar

from django.db import IntegrityError, transaction
from django.db.models import Max
from django.utils import timezone

from booking.changes import audit
from booking.models import AuditAction, Staff
from insights.measures.base import Measure
from insights.models import Rebase, Target
from insights.models.act import EVERY_TRUST
from times.london import day_in_england

Kind = TypeVar("Kind", Rebase, Target)


class ActsChanged(Exception):
    """Somebody else set or took away something since this person's page was shown."""


@dataclass(frozen=True)
class About:
    """Which measure an act is about, of which trust (EVERY_TRUST: of all), from which month."""

    measure: str
    trust: str
    month: date


@dataclass(frozen=True)
class Acts:
    """All acts, read once for a page of many charts."""

    targets: list[Target]
    rebases: list[Rebase]


def all_acts() -> Acts:
    """Return all acts, in two queries."""
    return Acts(list(Target.objects.all()), list(Rebase.objects.all()))


def target_of(
    measure: Measure,
    trust: str | None = None,
    *,
    month: date | None = None,
    acts: Acts | None = None,
) -> float | None:
    """Return the target of a measure in a month (this one, in England, unless said), in its unit.

    A trust's own goes before the network's, the network's before the measure's own; of several the
    one of the latest month that has begun.
    """
    now = month or day_in_england(timezone.now()).replace(day=1)
    known = acts.targets if acts else Target.objects.filter(measure=measure.code)
    begun = [one for one in _of(known, measure, trust) if one.month <= now]
    last = max(begun, key=lambda one: (one.trust != EVERY_TRUST, one.month), default=None)
    return last.value if last else measure.target


def parts_of(measure: Measure, trust: str | None = None, *, acts: Acts | None = None) -> list[date]:
    """Return the months from which the limits of a chart are worked out anew, in order.

    A trust's chart has its own and the network's: what changed for all changed for each.
    """
    known = acts.rebases if acts else Rebase.objects.filter(measure=measure.code)
    return sorted({one.month for one in _of(known, measure, trust)})


def standing(kind: type[Kind]) -> list[Kind]:
    """Return the acts that hold, by measure, trust and month."""
    return _standing(kind.objects.all())


def history(kind: type[Kind]) -> list[Kind]:
    """Return all acts, the last one first."""
    return list(kind.objects.order_by("-number"))


def last_number(kind: type[Rebase] | type[Target]) -> int:
    """Return the number of the last act, 0 before the first: forms carry it as `seen`."""
    return kind.objects.aggregate(last=Max("number"))["last"] or 0


def set_target(
    about: About, value: float, *, why: str, seen: int, now: datetime, by: Staff
) -> Target:
    """Set a target, or change the one of this month. Raises ActsChanged."""
    act = Target(**_fields(about, why, seen, now, by), value=value)
    return _write(act, AuditAction.TARGET_SET, by)


def take_target_away(target: Target, *, why: str, seen: int, now: datetime, by: Staff) -> Target:
    """Take a target away: what was before it holds again. Raises ActsChanged."""
    fields = _fields(_about(target), why, seen, now, by)
    act = Target(**fields, value=target.value, is_on=False)
    return _write(act, AuditAction.TARGET_TAKEN_AWAY, by)


def rebase(about: About, *, why: str, seen: int, now: datetime, by: Staff) -> Rebase:
    """Begin a new part of a chart in a month. Raises ActsChanged."""
    return _write(Rebase(**_fields(about, why, seen, now, by)), AuditAction.REBASED, by)


def take_rebase_away(one: Rebase, *, why: str, seen: int, now: datetime, by: Staff) -> Rebase:
    """Join a part of a chart to the one before it again. Raises ActsChanged."""
    act = Rebase(**_fields(_about(one), why, seen, now, by), is_on=False)
    return _write(act, AuditAction.REBASE_TAKEN_AWAY, by)


def _about(act: Rebase | Target) -> About:
    return About(act.measure, act.trust, act.month)


def _fields(about: About, why: str, seen: int, now: datetime, by: Staff) -> dict[str, object]:
    named = {"measure": about.measure, "trust": about.trust, "month": about.month}
    return {**named, "number": seen + 1, "why": why, "by": by.actor, "at": now}


def _write(act: Kind, what: AuditAction, by: Staff) -> Kind:
    """Write an act as the next one after those that were seen: two cannot have one number."""
    try:
        with transaction.atomic():
            if act.number != last_number(type(act)) + 1:
                raise ActsChanged
            act.save()
            audit.write(
                what, now=act.at, actor=by.actor, reason=act.why, measure=act.measure,
                trust=act.trust, month=str(act.month), value=getattr(act, "value", None),
            )  # fmt: skip
    except IntegrityError:
        raise ActsChanged from None
    return act


def _of(acts: Iterable[Kind], measure: Measure, trust: str | None) -> list[Kind]:
    whose = {trust or EVERY_TRUST, EVERY_TRUST}
    return _standing(one for one in acts if one.measure == measure.code and one.trust in whose)


def _standing(acts: Iterable[Kind]) -> list[Kind]:
    last: dict[About, Kind] = {}
    for act in sorted(acts, key=lambda one: one.number):
        last[_about(act)] = act
    on = [act for act in last.values() if act.is_on]
    return sorted(on, key=lambda one: (one.measure, one.trust, one.month))
