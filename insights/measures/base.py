"""What a counter and a measure are. Each measure is a small module beside this one."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any

from django.db.models import QuerySet


@dataclass(frozen=True)
class Counter:
    """Something that is counted each day.

    `rows` gives, for one day in England, a query as figures() of insights/measures/rows.py writes
    it. Counters that take from the same rows have one query: figures_together() writes it, and
    `place` says whose of its sums are this one's, from 0. `is_stock`: it is
    what stands on that day, so that a month has what stood on the last of its days that was
    counted, and days are never added up. `is_pruned`: its source
    loses its oldest rows, so that a day keeps what was counted of it (insights/pruned.py).
    """

    code: str
    rows: Callable[[date], QuerySet[Any, Any]]
    is_stock: bool = False
    is_pruned: bool = False
    place: int = 0


@dataclass(frozen=True)
class Part:
    """What of a counter a measure takes: `n` or `total`, of all groups or of these."""

    counter: str
    groups: tuple[str, ...] = ()
    take: str = "n"


class Against(StrEnum):
    """How a month is compared with the same one of 2019/20 (insights/against_baseline.py)."""

    RAW = "raw"
    BY_WORKING_DAY = "by working day"


@dataclass(frozen=True)
class Cut:
    """Another way to split a measure: by the groups of its counter, each with its words."""

    code: str
    name: str
    groups: dict[str, tuple[str, ...]]


@dataclass(frozen=True)
class Measure:
    """One figure of the network: `per` times `top`, divided by `bottom` if there is one.

    `words` defines it, `is_not` says what it must not be taken for; both stand on its page.
    `better` is "lower", "higher" or "" where neither is. `target` is in `unit`; with one that the
    network sets (insights/models) that one counts. `is_public`: everybody may see the network's.
    `by` are the filters that mean something for it (names of Filters' fields). With `against` it is
    100 times `top` against the same month of 2019/20, of scans that DM01 asks for, in place of
    `bottom`. `nothing` is what is said where there is no figure; `see` is the code of the measure
    to be read beside it. `cuts` are ways to split it by its counter's groups.
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
    against: Against | None = None
    nothing: str = "none"
    see: str = ""
    cuts: tuple[Cut, ...] = ()
