"""The control chart of a series as somebody may see it, and what it says in few words."""

from insights.measures import Measure
from insights.shown import Series
from insights.spc import Chart, chart_of
from insights.targets import Acts, parts_of, target_of

VARIATION = {
    "common": "As usual",
    "improving_high": "Better than usual",
    "improving_low": "Better than usual",
    "concerning_high": "Worse than usual",
    "concerning_low": "Worse than usual",
    "neither_high": "Higher than usual",
    "neither_low": "Lower than usual",
}
ASSURANCE = {
    "hit": "meets its target",
    "miss": "misses its target",
    "hit_or_miss": "may meet its target or not",
}


def chart_for(
    measure: Measure, series: Series, trust: str | None, acts: Acts | None = None
) -> Chart:
    """Return the chart of a measure's months, with what the network set for it.

    `acts` are what was set, of a page of many charts.
    """
    points = [(month, shown.value) for month, shown in series.items()]
    target = target_of(measure, trust, acts=acts)
    parts = parts_of(measure, trust, acts=acts)
    return chart_of(points, measure.better, target, parts)


def in_short(chart: Chart) -> str:
    """Return what the icons say, in words: "Worse than usual; misses its target." """
    usual = VARIATION.get(chart.variation or "", "Too few months to say what is usual")
    meets = ASSURANCE.get(chart.assurance or "")
    return f"{usual}; {meets}." if meets else f"{usual}."
