"""What a counter and a measure are. Each measure is a small module beside this one."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import QuerySet


@dataclass(frozen=True)
class Counter:
    """Something that is counted each day.

    `rows` gives, for one day in England, a query whose columns are those of DayFigure that
    insights/measures/rows.py names, in that order: figures() there writes it. `is_stock`: it is
    what stands on that day, so that a month has what stood on the last of its days that was
    counted, and days are never added up.
    """

    code: str
    rows: Callable[[date], QuerySet[Any, Any]]
    is_stock: bool = False


@dataclass(frozen=True)
class Part:
    """What of a counter a measure takes: `n` or `total`, of all groups or of these."""

    counter: str
    groups: tuple[str, ...] = ()
    take: str = "n"


@dataclass(frozen=True)
class Measure:
    """One figure of the network: `per` times `top`, divided by `bottom` if there is one.

    `words` defines it, `is_not` says what it must not be taken for; both stand on its page.
    `better` is "lower", "higher" or "" where neither is. `target` is in `unit`; with one that the
    network sets (insights/models) that one counts. `is_public`: everybody may see the network's.
    `by` are the filters that mean something for it (names of Filters' fields).
    """

    code: str
    name: str
    words: str
    is_not: str
    unit: str
    better: str
    top: Part
    bottom: Part | None = None
    per: float = 1
    target: float | None = None
    is_public: bool = False
    by: tuple[str, ...] = ("trust", "modality", "site", "kind", "urgency", "hours", "decile", "age")
