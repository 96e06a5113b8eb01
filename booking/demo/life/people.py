"""Who is invented, by a seed: the same people whenever they are asked for on the same day.

Mobiles are Ofcom's for drama (07700 900xxx), landlines too (01632 960xxx), each somebody's own; NHS
numbers begin with 999, which nobody is given.
"""

import random
from collections.abc import Iterator
from datetime import date, timedelta
from typing import NamedTuple

from booking.demo.life.names import COMMUNITIES, ENGLISH
from booking.identifiers.codes import ALPHABET, LENGTH
from booking.models import Referral

SEED = 2026
GROUPS = {
    "waiting": 60, "not_booked": 60, "booked": 63, "today": 48, "past": 56, "displaced": 14,
    "cancelled": 14, "stopped": 14, "held": 8, "undelivered": 12, "cancer": 12,
    "scanned": 3, "breach": 10, "late": 6, "same": 8, "ended": 6, "offered": 4, "kept": 2,
}  # fmt: skip
"""Into which story how many are put, of 400; of fewer people one at the least."""
WHOLE = sum(GROUPS.values())
IN_PAIRS = ("same",)
AT_ANY_PLACE = ("offered", "kept")
"""Stories that the first time must do for."""
CANCER = ("cancer", "scanned", "late")
"""Stories of suspected cancer."""
TAKEN = {"118", "327", "364", "461", "701", "702", "782", "935", *map(str, range(200, 220))}
"""The last digits of drama's mobiles that others of the demo have."""
FIRST_NUMBER = 999_001_000
"""The first nine digits of the first NHS number; the others of the demo have lower ones."""
HOMES = {
    "RTX": ["LA14 4LF", "LA1 4RP", "LA9 7RG"],
    "RXL": ["FY7 6HP", "FY3 8NR"],
    "RXN": ["PR2 9HT", "PR7 1PP"],
    "RXR": ["BB2 3HH", "BB5 0RE", "BB10 2PQ"],
}
"""Where they live, by the trust that refers them: places that the demo's timetable knows."""
STREETS = ("Invented Street", "Example Road", "Sample Terrace", "Pretend Lane")
NEEDS = ("wheelchair", "carer", "hearing", "sight", "transport", "claustrophobia", "uses_bsl",
         "format_easy_read", "contact_letter")  # fmt: skip
EXAMS = {
    "MR-KNEE": (18, 70), "MR-LSPINE": (25, 78), "MR-SHOULDER": (30, 75), "CT-HEAD": (35, 92),
    "CT-LUNGS": (55, 86), "DX-CHEST": (20, 92), "DX-WRIST": (7, 80), "DX-HIP": (50, 92),
    "US-ABDO": (19, 84), "BMD-HIP": (55, 88),
}  # fmt: skip
"""What they are sent for, and the ages at which one is."""
IN_PERSON = ("MR-KNEE", "MR-LSPINE", "MR-SHOULDER", "CT-HEAD", "CT-LUNGS")
"""Those done on the scanners that have times on every day of the week."""
WAITED = {"waiting": (0, 1), "not_booked": (15, 34), "breach": (36, 41), "late": (8, 9),
          "cancer": (0, 1), "scanned": (8, 9), "offered": (0, 1)}  # fmt: skip
"""Days since the clock started, where it is not a fortnight or so."""


class Invented(NamedTuple):
    """One invented person with one request. `number` counts them, `place` those of their story."""

    number: int
    group: str
    place: int
    code: str
    given_name: str
    family_name: str
    born: date
    nhs_number: str | None
    language: str
    mobile: str
    landline: str
    postcode: str
    address: str
    needs: list[str]
    exam: str
    trust: str
    urgency: str
    waited: int


def sizes(count: int) -> dict[str, int]:
    """Return how many of `count` people are put into each story; none of nobody."""
    if not count:
        return dict.fromkeys(GROUPS, 0)
    of = {name: max(1, round(share * count / WHOLE)) for name, share in GROUPS.items()}
    return of | {name: of[name] + of[name] % 2 for name in IN_PAIRS}


def invent(count: int, today: date) -> list[Invented]:
    """Return about `count` people: of a pair the second is the first, without an NHS number."""
    chance = random.Random(SEED)
    mobiles = [f"{one:03}" for one in range(1000) if f"{one:03}" not in TAKEN]
    chance.shuffle(mobiles)
    numbers = _nhs_numbers()
    people: list[Invented] = []
    for group, size in sizes(count).items():
        for place in range(size):
            one = _person(len(people), group, place, next(numbers), mobiles.pop(), today, chance)
            if group in IN_PAIRS and place % 2:
                first = people[-1]
                one = one._replace(
                    given_name=first.given_name, family_name=first.family_name, born=first.born,
                    nhs_number=None, trust=first.trust, postcode=first.postcode,
                )  # fmt: skip
            people.append(one)
    return people


def _person(  # noqa: PLR0913 - what is told apart of each, and the dice
    number: int, group: str, place: int, nhs: str, mobile: str, today: date, chance: random.Random
) -> Invented:
    folk = chance.choices(COMMUNITIES, [one.share for one in COMMUNITIES])[0]
    trust = list(HOMES)[(number + number // len(HOMES)) % len(HOMES)]
    exam = chance.choice(_exams_of(group))
    youngest, oldest = EXAMS[exam]
    born = today - timedelta(days=chance.randint(youngest * 366, oldest * 365))
    needs = [chance.choice(NEEDS)] if chance.random() < 0.15 else []
    if folk.language != ENGLISH and chance.randrange(100) < folk.interpreted:
        needs.append("interpreter")
    if group in AT_ANY_PLACE:
        needs = []
    has_mobile = group in ("undelivered", "offered") or chance.random() < 0.86
    has_landline = chance.random() < (0.25 if has_mobile else 0.8)
    return Invented(
        number, group, place, "".join(chance.choices(ALPHABET, k=LENGTH)),
        chance.choice(folk.given), chance.choice(folk.family), born, nhs, folk.language,
        f"+447700900{mobile}" if has_mobile else "",
        f"+441632960{number % 1000:03}" if has_landline else "",
        chance.choice(HOMES[trust]), f"{chance.randint(1, 99)} {chance.choice(STREETS)}",
        needs, exam, trust, _urgency(group, chance), chance.randint(*WAITED.get(group, (10, 20))),
    )  # fmt: skip


def _exams_of(group: str) -> list[str]:
    if group in ("stopped", "held"):
        return [name for name in IN_PERSON if name.startswith("MR")]
    if group in ("waiting", "not_booked", "breach", "ended"):
        return list(EXAMS)
    return ["CT-LUNGS", "CT-HEAD"] if group in CANCER else list(IN_PERSON)


def _urgency(group: str, chance: random.Random) -> str:
    if group in CANCER:
        return Referral.Urgency.SUSPECTED_CANCER
    urgent = group not in ("waiting", "breach") and chance.random() < 0.2
    return Referral.Urgency.URGENT if urgent else Referral.Urgency.ROUTINE


def _nhs_numbers() -> Iterator[str]:
    """Yield valid numbers that nobody is given: the tenth digit is the check (modulus 11)."""
    nine = FIRST_NUMBER
    while True:
        rest = sum(int(digit) * (10 - at) for at, digit in enumerate(str(nine))) % 11
        check = (11 - rest) % 11
        if check < 10:
            yield f"{nine}{check}"
        nine += 1
