"""The trusts side by side."""

import csv
import io

import pytest

from insights.forms.figures import CompareForm
from insights.measures import MEASURES
from insights.reading import Filters
from insights.screen.compare import comparison_of
from insights.sight import Sight
from tests.insights.pages.conftest import SCANS, text

COMPARE = "/staff/insights/compare/"


def test_ones_own_is_rounded_beside_the_others(figures, look):
    browser = look()
    page = text(browser.get(f"{COMPARE}?measure=scans"))
    rows = list(csv.reader(io.StringIO(text(browser.get(f"{COMPARE}csv/?measure=scans")))))

    assert "<b>35 scans</b> in October 2026" in page
    assert "<b>410 scans</b> in October 2026" in page
    assert "<b>33 scans</b>" not in page
    assert rows[0][1:] == [
        "East Lancashire Hospitals (RXR)", "University Hospitals of Morecambe Bay (RTX)",
    ]  # fmt: skip
    assert rows[1] == ["2026-10", "410", "35"]


def test_all_charts_have_one_scale(figures):
    sight = Sight(frozenset({"RTX"}), {"RTX": "Bay", "RXR": "East"}, may_compare=True)
    found = comparison_of(SCANS, Filters(), sight)

    ends = [
        height
        for panel in found.panels
        for point in panel.chart.points
        for height in (point.value, point.low, point.high)
        if height is not None
    ]
    assert len(found.panels) == 2
    assert found.scale == (min(ends), max(ends))


def test_the_first_measure_is_shown_where_none_is_chosen(figures, look):
    page = text(look().get(COMPARE))

    assert "Waiting over six weeks: trusts side by side" in page
    assert 'href="/staff/insights/m/over_six_weeks/"' in page


@pytest.mark.parametrize(
    ("query", "error"),
    [
        ("measure=nothing", "Choose a measure from the list"),
        ("measure=text_cost&modality=CT", "This measure is not counted by scan"),
        ("from=2026-09&to=2026-01", "The first month must not be after the last"),
        ("urgency=²", "Choose an urgency from the list"),
    ],
)
def test_what_cannot_be_compared_is_an_error_of_the_form(figures, look, query, error):
    for address in (COMPARE, f"{COMPARE}csv/"):
        answer = look(trusts=("RTX",) if address == COMPARE else ("RXR",)).get(f"{address}?{query}")
        assert answer.status_code == 400
        assert error in text(answer)


def test_nothing_to_compare_offers_the_way_back(figures, look):
    page = text(look().get(f"{COMPARE}?measure=scans&modality=US"))

    assert "Nothing was counted for what you chose" in page
    assert f'href="{COMPARE}"' in page


def test_htmx_gets_the_part(figures, look):
    htmx = {"HX-Request": "true", "HX-Target": "figures"}
    part = text(look().get(f"{COMPARE}?measure=scans", headers=htmx))

    assert part.lstrip().startswith('<div id="figures"')


def test_without_measures_there_is_nothing_to_choose(look, trust):
    MEASURES[:] = []

    assert look().get(COMPARE).status_code == 200
    assert CompareForm({}, measures=[]).fields["measure"].choices == []
