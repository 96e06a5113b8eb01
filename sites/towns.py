"""Towns, suburbs and villages by the names that people type (sites/data/towns.csv)."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

from sites.data import rows
from sites.travel.journey import straight_km

SUBURB_KM, POST_TOWN_KM = 15, 40
"""How far a place may be from the town after it: "Galgate, Lancaster" is certain, "Chorley,
Manchester" a guess."""
COUNTY_KM = 45
"""How far a place may be from the middle of its county."""
SHORTEST = 3
"""Letters of the shortest name: Lea."""
SHORTEST_MISTYPED, LONG = 4, 9
"""Letters from which a name may have one slip, and two."""
NOT_NAMES = {"uk", "england", "gb"}
NEAR = {"near", "nr", "by", "in"}
SAME_WORDS = {"saint": "st", "gt": "great", "lt": "little", "lit": "little"}
_SHORT = re.compile(r"^(.+?)[- ](?:in|le|on|over|upon|with|by)[- ]")


@dataclass(frozen=True)
class Town:
    """A town (which wins over a `place` of its name), a place, or a county."""

    name: str
    kind: str
    lat: float
    lon: float


@dataclass(frozen=True)
class Match:
    """What a name stands for: one town, or several of which somebody must choose one.

    `certain` unless it is a guess, which must be said.
    """

    towns: tuple[Town, ...]
    certain: bool


def match(typed: str) -> Match | None:
    """Return what somebody means by a name as they type it, alone or with the town or county that
    it is near; None if no place is called that."""
    words = _words(typed)
    while words and words[-1] in NOT_NAMES:
        words.pop()
    return _alone(words) or _near_another(words) or _near_another(_without_county(words))


def match_mistyped(typed: str) -> Match | None:
    """Return what a name with a slip in it may mean, for two slips in a long name; None if no
    name is so near. Never certain."""
    plain = "".join(_words(typed))
    if len(plain) < SHORTEST_MISTYPED:
        return None
    names = {*_by_name(), *_by_short_name(), *_elsewhere()}
    for slips in (1, 2) if len(plain) >= LONG else (1,):
        near = [name for name in names if is_within(plain, name, slips)]
        if near:
            return _choose_mistyped(near)
    return None


def is_elsewhere(typed: str) -> bool:
    """Whether this is a town that is not in or near the region."""
    words = _words(typed)
    ends = ["".join(words[start:]) for start in range(len(words))] if "," in typed else []
    return not _elsewhere().isdisjoint(["".join(words), *ends])


def town_names() -> list[Town]:
    """Return every town and place, once each, under its first name; no counties."""
    return [town for town in _all() if town.kind != "county"]


@cache
def label(town: Town) -> str:
    """Return a name that means this town alone: "Warton near Carnforth"."""
    alone = _alone(_words(town.name))
    if alone and alone.towns == (town,) and (alone.certain or town.kind == "town"):
        return town.name
    towns = [one for one in _all() if one.kind == "town" and one.name != town.name]
    return f"{town.name} near {min(towns, key=lambda one: _km(town, one)).name}"


def is_within(one: str, other: str, slips: int) -> bool:
    """Whether so many slips (a letter more, less, wrong, or swapped with the next) at most lie
    between two words."""
    if abs(len(one) - len(other)) > slips:
        return False
    before: list[int] = []
    last = list(range(len(other) + 1))
    for i, letter in enumerate(one, 1):
        row = [i]
        for j, wanted in enumerate(other, 1):
            row.append(min(last[j] + 1, row[-1] + 1, last[j - 1] + (letter != wanted)))
            if i > 1 and j > 1 and letter == other[j - 2] and wanted == one[i - 2]:
                row[j] = min(row[j], before[j - 2] + 1)
        if min(row) > slips:
            return False
        before, last = last, row
    return last[-1] <= slips


def _alone(words: list[str]) -> Match | None:
    """Return what a name without another beside it means: the only place of that name, else the
    only town; else somebody must choose."""
    plain = "".join(words)
    named, called = _by_name().get(plain, []), _called(plain)
    if len(plain) < SHORTEST or not called:
        return None
    if len(named) == 1 and (named == called or named[0].kind == "town"):
        return Match((named[0],), certain=True)
    return Match(_likeliest(called, named), certain=False)


