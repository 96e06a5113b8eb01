"""Activity against 2019/20: 100 x a month / the same month of the baseline, from DM01.

Raw, and by working day: 1,380 scans in 23 working days against 1,000 in 22 are 138.0% and 132.0%.
The pandemic broke March 2020, so that March 2019 stands for it. Counted is what was booked (waiting
list and planned), as nobody who comes unscheduled is booked with us.
"""

from calendar import monthrange
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date

from insights.dm01.catalogue import OURS, OURS_ONLY
from insights.dm01.figures import NOTHING
from insights.dm01.providers import trusts_now
from insights.dm01.published import Published, published_activity
from sites.models import MODALITIES
from times.working_days import is_working_day

YEAR = "2019/20"
STANDS_IN = "March 2019 stands for March 2020, which the pandemic broke."
APRIL, MARCH = 4, 3


@dataclass(frozen=True)
class Against:
    """A month against the same month of the baseline, in percent; None with words that say why.

    `words` also say what must be known of a percentage that is there.
    """

    percent: float | None = None
    by_working_day: float | None = None
    words: str = ""


def baseline_month(month: date) -> date:
    """Return the month of 2019/20 that stands for a calendar month: March is that of 2019."""
    return date(2019 if month.month >= MARCH else 2020, month.month, 1)


def baseline_months() -> list[date]:
    """Return the twelve months of the baseline, March 2019 among them."""
    return sorted(baseline_month(date(2024, month, 1)) for month in range(1, 13))


def working_days(month: date) -> int:
    """Return how many working days of England a month has."""
    days = monthrange(month.year, month.month)[1]
    return sum(is_working_day(month.replace(day=day)) for day in range(1, days + 1))


def percentages(done: int, days: int, before: int, days_before: int) -> tuple[float, float]:
    """Return how much of `before` was done, in percent: raw, and by working day.

    Raises ZeroDivisionError if nothing was done before.
    """
    raw = 100 * done / before
    return raw, raw * days_before / days


def against(done: int, month: date, before: int | None) -> Against:
    """Compare a month's scans with those of the baseline's month. Raises ValueError if negative."""
    if done < 0 or (before or 0) < 0:
        raise ValueError("activity is never negative")
    then = baseline_month(month)
    if before is None:
        return Against(words=f"There is no baseline: DM01 of {then:%B %Y} is not loaded.")
    if before == 0:
        return Against(words=f"There is nothing to divide by: no scan was done in {then:%B %Y}.")
    raw, by_day = percentages(done, working_days(month), before, working_days(then))
    return Against(raw, by_day, STANDS_IN if month.month == MARCH else "")


class Baseline:
    """The scans of 2019/20 by trust, modality and calendar month. Read once, in two queries."""

    def __init__(
        self, trusts: Collection[str] | None = None, old: dict[str, str] | None = None
    ) -> None:
        """Read the baseline of these trusts, as they are now: all of ours unless said.

        `old` says of a code what came after it, read here unless it is given.
        """
        self.trusts = sorted(trusts_now(old) if trusts is None else trusts)
        self._found: Published = published_activity(self.trusts, baseline_months(), old)

    def of(self, month: date, trust: str | None = None, modality: str | None = None) -> int | None:
        """Return the scans of the month that this one is compared with; None if not all are known.

        All trusts or modalities together where none is named: of those that DM01 asks for.
        """
        if modality in OURS_ONLY:
            return None
        then, total = baseline_month(month), 0
        for one in [trust] if trust else self.trusts:
            tests = self._found.get((then, one))
            if tests is None:
                return None
            for code in [modality] if modality else OURS:
                n = tests.get(OURS[code].code, NOTHING).booked_activity
                if n is None:
                    return None
                total += n
        return total

    def against(
        self, done: int, month: date, trust: str | None = None, modality: str | None = None
    ) -> Against:
        """Compare scans of a month with the same month of 2019/20.

        `done` must be of the same trust and modality; of all together X-ray and radionuclide are
        left out of it, as DM01 does not have them.
        """
        if modality in OURS_ONLY:
            return Against(words=f"DM01 does not ask for {MODALITIES[modality]}: no baseline.")
        return against(done, month, self.of(month, trust, modality))

    def series(
        self, done: Mapping[date, int], trust: str | None = None, modality: str | None = None
    ) -> dict[date, Against]:
        """Compare each of some months, in their order."""
        return {month: self.against(done[month], month, trust, modality) for month in sorted(done)}
