"""What was offered and taken, and by whom: so that a lead sees whether the list is fair.

Counts only: nobody is named. `now` is passed in, aware, UTC.
"""

from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import NamedTuple

from booking.exams.questions.asking import age_of
from booking.messages.outlook import why_no_text
from booking.models import Offer, Patient, Referral, SoonerAsk, SoonerWish
from booking.offers.sooner.deprivation import DECILES, NOT_KNOWN, decile_of
from booking.offers.sooner.fitting import days_gained
from booking.worklists.rows import PRESSING
from times.london import day_in_england

PERIODS = {"28": "4 weeks", "84": "12 weeks", "364": "52 weeks"}
"""How far back a lead may look, in days."""
AGES = ((0, "under 16"), (16, "16 to 44"), (45, "45 to 64"), (65, "65 to 74"), (75, "75 and over"))
BY_TEXT, BY_PHONE = "by text", "by phone, no mobile"
EVERYBODY = "Everybody"


@dataclass
class Line:
    """The figures of one group of people.

    `people` is how many of it are on the list now; `asked` offers made, of which the answer of some
    is still to come; `days` the days gained by those who took one.
    """

    name: str
    people: int = 0
    asked: int = 0
    taken: int = 0
    declined: int = 0
    silent: int = 0
    days: int = 0

    @property
    def share(self) -> int | None:
        """Of a hundred offers, how many were taken; None if none was made."""
        return round(100 * self.taken / self.asked) if self.asked else None

    @property
    def days_each(self) -> float | None:
        """Days gained by each who took one, on average; None if nobody did."""
        return round(self.days / self.taken, 1) if self.taken else None

    def cells(self) -> list[str]:
        """Return the figures as a table has them, empty where there is none."""
        figures = (
            self.people, self.asked, self.taken, self.share, self.declined, self.silent, self.days,
            self.days_each,
        )  # fmt: skip
        return ["" if one is None else str(one) for one in figures]


HEAD = (
    "On the list now", "Offered", "Taken", "Taken of 100", "Said no", "No answer", "Days gained",
    "Days gained each",
)  # fmt: skip


@dataclass
class Table:
    """The figures by one way to group people."""

    title: str
    lines: dict[str, Line] = field(default_factory=dict)

    def line(self, name: str) -> Line:
        """Return the line of a group, a new one if nobody of it was met yet."""
        return self.lines.setdefault(name, Line(name))


class Person(NamedTuple):
    """Which groups somebody is of, in the order of the tables."""

    age: str
    decile: str
    reached: str
    urgency: str


def figures(trusts: Collection[str], days: int, *, now: datetime) -> list[Table]:
    """Return what was offered to people of these trusts in the last so many days, by group."""
    tables = _empty()
    asks = SoonerAsk.objects.of_trusts(trusts).filter(offer__made_at__gt=now - timedelta(days=days))
    for ask in asks.select_related("offer__referral__patient", "offer__slot").iterator(1000):
        reached = BY_PHONE if ask.offer.channel == Offer.Channel.PHONE else BY_TEXT
        for line in _lines_of(tables, _person(ask.offer.referral, reached, now)):
            _count(line, ask)
    on = SoonerWish.objects.of_trusts(trusts).filter(state=SoonerWish.State.ON)
    for wish in on.select_related("referral__patient").iterator(1000):
        reached = BY_PHONE if why_no_text(wish.referral.patient) else BY_TEXT
        for line in _lines_of(tables, _person(wish.referral, reached, now)):
            line.people += 1
    return tables


def rows(tables: list[Table]) -> Iterator[list[str]]:
    """Yield the figures as a file has them, the head first."""
    yield ["Group", "Who", *HEAD]
    for table in tables:
        for line in table.lines.values():
            yield [table.title, line.name, *line.cells()]


def _empty() -> list[Table]:
    """Return all tables with a line for each group, so that nobody is left out by being nobody."""
    urgencies = [Referral.Urgency(urgency).label for urgency in PRESSING]
    groups: list[tuple[str, Collection[str]]] = [
        ("All", [EVERYBODY]),
        ("Age", [name for _, name in AGES]),
        ("Deprivation, 1 is most", [*DECILES, NOT_KNOWN]),
        ("How we ask", [BY_TEXT, BY_PHONE]),
        ("Urgency", [str(name) for name in urgencies]),
    ]
    return [Table(title, {name: Line(name) for name in names}) for title, names in groups]


def _person(referral: Referral, reached: str, now: datetime) -> Person:
    patient = referral.patient
    return Person(
        age_band(patient, now),
        decile_of(patient.postcode),
        reached,
        str(referral.get_urgency_display()),
    )


def age_band(patient: Patient, now: datetime) -> str:
    """Return the band of ages that somebody is in today."""
    age = age_of(patient.born, day_in_england(now))
    return [name for first, name in AGES if age >= first][-1]


def _lines_of(tables: list[Table], person: Person) -> Iterator[Line]:
    names = (EVERYBODY, *person)
    yield from (table.line(name) for table, name in zip(tables, names, strict=True))


def _count(line: Line, ask: SoonerAsk) -> None:
    offer = ask.offer
    line.asked += 1
    line.declined += offer.state == Offer.State.DECLINED
    line.silent += offer.state == Offer.State.LAPSED
    if offer.state == Offer.State.ACCEPTED:
        line.taken += 1
        line.days += days_gained(ask.was_start, offer.slot.start)
