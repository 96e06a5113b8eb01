"""What became of every line of an import."""

from dataclasses import dataclass, field
from datetime import datetime

from booking.exchange.feeds.crowding import Crowding
from booking.exchange.feeds.parse import LineRefused

MAX_ISSUES = 1000
"""Refusals that a reply spells out; all are counted."""


@dataclass(frozen=True)
class Refusal:
    """A line that was not used: its number, a FHIR issue type, what it is about, what is wrong."""

    line: int
    code: str
    item: str
    what: str


@dataclass
class Report:
    """Counts are of resources; `refusals` lists the first ones; `outcomes` is by line number.

    `mended` lines were read although something was wrong with them, and `overlapping` slots stand
    on another of their Schedule; `mends` (with the first line of
    each) and `crowded` say what. `kept` says why a body that should have been
    authoritative withdrew nothing (`kept_all`), or nothing of some Schedules; empty otherwise.
    `held` counts lines that wait for a lead, and `held_reason` says why; `doubtful` closing words
    that were used although older than what was stored; `doubled` times that we booked after their
    trust had given them away. `deferred` are the slots whose lines are settled at the end of the
    body (by id, with the line's number), `new_ids` new ids at times that had another (by id, with
    how its line was counted). `newest` is the youngest stamp of a slot's line that could be used,
    and `usable` counts such lines.
    """

    created: int = 0
    updated: int = 0
    unchanged: int = 0
    stale: int = 0
    withdrawn: int = 0
    refused: int = 0
    displaced: int = 0
    mended: int = 0
    overlapping: int = 0
    crowded: list[str] = field(default_factory=list)
    mends: dict[str, int] = field(default_factory=dict)
    refusals: list[Refusal] = field(default_factory=list)
    outcomes: dict[int, str] | None = None
    kept: str = ""
    kept_all: bool = False
    crowding: Crowding = field(default_factory=Crowding, repr=False, compare=False)
    held: int = 0
    held_reason: str = ""
    doubtful: int = 0
    doubled: int = 0
    usable: int = 0
    newest: datetime | None = None
    deferred: dict[str, int] = field(default_factory=dict)
    new_ids: dict[str, str] = field(default_factory=dict)

    @property
    def used(self) -> int:
        """How many lines were understood, whether or not they changed anything."""
        return (
            self.created + self.updated + self.unchanged + self.stale + self.withdrawn + self.held
        )

    @property
    def changed(self) -> int:
        """How many lines changed what is stored."""
        return self.created + self.updated + self.withdrawn

    @property
    def is_usable(self) -> bool:
        """Whether it says anything of times: not if there were slots and none could be used."""
        return self.used > 0 and (self.usable > 0 or not self.refused)

    @property
    def warnings(self) -> list[str]:
        """What its sender should know, though no line was refused."""
        said = [self.held_reason]
        if self.doubtful:
            said.append(
                f"{self.doubtful} lines that close a time were stamped a little before what we had,"
                " and were used all the same: in doubt a time is closed. Check your clock."
            )
        if self.doubled:
            said.append(
                f"{self.doubled} times that are booked here were busy in your system before they"
                " were. A clerk will ask you who has them."
            )
        return [one for one in said if one]

    @property
    def counts(self) -> dict[str, int]:
        """All counts by name."""
        return {name: getattr(self, name) for name in COUNTS}

    def count(self, line: int, what: str) -> None:
        """Count a line as created, updated, unchanged, stale or withdrawn."""
        setattr(self, what, getattr(self, what) + 1)
        if self.outcomes is not None:
            self.outcomes[line] = what

    def name(self, stamp: datetime) -> None:
        """Note that a slot's line could be used, and how young it was."""
        self.usable += 1
        self.newest = max(self.newest or stamp, stamp)

    def refuse(self, line: int, error: LineRefused, item: str = "") -> None:
        """Count a refused line, and keep why."""
        self.refused += 1
        self.refusals.append(Refusal(line, error.code, error.item or item, str(error)))
        if len(self.refusals) > 2 * MAX_ISSUES:
            self.keep_first()

    def keep_first(self) -> None:
        """Put the refusals in the order of lines, which they did not come in; keep the first."""
        self.refusals.sort(key=lambda refusal: refusal.line)
        del self.refusals[MAX_ISSUES:]

    def mend(self, line: int, made: list[str]) -> None:
        """Count a line that was mended, and say what was, once for each kind."""
        self.mended += 1
        for what in made:
            if what not in self.mends:
                self.mends[what] = line

    def empty_like(self) -> "Report":
        """Return an empty report that keeps outcomes by line if this one does."""
        return Report(outcomes=None if self.outcomes is None else {})

    def merge(self, other: "Report") -> None:
        """Take in what a chunk brought, once it is committed."""
        for name in [*COUNTS, "doubtful", "doubled", "usable"]:
            setattr(self, name, getattr(self, name) + getattr(other, name))
        self.deferred |= other.deferred
        self.new_ids |= other.new_ids
        if other.newest:
            self.newest = max(self.newest or other.newest, other.newest)
        self.refusals += other.refusals
        if len(self.refusals) > 2 * MAX_ISSUES:
            self.keep_first()
        if self.outcomes is not None:
            self.outcomes |= other.outcomes or {}


COUNTS = [
    "created", "updated", "unchanged", "stale", "withdrawn", "held", "refused", "displaced",
    "mended", "overlapping",
]  # fmt: skip
