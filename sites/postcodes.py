"""From what people type to where they are: whole, part, mistyped and ended postcodes."""

import re
from dataclasses import dataclass, replace
from itertools import chain

from django.db.models import Avg, CharField

from sites.models import Postcode
from sites.ways import Way
from times.together import Part, rows_of
from times.written import Written

LETTER_FOR = {"0": "O", "1": "I", "5": "S", "8": "B"}
DIGIT_FOR = {letter: digit for digit, letter in LETTER_FOR.items()} | {"L": "1"}
_OUTWARD = re.compile(r"[A-Z]{1,2}[0-9][A-Z0-9]?")
_INWARD = re.compile(r"([0-9][A-Z]{0,2})?")
MAX_TYPED = 40
WHOLE = Written(lambda code: Postcode.objects.filter(code=code), code=CharField())


@dataclass(frozen=True)
class Origin:
    """Where somebody travels from. `approximate` if only a part of the postcode is known.

    `typed` is what somebody typed if it had to be put right, and must then be said: "We took ...
    as ..."; empty if it was taken as it stood. `way` is how they travel (sites.ways); empty if
    they did not say: then it is by car.
    """

    postcode: str
    lat: float
    lon: float
    approximate: bool
    typed: str = ""
    way: str = ""

    @property
    def by_public(self) -> bool:
        """Whether they come by bus, train or on foot."""
        return self.way == Way.PUBLIC


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
    shape needs it, and the origin says so. Part of a postcode is the mean of what it covers, and
    approximate; so is one that has ended, from the others of its sector. Raises NotAPostcode and
    PostcodeNotKnown.
    """
    found = find_exact(typed)
    if found:
        return found
    repaired = [_readings(text, _typed_outward(typed)) for text in _repairs(_letters(typed))]
    for outward, inward in dict.fromkeys(chain(*repaired)):
        found = _look_up(outward, inward)
        if found:
            return replace(found, typed=typed.strip())
    if any(repaired) or _readings(_letters(typed), 0):
        raise PostcodeNotKnown
    raise NotAPostcode


def whole(typed: str) -> Part[Origin | None]:
    """Read where a whole postcode is, None unless it is one that we know as it stands."""
    rows: list[Postcode] = yield from rows_of(WHOLE(code=typed))
    for row in rows:
        return Origin(row.code, row.lat, row.lon, approximate=False)
    return None


def find_exact(typed: str) -> Origin | None:
    """Return where a postcode, or a part of one, is that needs no letter changed; None if what
    was typed is not one that we know."""
    for outward, inward in _readings(_letters(typed), _typed_outward(typed)):
        found = _look_up(outward, inward)
        if found:
            return found
    return None


def _letters(typed: str) -> str:
    """Return the letters and digits of what may be a postcode, empty if it cannot be one."""
    letters = re.sub(r"[\s.,;:\-_'\"]", "", typed[: MAX_TYPED * 2]).upper()
    fits = len(typed) <= MAX_TYPED and letters.isascii() and 2 <= len(letters) <= 7
    return letters if fits else ""


def _typed_outward(typed: str) -> int:
    """Return the length of the outward part if a space says where it ends, else 0."""
    words = typed.split()
    return len(words[0]) if len(words) == 2 else 0


def _readings(letters: str, outward_length: int) -> list[tuple[str, str]]:
    """Return the ways to read letters as (outward, inward), the likeliest first.

    "LA144" is sector 4 of LA14; "PR11" is district 11 before it is sector 1 of PR1, unless it
    was typed "PR1 1".
    """
    splits = [len(letters) - 3] if len(letters) >= 5 else []
    splits += [len(letters), len(letters) - 1] if len(letters) <= 5 else []
    splits += [len(letters) - 2] if 4 <= len(letters) <= 6 else []  # the last letter is missing
    readings = [(letters[:at], letters[at:]) for at in splits]
    fit = [one for one in readings if _OUTWARD.fullmatch(one[0]) and _INWARD.fullmatch(one[1])]
    return sorted(fit, key=lambda reading: len(reading[0]) != outward_length)


def _repairs(letters: str) -> list[str]:
    """Return the text with digits where only digits can be and letters where only letters can.

    A word without a digit is a name: Millom is not M11 1OM.
    """
    found: list[str] = []
    if not any(letter.isdigit() for letter in letters):
        return found
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
        for row in WHOLE(code=said):
            return Origin(said, row.lat, row.lon, approximate=False)
    part = {"sector": f"{outward} {inward[0]}"} if inward else {"outward": outward}
    mean = Postcode.objects.filter(**part).aggregate(lat=Avg("lat"), lon=Avg("lon"))
    if mean["lat"] is None:
        return None
    return Origin(said, mean["lat"], mean["lon"], approximate=True)
