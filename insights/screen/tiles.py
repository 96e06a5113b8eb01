"""A tile a measure: its last figure, a line, icons, a sentence; grouped by heading."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from urllib.parse import urlencode

from django.urls import reverse

from insights.measures import GROUPS, MEASURES, Measure
from insights.months import say_month
from insights.reading import Filters
from insights.screen.charts import chart_for, in_short
from insights.shown import Series, series_of
from insights.sight import Sight
from insights.spc import Chart
from insights.targets import Acts, all_acts

HEADINGS = {heading: tuple(one.code for one in some) for heading, some in GROUPS.items()}
"""Codes of measures by the heading that they stand under; any other is under REST."""
REST = "More"


@dataclass(frozen=True)
class Tile:
    """A measure at a glance. `month` is that of the figure."""

    measure: Measure
    value: str
    month: str
    chart: Chart
    sentence: str
    address: str


def tiles(
    measures: Iterable[Measure], filters: Filters, sight: Sight, chosen: Mapping[str, str]
) -> dict[str, list[Tile]]:
    """Return the tiles of these measures by heading; none for what was never counted.

    `chosen` goes into the addresses that they lead to.
    """
    some = list(measures)
    found = series_of(some, filters, sight)
    acts = all_acts()
    grouped: dict[str, list[Tile]] = {}
    for heading, measure in sorted_by_heading(some):
        if series := found[measure.code]:
            tile = _tile(measure, series, filters.trust, chosen, acts)
            grouped.setdefault(heading, []).append(tile)
    return grouped


def sorted_by_heading(measures: Iterable[Measure]) -> list[tuple[str, Measure]]:
    """Return each measure after its heading, in the order of headings and of their codes."""
    places = {
        code: (number, heading)
        for number, (heading, code) in enumerate(
            (heading, code) for heading, codes in HEADINGS.items() for code in codes
        )
    }
    last = (len(places), REST)
    placed = [(*places.get(one.code, last), one) for one in measures]
    return [(heading, one) for _, heading, one in sorted(placed, key=lambda one: one[0])]


def measures_by(name: str) -> list[Measure]:
    """Return the measures that are counted by a field, such as the place."""
    return [one for one in MEASURES if name in one.by]


def _tile(
    measure: Measure, series: Series, trust: str | None, chosen: Mapping[str, str], acts: Acts
) -> Tile:
    month: date = max(series)
    chart = chart_for(measure, series, trust, acts)
    address = reverse("insights-measure", args=[measure.code])
    query = f"?{urlencode(chosen)}" if chosen else ""
    last = series[month]
    sentence = in_short(chart) if last.value is not None else last.note or in_short(chart)
    return Tile(
        measure, last.words(measure), say_month(month), chart, sentence, f"{address}{query}"
    )