def _likeliest(called: list[Town], named: list[Town]) -> tuple[Town, ...]:
    """Return the only place, or the only town, or the only one with exactly that name; else
    all."""
    towns = [one for one in called if one.kind == "town"]
    for only in (called, towns, named):
        if len(only) == 1:
            return (only[0],)
    return tuple(called)


def _near_another(words: list[str]) -> Match | None:
    """Return what "Newton near Kirkham", "Ribbleton, Preston" or "Bootle, Cumbria" means."""
    for at in range(len(words) - 1, 0, -1):
        end = at - 1 if words[at - 1] in NEAR and at > 1 else at
        places = _called("".join(words[:end]))
        others = _called("".join(words[at:]))
        county = _counties().get("".join(words[at:]))
        if places and county:
            here = [one for one in places if _km(one, county) <= COUNTY_KM]
            return Match(_likeliest(here, []), certain=len(here) == 1) if here else None
        near = [
            (_km(one, other), i, one)
            for i, one in enumerate(places)
            for other in others
            if one != other and _km(one, other) <= POST_TOWN_KM
        ]
        if near:
            km, _, nearest = min(near)
            return Match((nearest,), certain=km <= SUBURB_KM)
    return None


def _without_county(words: list[str]) -> list[str]:
    """Return an address without the county at its end."""
    starts = (at for at in range(1, len(words)) if "".join(words[at:]) in _counties())
    return words[: next(starts, 0)]


def _choose_mistyped(near: list[str]) -> Match | None:
    """Return the place with one of these names; several if they have; None if they are all of
    towns elsewhere."""
    matches = [_alone([name]) for name in sorted(near)]
    towns = dict.fromkeys(town for one in matches if one for town in one.towns)
    return Match(tuple(towns), certain=False) if towns else None


def _called(plain: str) -> list[Town]:
    """Return the places of a name, and those of which it is the short form."""
    return list(dict.fromkeys([*_by_name().get(plain, []), *_by_short_name().get(plain, [])]))


def _words(typed: str) -> list[str]:
    """Return a name's words as letters and digits alone, each as the list of places writes it."""
    bare = re.sub(r"['’‘`´]", "", typed.casefold()).replace("&", " and ")
    return [SAME_WORDS.get(word, word) for word in re.findall(r"[a-z0-9]+", bare)]


def _km(one: Town, other: Town) -> float:
    return float(straight_km(one.lat, one.lon, other.lat, other.lon))


def _names() -> Iterator[tuple[str, Town]]:
    """Yield every name of the file with what it names."""
    for row in rows("towns.csv"):
        town = Town(row["name"], row["kind"], float(row["lat"]), float(row["lon"]))
        for name in (row["name"], *filter(None, row["also"].split("|"))):
            yield name, town


@cache
def _all() -> list[Town]:
    return list(dict.fromkeys(town for _, town in _names()))


@cache
def _by_name() -> dict[str, list[Town]]:
    """Return the places by each of their names, without the counties."""
    found: dict[str, list[Town]] = {}
    for name, town in _names():
        if town.kind != "county":
            found.setdefault("".join(_words(name)), []).append(town)
    return found


@cache
def _by_short_name() -> dict[str, list[Town]]:
    """Return the places by the first part of a name: Bolton for Bolton-le-Sands."""
    found: dict[str, list[Town]] = {}
    for town in _all():
        short = _SHORT.match(town.name)
        if short:
            found.setdefault("".join(_words(short[1])), []).append(town)
    return found


@cache
def _counties() -> dict[str, Town]:
    return {"".join(_words(name)): town for name, town in _names() if town.kind == "county"}


@cache
def _elsewhere() -> frozenset[str]:
    """Return the names of towns that are not in or near the region."""
    return frozenset("".join(_words(row["name"])) for row in rows("towns_elsewhere.csv"))
