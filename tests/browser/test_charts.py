"""Every chart in a browser: clean for axe, within the screen, told apart without colour."""

from datetime import date

import pytest
from django.template import engines

from insights import spc
from tests.browser.test_accessibility import faults
from tests.insights.test_spc import months

pytestmark = pytest.mark.browser
ADDRESS = "/charts-of-a-test/"
PAGE = """
{% extends "base.jinja" %}
{% from "insights/charts/macros.jinja" import bars, icons, sparkline, spc %}
{% block pageTitle %}Charts{% endblock %}
{% block content %}
<h1>Charts</h1>
{% for name, unit, chart in charts %}
<section id="c{{ loop.index }}"><h2>{{ name }}</h2>{{ icons(chart, is_told=true) }}
{{ icons(chart) }}{{ sparkline(chart) }}
{{ spc(chart, name, unit, key="c" ~ loop.index ~ "-chart") }}</section>
{% endfor %}
{{ bars([("Aisling & Co", "1,240", 1240), ("A trust with a long name of many words", "310", 310),
  ("None", "none", none), ("*", "*", none)], "Scans by trust", "Trust", "Scans") }}
{% endblock %}
"""
FALL = [47, 46.2, 44, 45.1, 43, 41.7, 38, 35, 30.5, 24, 20, 15.2, 11, 9.8, 9, 9.4, 8.6, 9.1, 8.8]
CHARTS = [
    ("Waiting over six weeks", "%", FALL, "lower", {"target": 1, "parts": [date(2025, 2, 1)]}),
    ("Scans", "scans", [1200, 1310, 1250, 1275] * 6 + [700], "higher", {"target": 1000}),
    ("Slots used", "%", [91, 93, 92, 91.5, 92.2] * 4 + [None, 97.5], "higher", {"target": 85}),
    ("Texts", "£", [120.5, 131, None, 125] * 4 + [190], "", {}),
    ("Minutes travelled", "minutes", [21, 22, 20] * 20, "lower", {"target": 15}),
    ("Alerts", "alerts", [3, 4], "lower", {"target": 2}),
    ("A new measure", "people", [3], "lower", {}),
    ("Nothing yet", "%", [], "lower", {"target": 5}),
]


@pytest.fixture
def charts_page(open_page):
    """Give the page of all charts at a width, under the policy of every page of ours."""
    charts = [
        (name, unit, spc.chart_of(months(values, (2023, 11)), better, **options))
        for name, unit, values, better, options in CHARTS
    ]
    html = engines["jinja2"].from_string(PAGE).render({"charts": charts})

    def charts_page(width):
        page = open_page(width)
        policy = page.request.get("/privacy/").headers["content-security-policy"]
        page.route(
            f"**{ADDRESS}",
            lambda route: route.fulfill(
                body=html,
                content_type="text/html; charset=utf-8",
                headers={"content-security-policy": policy},
            ),
        )
        page.goto(ADDRESS)
        return page

    return charts_page


@pytest.mark.parametrize("width", [320, 390, 1280])
def test_charts_are_clean_and_within_the_screen(charts_page, width):
    page = charts_page(width)

    assert faults(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert page.get_by_role("img", name="Waiting over six weeks, by month").count() == 1
    assert page.get_by_role("img", name="Worse than usual: low").count() == 1
    assert page.locator("#c1 figcaption").inner_text().startswith("The last month is within")


@pytest.mark.parametrize("width", [320, 390, 1280])
def test_words_of_charts_can_be_read(charts_page, width):
    sizes = charts_page(width).evaluate(
        "[...document.querySelectorAll('.chart__words')].filter(one => one.getClientRects().length)"
        ".map(one => parseFloat(getComputedStyle(one).fontSize) * one.getScreenCTM().a)"
    )

    assert len(sizes) > 20
    assert min(sizes) >= 11


@pytest.mark.parametrize("width", [320, 390, 1280])
def test_words_of_charts_stand_apart_and_within_their_picture(charts_page, width):
    crossed = charts_page(width).evaluate(
        """[...document.querySelectorAll('.chart__picture')].flatMap(picture => {
          const frame = picture.getBoundingClientRect()
          const words = [...picture.querySelectorAll('text')]
          const boxes = words.map(one => one.getBoundingClientRect())
          return boxes.filter((box, at) => box.left < frame.left || box.right > frame.right
            || boxes.slice(at + 1).some(next => box.left < next.right && next.left < box.right
              && box.top + 3 < next.bottom && next.top + 3 < box.bottom))
            .map(box => [box.left, box.right, box.top])
        })"""
    )

    assert crossed == []


def test_paper_has_the_wide_drawing_whatever_the_screen(charts_page):
    page = charts_page(390)
    page.emulate_media(media="print")

    assert page.locator("#c1 .chart__picture--wide").is_visible()
    assert page.locator("#c1 .chart__picture--narrow").is_hidden()
