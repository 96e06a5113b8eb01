"""What became of every line of an import."""

from dataclasses import dataclass, field

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

    `kept` says why a body that should have been authoritative withdrew nothing; empty otherwise.
    """

    created: int = 0
    updated: int = 0
    unchanged: int = 0
    stale: int = 0
    withdrawn: int = 0
    refused: int = 0
    displaced: int = 0
    refusals: list[Refusal] = field(default_factory=list)
    outcomes: dict[int, str] | None = None
    kept: str = ""

    @property
    def used(self) -> int:
        """How many lines were understood, whether or not they changed anything."""
        return self.created + self.updated + self.unchanged + self.stale + self.withdrawn

    @property
    def changed(self) -> int:
        """How many lines changed what is stored."""
        return self.created + self.updated + self.withdrawn

    @property
    def counts(self) -> dict[str, int]:
        """All counts by name."""
        return {name: getattr(self, name) for name in COUNTS}

    def count(self, line: int, what: str) -> None:
        """Count a line as created, updated, unchanged, stale or withdrawn."""
        setattr(self, what, getattr(self, what) + 1)
        if self.outcomes is not None:
            self.outcomes[line] = what

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

    def empty_like(self) -> "Report":
        """Return an empty report that keeps outcomes by line if this one does."""
        return Report(outcomes=None if self.outcomes is None else {})

    def merge(self, other: "Report") -> None:
        """Take in what a chunk brought, once it is committed."""
        for name in COUNTS:
            setattr(self, name, getattr(self, name) + getattr(other, name))
        self.refusals += other.refusals
        if len(self.refusals) > 2 * MAX_ISSUES:
            self.keep_first()
        if self.outcomes is not None:
            self.outcomes |= other.outcomes or {}


COUNTS = ["created", "updated", "unchanged", "stale", "withdrawn", "refused", "displaced"]
