"""What a measure's page shows: the last figure, the chart, the table, the second table."""

from collections.abc import Iterator
from dataclasses import dataclass

from insights.forms.figures import FiguresForm
from insights.measures import Measure
from insights.months import code_of, say_month
from insights.screen.charts import chart_for, in_short
from insights.screen.split import Split, said, split_of
from insights.shown import series_of
from insights.sight import Sight
from insights.spc import Chart

HEAD = ("month", "name", "value", "unit", "usual", "lower limit", "upper limit", "said of it")


@dataclass(frozen=True)
class MonthRow:
    """A line of the table, in words: what is usual, its limits, and what is said of the month."""

    month: str
    code: str
    value: str
    cell: str
    usual: str
    low: str
    high: str
    label: str


@dataclass(frozen=True)
class Figures:
    """The figures of a measure for what was asked; no months where nothing was counted.

    `note` says why the last month has none, or what must be known of it.
    """

    measure: Measure
    whose: str
    what: list[str]
    when: str
    value: str
    month: str
    short: str
    note: str
    chart: Chart | None
    rows: list[MonthRow]
    split: Split | None
    is_rounded: bool
    is_hidden: bool

    @property
    def lines(self) -> Iterator[tuple[str, ...]]:
        """The file: the head, the months, then the lines of the second table."""
        yield HEAD
        name, unit = self.measure.name, self.measure.unit
        for row in self.rows:
            yield (row.code, name, row.cell, unit, row.usual, row.low, row.high, row.label)
        for one in self.split.rows if self.split else ():
            of = f"{self.split.by}: {one.name}" if self.split else ""
            yield (self.split.when if self.split else "", of, one.cell, unit, "", "", "", "")


def figures_of(measure: Measure, form: FiguresForm, sight: Sight) -> Figures:
    """Return what the page shows of what a form without errors asks for."""
    filters = form.filters
    series = series_of([measure], filters, sight)[measure.code]
    chart = chart_for(measure, series, filters.trust) if series else None
    rows = []
    for point in chart.points if chart else ():
        shown = series[point.month]
        mean, low, high = (
            "" if number is None or chart is None or not chart.variation else f"{number:.1f}"
            for number in (point.mean, point.low, point.high)
        )  # of a part with one month nothing is usual yet
        said_of = filter(None, [point.label, shown.note])
        rows.append(MonthRow(
            say_month(point.month), code_of(point.month), shown.words(measure),
            shown.cell(measure), mean, low, high, ". ".join(said_of),
        ))  # fmt: skip
    hidden = any(one.is_hidden for one in series.values())
    split = split_of(measure, form, sight) if series else None
    return Figures(
        measure=measure,
        whose=form.words_of("trust", filters.trust) if filters.trust else "The whole network",
        what=[words for words in form.said if words != form.words_of("trust", filters.trust)],
        when=said(form.begins, form.ends),
        value=rows[-1].value if rows else "",
        month=rows[-1].month if rows else "",
        short=in_short(chart) if chart else "",
        note=series[max(series)].note if series else "",
        chart=chart,
        rows=rows[::-1],
        split=split,
        is_rounded=not sight.is_exact(filters),
        is_hidden=hidden or bool(split and any(row.words == "*" for row in split.rows)),
    )
