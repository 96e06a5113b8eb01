"""The second table of a measure's page: its figures by trust, place, hour, tenth, age or need."""

from collections.abc import Hashable
from dataclasses import dataclass, replace
from datetime import date

from booking.models import Referral
from booking.pages.filters import capitalize_first
from insights.forms.figures import FiguresForm
from insights.measures import COUNTERS, Measure
from insights.models.figures import Age, Hours, Needs
from insights.months import say_month
from insights.reading import Filters
from insights.shown import Shown, shown_by, shown_by_cut
from insights.sight import Sight
from sites import places
from sites.models import MODALITIES, Site

WORDS: dict[str, dict[Hashable, str]] = {
    "modality": {code: word for code, word in MODALITIES.items()},  # noqa: C416, RUF100 - keys of any kind
    "kind": dict(Site.Kind.choices),
    "urgency": dict(Referral.Urgency.choices),
    "hours": dict(Hours.choices),
    "age": dict(Age.choices),
    "needs": dict(Needs.choices),
    "decile": {1: "1, the most deprived tenth", 10: "10, the least deprived tenth", 0: "not known"},
}
UNKNOWN = {"site": "no place", "kind": "no place", "urgency": "not known"}


@dataclass(frozen=True)
class Row:
    """A line: its name, its figure in words and alone, and the value for a bar."""

    name: str
    words: str
    cell: str
    value: float | None


@dataclass(frozen=True)
class Split:
    """The table: by what it is, of when, and its lines."""

    by: str
    when: str
    rows: list[Row]


def split_of(measure: Measure, form: FiguresForm, sight: Sight) -> Split | None:
    """Return the second table that was asked for, None without; it may have no lines."""
    if not form.split:
        return None
    filters, when = _when(measure, form.filters)
    if cut := form.cuts.get(form.split):
        parts = shown_by_cut(measure, cut, filters, sight)
        return Split(cut.name, when, [_row(name, one, measure) for name, one in parts.items()])
    found = shown_by(measure, form.split, filters, sight)
    names = {key: name_of(form.split, key, sight) for key in found}
    ordered = sorted(found, key=lambda key: _order(form.split, key, names[key]))
    rows = [_row(names[key], found[key], measure) for key in ordered]
    return Split(str(form.fields[form.split].label), when, rows)


def is_stock(measure: Measure) -> bool:
    """Whether it is what stands on a day, so that months are never added up."""
    return any(one.is_stock for one in COUNTERS if one.code == measure.top.counter)


def name_of(by: str, key: Hashable, sight: Sight) -> str:
    """Return what a key is called on pages."""
    if by == "trust":
        return sight.trusts.get(str(key), str(key))
    if by == "site":
        place = places.table().by_id.get(int(str(key)))
        return place.name if place else "No place" if not key else "A place that is gone"
    return capitalize_first(WORDS[by].get(key) or (str(key) if key else UNKNOWN.get(by, "")))


def _when(measure: Measure, filters: Filters) -> tuple[Filters, str]:
    """Return the filters of what may be added up: of what has its own month, the last one alone."""
    if is_stock(measure) or measure.against:
        filters = replace(filters, first=filters.last)
    first, last = filters.first or date.min, filters.last or date.max
    return filters, said(first, last)


def said(first: date, last: date) -> str:
    """Return "October 2026", or from which month to which."""
    return say_month(first) if first == last else f"{say_month(first)} to {say_month(last)}"


def _row(name: str, shown: Shown, measure: Measure) -> Row:
    return Row(name, shown.words(measure), shown.cell(measure), shown.value)


def _order(by: str, key: Hashable, name: str) -> tuple[bool, object]:
    """What has an order of its own keeps it, and what is not known is last; the rest by name."""
    if by in ("hours", "needs"):
        return False, key
    if by in ("decile", "age"):
        return not key, key
    return not key, name
