"""What happened in the invented network: how much, how long people waited, and when.

A month is its number: 0 is the first of 24. Shares are of one; levels are times 2019/20's.
"""

from dataclasses import dataclass
from random import Random

from insights.models.figures import Hours

MONTHS = 24
CLIFF, OPENS, AWAY = 2, 11, 15
"""The months of the cliff, of the new centre, and of the scanner that is away."""
NEW_CENTRE = "heysham-community-diagnostic-centre"
BROKEN_AT, BROKEN = "blackpool-victoria-hospital", "MR"
TRUST_SHARES = {"RXL": 0.22, "RXR": 0.28, "RXN": 0.30, "RTX": 0.20}
TRUST_WAITS = {"RXL": 0.90, "RXR": 1.09, "RXN": 1.04, "RTX": 0.92}
"""How much worse than the network each does; together it does as the network."""
OTHER_TRUST = 0.15
SEASON = (1.03, 0.97, 1.08, 0.96, 0.99, 1.01, 1.02, 0.95, 1.02, 1.06, 1.04, 0.87)
"""From January on."""


@dataclass(frozen=True)
class Kind:
    """A kind of scan: scans a month in 2019/20, the level in the end, and shares that wait over
    six weeks at the cliff and in the end.
    """

    usual: int
    level: float
    peak: float
    floor: float
    ages: tuple[float, ...]


KINDS = {
    "CT": Kind(9_000, 1.50, 0.47, 0.0040, (0.01, 0.12, 0.22, 0.33, 0.32)),
    "MR": Kind(5_600, 1.37, 0.43, 0.0060, (0.06, 0.26, 0.31, 0.24, 0.13)),
    "US": Kind(11_000, 1.18, 0.40, 0.0150, (0.08, 0.36, 0.24, 0.20, 0.12)),
    "DX": Kind(20_000, 1.06, 0.14, 0.0010, (0.12, 0.19, 0.21, 0.25, 0.23)),
    "BMD": Kind(900, 1.12, 0.51, 0.0200, (0.01, 0.06, 0.25, 0.43, 0.25)),
    "NM": Kind(500, 1.02, 0.30, 0.0100, (0.02, 0.11, 0.22, 0.34, 0.31)),
}
"""Ages as in Age, from children on."""


def usual(modality: str, trust: str, calendar_month: int) -> int:
    """Return how many scans a trust did in that month (1 is January) of 2019/20."""
    share = TRUST_SHARES.get(trust, OTHER_TRUST)
    return round(KINDS[modality].usual * share * SEASON[calendar_month - 1])


def level(modality: str, trust: str, month: int) -> float:
    """Return how much was scanned, against the same month of 2019/20."""
    end = KINDS[modality].level
    if month < CLIFF:
        return 1.0 + wobble(modality, trust, month)
    if month == MONTHS - 1:
        return float(end)
    way = (month - CLIFF) / (MONTHS - 1 - CLIFF)
    low = 0.42 if modality == "CT" else 0.30
    back = low + (end - low) * (1 - (1 - way) ** 1.7)
    if is_away(modality, trust, month):
        back *= 0.70
    return float(back * (1 + wobble(modality, trust, month)))


def over_six_weeks(modality: str, trust: str, month: int) -> float:
    """Return the share of those who wait that waited six weeks or longer."""
    kind = KINDS[modality]
    if month < CLIFF:
        network = 0.018 + 0.003 * month
    else:
        network = kind.floor + (kind.peak - kind.floor) * 0.80 ** (month - CLIFF)
    worse = 0.07 if is_away(modality, trust, month) else 0.0
    worse += 0.03 if is_away(modality, trust, month - 1) else 0.0
    return network * TRUST_WAITS.get(trust, 1.0) + worse


def waiting(modality: str, month: int) -> float:
    """Return how many wait, against the scans of a month of 2019/20."""
    late = 0.80 ** (month - CLIFF) if month >= CLIFF else 0.1
    return (0.28 if modality == "DX" else 0.72) + 0.55 * late


def bands(share_over: float, month: int) -> list[tuple[str, float]]:
    """Return the shares of who waits by whole weeks, 13 and more last."""
    inside = (0.25, 0.21, 0.18, 0.15, 0.12, 0.09)
    heavy = 0.86 if CLIFF <= month < CLIFF + 6 else 0.55
    after = [heavy**week for week in range(8)]
    over = [share_over * one / sum(after) for one in after]
    return [
        (f"{week:02}", share)
        for week, share in enumerate([*((1 - share_over) * one for one in inside), *over])
    ]


def mean_wait(urgency: str, month: int) -> float:
    """Return the days from the clock's start to the scan."""
    late = 0.80 ** (month - CLIFF) if month >= CLIFF else 0.05
    return {"suspected_cancer": 7.0, "urgent": 15.0}.get(urgency, 22.0) * (1 + 1.3 * late)


def hours(kind_of_place: str, month: int, holidays: int) -> list[tuple[int, float]]:
    """Return the shares of the hours of the week (Hours), in a month of so many bank holidays."""
    grown = month / (MONTHS - 1)
    evening = 0.05 + 0.09 * grown
    weekend = 0.04 + 0.11 * grown
    if kind_of_place != "hospital":
        evening, weekend = evening * 1.3, weekend * 1.4
    on_holidays = 0.008 * holidays
    ordinary = 1 - evening - weekend - on_holidays
    return [
        (Hours.ORDINARY, ordinary),
        (Hours.EVENING, evening),
        (Hours.WEEKEND, weekend),
        (Hours.HOLIDAY, on_holidays),
    ]


def missed(month: int) -> float:
    """Return how many did not attend, for each that was scanned."""
    return 0.042 - 0.017 * month / (MONTHS - 1)


def is_away(modality: str, trust: str, month: int) -> bool:
    """Return whether the scanner of the story is away."""
    return (modality, trust, month) == (BROKEN, "RXL", AWAY)


def wobble(modality: str, trust: str, month: int) -> float:
    """Return what is chance: the same at each run."""
    return Random(f"{modality} {trust} {month}").uniform(-0.025, 0.025)
