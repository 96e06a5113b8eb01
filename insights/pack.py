"""The quarterly pack of the network's board: an overview, and a page for each figure.

All figures are the network's, of rounded numbers; nobody is named.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

from django.conf import settings
from django.template.loader import render_to_string

from insights.invented import banner
from insights.measures import MEASURES, Measure
from insights.pdf import make_pdf
from insights.performance import Headline, performance
from insights.quarters import Quarter
from insights.reading import Filters
from insights.rounding import rounded_values
from insights.spc import Chart, chart_of
from insights.targets import Acts, all_acts, parts_of, target_of
from times.london import say_date

SCANS = {"": "all scans", "CT": "CT", "MR": "MRI"}
"""Of which the three headlines have a page each."""
BEFORE = 24
"""Months that a page shows."""
_RULE = re.compile(r"^\.(?:insights|spc|figures|chart)[\w-]*[ {,].*$", re.MULTILINE)
"""A line of static/app.css that says how something drawn looks."""


@dataclass(frozen=True)
class Page:
    """One figure: its months in order, None where it cannot be said."""

    title: str
    words: str
    is_not: str
    unit: str
    months: Mapping[date, float | None]
    chart: Chart

    def at(self, month: date) -> str:
        """Return a month's figure with its unit."""
        value = self.months.get(month)
        if value is None:
            return "not known"
        return f"{value:,.1f}%" if self.unit == "%" else f"{value:,.1f} {self.unit}".strip()


def pack_html(quarter: Quarter, *, now: datetime) -> str:
    """Return the pack as one page of HTML, with its language, title and headings."""
    last = quarter.months[-1]
    words = {
        "quarter": quarter,
        "last": last,
        "before": quarter.before.months[-1],
        "year_before": last.replace(year=last.year - 1),
        "pages": pages(quarter),
        "organisation": settings.ORGANISATION_NAME,
        "made": say_date(now),
        "banner": banner(),
    }
    return render_to_string("insights/pack/pack.jinja", words)


def pack_pdf(quarter: Quarter, *, now: datetime) -> bytes:
    """Return the pack as PDF. Raises CannotMake, which says what to install."""
    static = Path(settings.BASE_DIR) / "static"
    style = (static / "pack.css").read_text(encoding="utf-8")
    rules = _RULE.findall((static / "app.css").read_text(encoding="utf-8"))
    return make_pdf(pack_html(quarter, now=now), style, "\n".join(rules))


def file_name(quarter: Quarter) -> str:
    """Return the name of its file."""
    return f"imaging-network-{quarter.code}.pdf"


def pages(quarter: Quarter) -> list[Page]:
    """Return what has a page as the quarter ended: headlines, then measures that were counted."""
    last = quarter.months[-1]
    found = [
        _headline(name, scan, one, last)
        for modality, scan in SCANS.items()
        if (shown := performance(modality, now=quarter.ends))
        for name, one in (
            ("waits", shown.waits), ("activity", shown.activity), ("extended", shown.extended),
        )
        if one
    ]  # fmt: skip
    return found + _measured(last)


HEADLINES = {
    "waits": (
        "Waiting six weeks or longer",
        "Of those who wait at the end of the month, how many have waited 42 days or longer.",
        "Not how long those who were scanned had waited.",
    ),
    "activity": (
        "Scans against 2019/20",
        "Scans in the month for each 100 in the same month of 2019/20; March 2019 stands for"
        " March 2020.",
        "Not by working day: a month with fewer of them looks worse.",
    ),
    "extended": (
        "Times outside working hours",
        "Of the times offered, how many begin before 8am, from 6pm, at weekends or on bank"
        " holidays.",
        "Not how many of them were taken.",
    ),
}
"""What each is called, how it is defined, and what it must not be taken for."""


def _headline(name: str, scan: str, one: Headline, last: date) -> Page:
    title, words, is_not = HEADLINES[name]
    months = {month: share.value for month, share in one.months.items() if month <= last}
    chart = chart_of(sorted(months.items()), "lower" if name == "waits" else "higher")
    return Page(f"{title}: {scan}", words, is_not, "%", months, chart)


def _measured(last: date) -> list[Page]:
    """Return a page for each measure that was counted: all their numbers in one query, rounded.

    One of which nothing is known, such as a cost without a price, has none.
    """
    index = last.year * 12 + last.month - BEFORE
    first, acts = date(index // 12, index % 12 + 1, 1), all_acts()
    found = rounded_values(MEASURES, "month", Filters(first=first, last=last))
    return [
        _of(measure, {month: one.value for month, one in found[measure.code].items()}, acts)
        for measure in MEASURES
        if any(one.value is not None or one.is_hidden for one in found[measure.code].values())
    ]


def _of(measure: Measure, months: Mapping[date, float | None], acts: Acts) -> Page:
    target, parts = target_of(measure, acts=acts), parts_of(measure, acts=acts)
    chart = chart_of(sorted(months.items()), measure.better, target, parts)
    return Page(measure.name, measure.words, measure.is_not, measure.unit, months, chart)
