"""What is asked of who would come sooner, and its answers in words: for the patient's pages, which
ask one thing at a time, and the clerk's, which asks all at once.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from booking.models import SoonerWish
from booking.offers.sooner.wishes import Wanted
from booking.search.criteria import DAYPARTS
from sites import places
from sites.postcodes import Origin

NOTICES = {
    "1": "I can come the next day",
    "2": "I need 2 days",
    "3": "I need 3 days",
    "7": "I need a week",
}
HERE, ANY, CHOOSE = "here", "any", "choose"
MINUTES = (20, 30, 45, 60)
WEEKDAYS = {
    "0": "Monday", "1": "Tuesday", "2": "Wednesday", "3": "Thursday", "4": "Friday",
    "5": "Saturday", "6": "Sunday",
}  # fmt: skip
ANY_DAY, ANY_TIME, ANYWHERE = "Any day", "Any time of day", "Any place that does this scan"


@dataclass(frozen=True)
class Answers:
    """What was answered so far, as forms have it; empty where nothing was. `days` and `parts` are
    None before they were asked: no tick is an answer."""

    notice: str = ""
    where: str = ""
    sites: tuple[str, ...] = ()
    days: tuple[str, ...] | None = None
    parts: tuple[str, ...] | None = None

    @classmethod
    def read(cls, kept: Mapping[str, Any]) -> "Answers":
        """Return answers that `kept` wrote, as JSON gives them back."""
        return cls(**{name: _tuple(value) for name, value in kept.items()})

    def kept(self) -> dict[str, Any]:
        """Return the answers as JSON keeps them."""
        return {
            "notice": self.notice, "where": self.where, "sites": list(self.sites),
            "days": None if self.days is None else list(self.days),
            "parts": None if self.parts is None else list(self.parts),
        }  # fmt: skip

    def with_answer(self, name: str, answer: Any) -> "Answers":
        """Return these with another answer; who would choose places is asked which."""
        chosen: dict[str, Any] = {} if name != "where" else {"sites": []}
        return Answers.read({**self.kept(), **chosen, name: answer})

    @property
    def missing(self) -> str:
        """Which question comes next, empty if all are answered."""
        asked = {
            "notice": self.notice,
            "where": self.where,
            "sites": self.sites or self.where != CHOOSE,
            "days": self.days is not None,
            "parts": self.parts is not None,
        }
        return next((name for name, answer in asked.items() if not answer), "")

    def wanted(self, booked_site: int, origin: Origin | None) -> Wanted:
        """Return what they would come sooner for. `booked_site` is where they are booked."""
        chosen = {HERE: (booked_site,), CHOOSE: tuple(int(site) for site in self.sites)}
        return Wanted(
            int(self.notice),
            sites=chosen.get(self.where, ()),
            within_minutes=int(self.where) if self.where.isdecimal() else None,
            weekdays=_all_is_any(tuple(int(day) for day in self.days or ()), WEEKDAYS),
            dayparts=_all_is_any(self.parts or (), DAYPARTS),
            origin=origin,
        )


def answers_of(wish: SoonerWish, booked_site: int) -> Answers:
    """Return what somebody answered before, so that they change only what they want to."""
    where = str(wish.within_minutes) if wish.within_minutes else CHOOSE if wish.sites else ANY
    here = wish.sites == [booked_site]
    return Answers(
        str(wish.notice_days),
        HERE if here else where,
        () if here else tuple(map(str, wish.sites)),
        tuple(map(str, wish.weekdays)),
        tuple(wish.dayparts),
    )


def where_choices(*, knows_origin: bool, booked_site: int) -> list[tuple[str, str]]:
    """Return what may be answered to how far somebody would travel."""
    near = [(str(minutes), f"Up to {minutes} minutes away") for minutes in MINUTES]
    return [
        (HERE, f"Only {places.get(booked_site).name}, where I am booked"),
        *(near if knows_origin else []),
        (ANY, ANYWHERE),
        (CHOOSE, "I will choose the places"),
    ]


def in_words(wanted: Wanted) -> list[tuple[str, str, str]]:
    """Return each question by its name, what it is about, and the answer, in plain words."""
    return [
        ("notice", "How soon you can come", NOTICES[str(wanted.notice_days)]),
        ("where", "Where", say_where(wanted)),
        ("days", "Days", _listed([WEEKDAYS[str(day)] for day in wanted.weekdays], ANY_DAY)),
        ("parts", "Time of day", _listed([DAYPARTS[part] for part in wanted.dayparts], ANY_TIME)),
    ]


def say_where(wanted: Wanted) -> str:
    """Return the places in words."""
    if wanted.within_minutes:
        return f"Up to {wanted.within_minutes} minutes away"
    known = places.table().by_id
    return _listed([known[site].name for site in wanted.sites if site in known], ANYWHERE)


def _listed(words: Collection[str], none: str) -> str:
    return ", ".join(words) or none


def _all_is_any(chosen: tuple[Any, ...], known: Collection[Any]) -> tuple[Any, ...]:
    """Return none, which is any, for all of them."""
    return () if len(set(chosen)) == len(known) else tuple(sorted(set(chosen)))


def _tuple(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value
