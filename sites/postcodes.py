"""From what people type to where they are: whole, part, mistyped and ended postcodes."""

import re
from dataclasses import dataclass

from django.db.models import Avg

from sites.models import Postcode

LETTER_FOR = {"0": "O", "1": "I", "5": "S", "8": "B"}
DIGIT_FOR = {letter: digit for digit, letter in LETTER_FOR.items()} | {"L": "1"}
_OUTWARD = re.compile(r"[A-Z]{1,2}[0-9][A-Z0-9]?")
_INWARD = re.compile(r"([0-9][A-Z]{0,2})?")
MAX_TYPED = 40


@dataclass(frozen=True)
class Origin:
    """Where somebody travels from. `approximate` if only a part of the postcode is known."""

    postcode: str
    lat: float
    lon: float
    approximate: bool


class PostcodeError(ValueError):
    """A postcode cannot be used; `message` tells the person what to type instead."""

    message = "Enter a postcode, like LA14 4LF, or the first part of one, like LA14"


class NotAPostcode(PostcodeError):
    """What was typed is not shaped like a postcode, or a part of one."""

    message = "Enter a postcode, like LA14 4LF, or the first part of one, like LA14"


class PostcodeNotKnown(PostcodeError):
    """It may be a postcode, but not one in or near Lancashire and South Cumbria."""

    message = (
        "We do not know that postcode. Check it, or enter one in or near Lancashire"
        " and South Cumbria, like PR2 9HT"
    )


def find(typed: str) -> Origin:
    """Return where a postcode is.

    Case, spaces and stray marks do not matter; O for 0 and the like are put right where the
    shape needs it. Part of a postcode is the mean of what it covers, and approximate; so is one
    that has ended, from the others of its sector. Raises NotAPostcode and PostcodeNotKnown.
    """
    letters = re.sub(r"[\s.,;:\-_'\"]", "", typed[: MAX_TYPED * 2]).upper()
    if len(typed) > MAX_TYPED or not letters.isascii() or not 2 <= len(letters) <= 7:
        raise NotAPostcode
    readings = _readings(letters, _typed_outward(typed))
    if not readings:
        raise NotAPostcode
    for outward, inward in readings:
        found = _look_up(outward, inward)
        if found:
            return found
    raise PostcodeNotKnown


def _typed_outward(typed: str) -> int:
    """Return the length of the outward part if a space says where it ends, else 0."""
    words = typed.split()
    return len(words[0]) if len(words) == 2 else 0


def _readings(letters: str, outward_length: int) -> list[tuple[str, str]]:
    """Return the ways to read what was typed as (outward, inward), the likeliest first.

    "LA144" is sector 4 of LA14; "PR11" is district 11 before it is sector 1 of PR1, unless it
    was typed "PR1 1". Repairs come after the readings that need none.
    """
    readings: list[tuple[str, str]] = []
    for text in dict.fromkeys([letters, *_repairs(letters)]):
        splits = [len(text) - 3] if len(text) >= 5 else []
        splits += [len(text), len(text) - 1] if len(text) <= 5 else []
        splits += [len(text) - 2] if 4 <= len(text) <= 6 else []  # the last letter is missing
        for at in splits:
            outward, inward = text[:at], text[at:]
            if _OUTWARD.fullmatch(outward) and _INWARD.fullmatch(inward):
                readings.append((outward, inward))
    return sorted(readings, key=lambda reading: len(reading[0]) != outward_length)


def _repairs(letters: str) -> list[str]:
    """Return the text with digits where only digits can be and letters where only letters can."""
    found = []
    if len(letters) >= 5:
        outward, inward = letters[:-3], letters[-3:]
        digit = DIGIT_FOR.get(inward[0], inward[0])
        ends = "".join(LETTER_FOR.get(letter, letter) for letter in inward[1:])
        found += [_repair_outward(outward, area) + digit + ends for area in (2, 1)]
    if len(letters) <= 5:
        found += [_repair_outward(letters, area) for area in (2, 1)]
    return found


def _repair_outward(outward: str, area: int) -> str:
    """Return an outward code with an area of `area` letters and digits after it."""
    head = "".join(LETTER_FOR.get(letter, letter) for letter in outward[:area])
    return head + "".join(DIGIT_FOR.get(letter, letter) for letter in outward[area:])


def _look_up(outward: str, inward: str) -> Origin | None:
    said = f"{outward} {inward}".strip()
    if len(inward) == 3:
        row = Postcode.objects.filter(code=said).first()
        if row:
            return Origin(said, row.lat, row.lon, approximate=False)
    part = {"sector": f"{outward} {inward[0]}"} if inward else {"outward": outward}
    mean = Postcode.objects.filter(**part).aggregate(lat=Avg("lat"), lon=Avg("lon"))
    if mean["lat"] is None:
        return None
    return Origin(said, mean["lat"], mean["lon"], approximate=True)
