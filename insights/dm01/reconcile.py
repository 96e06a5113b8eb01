"""Where what was published and what we counted differ."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import date

from insights.dm01.catalogue import BANDS, OURS, OURS_ONLY, column_of_band
from insights.dm01.figures import NOTHING, Figures
from insights.dm01.own import own
from insights.dm01.published import published
from sites.models import MODALITIES

WHAT = {
    "waiting": "All who wait",
    "over_six": "Waiting 6 weeks or more",
    "over_thirteen": "Waiting 13 weeks or more",
    "booked_activity": "Scans done, without unscheduled ones",
}
"""What is compared: like with like, as nobody who comes unscheduled is booked with us."""


@dataclass(frozen=True)
class Difference:
    """One figure: theirs and ours, None where it is not known; `words` say why."""

    trust: str
    test: str
    what: str
    theirs: int | None
    ours: int | None
    words: str = ""

    @property
    def difference(self) -> int | None:
        """How many more we count than was published."""
        if self.theirs is None or self.ours is None:
            return None
        return self.ours - self.theirs

    @property
    def said(self) -> str:
        """The difference in words; a spreadsheet would take a minus for a formula."""
        if self.difference is None:
            return "not known"
        if self.difference == 0:
            return "the same"
        return f"{abs(self.difference):,} {'more' if self.difference > 0 else 'fewer'}"


def differences(
    trusts: Collection[str], month: date, modality: str = "", *, with_bands: bool = False
) -> list[Difference]:
    """Return what was published and counted of these trusts in a month, by trust and test.

    All modalities if none is named; of those that DM01 does not ask for, where we counted any.
    `with_bands`: also who waits by whole weeks.
    """
    theirs, ours = published(trusts, [month]), own(trusts, month)
    counted = {trust for trust, _ in ours}
    found: list[Difference] = []
    for trust in sorted(trusts):
        tests, nothing = theirs.get((month, trust)), NOTHING if trust in counted else None
        for code in [modality] if modality else [*OURS, *OURS_ONLY]:
            if not modality and code in OURS_ONLY and (trust, code) not in ours:
                continue
            mine = ours.get((trust, code), nothing)
            found += _of_test(trust, code, tests, mine, with_bands=with_bands)
    return found


def _of_test(
    trust: str,
    modality: str,
    tests: dict[str, Figures] | None,
    ours: Figures | None,
    *,
    with_bands: bool,
) -> Iterator[Difference]:
    words, theirs = "", None
    if modality in OURS_ONLY:
        words = "DM01 does not ask for it"
    elif tests is None:
        words = "This month of DM01 is not loaded for this trust"
    else:
        theirs = tests.get(OURS[modality].code, NOTHING)
    if ours is None:
        words = f"{words}. We counted nothing".removeprefix(". ")
    name = OURS[modality].name if modality in OURS else MODALITIES[modality]
    pairs = [(said, _take(theirs, what), _take(ours, what)) for what, said in WHAT.items()]
    if with_bands:
        pairs += [(column_of_band(one), _band(theirs, one), _band(ours, one)) for one in BANDS]
    for said, their, our in pairs:
        why = words or ("The file does not say" if their is None else "")
        yield Difference(trust, name[:1].upper() + name[1:], said, their, our, why)


def _take(figures: Figures | None, what: str) -> int | None:
    return None if figures is None else getattr(figures, what)


def _band(figures: Figures | None, band: str) -> int | None:
    return None if figures is None else figures.bands.get(band)
