"""The trusts side by side: small charts on one scale, and a table of months."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date

from insights.measures import Measure
from insights.months import code_of, months_between, say_month
from insights.reading import Filters
from insights.screen.charts import chart_for, in_short
from insights.shown import NONE_TO_DIVIDE, Series, series_of
from insights.sight import Sight
from insights.spc import Chart
from insights.targets import all_acts


@dataclass(frozen=True)
class Panel:
    """One trust's chart."""

    code: str
    name: str
    chart: Chart
    value: str
    month: str
    short: str


@dataclass(frozen=True)
class Comparison:
    """All panels, the ends of their scale, and the table: a month's words and each trust's cell."""

    measure: Measure
    panels: list[Panel]
    scale: tuple[float, float]
    rows: list[tuple[str, str, list[str]]]

    @property
    def lines(self) -> Iterator[tuple[str, ...]]:
        """The file: the head with the trusts' names, then a line a month."""
        yield ("month", *(f"{one.name} ({one.code})" for one in self.panels))
        for code, _, cells in self.rows:
            yield (code, *(cell.removesuffix(f" {self.measure.unit}") for cell in cells))


def comparison_of(measure: Measure, filters: Filters, sight: Sight) -> Comparison:
    """Return the trusts that have figures, side by side. One's own is rounded as all others are."""
    alike = sight if sight.sees_all(sight.trusts) else replace(sight, own=frozenset())
    found: dict[str, Series] = {}
    for code in sight.trusts:
        series = series_of([measure], replace(filters, trust=code), alike)[measure.code]
        if series:
            found[code] = series
    acts = all_acts()
    charts = {code: chart_for(measure, series, code, acts) for code, series in found.items()}
    panels = [
        _panel(sight.trusts[code], code, found[code], charts[code], measure) for code in found
    ]
    months = list(months_between({month for series in found.values() for month in series}))
    rows = [(code_of(month), say_month(month), _cells(month, found, measure))
            for month in reversed(months)]  # fmt: skip
    return Comparison(measure, panels, _scale(list(charts.values())), rows)


def _panel(name: str, code: str, series: Series, chart: Chart, measure: Measure) -> Panel:
    month = max(series)
    words = series[month].words(measure)
    return Panel(code, name, chart, words, say_month(month), in_short(chart))


def _cells(month: date, found: dict[str, Series], measure: Measure) -> list[str]:
    return [
        series[month].words(measure) if month in series else NONE_TO_DIVIDE
        for series in found.values()
    ]


def _scale(charts: list[Chart]) -> tuple[float, float]:
    """Return the ends that all values and limits of all charts lie between."""
    heights = [
        height
        for chart in charts
        for point in chart.points
        for height in (point.value, point.low, point.high)
        if height is not None
    ]
    return min(heights, default=0.0), max(heights, default=0.0)
