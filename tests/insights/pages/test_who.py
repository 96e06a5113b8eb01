"""Who sees what, how exactly, and that nothing can be had by taking one's own away."""

import csv
import io

import pytest

from insights.measures import MEASURES
from insights.reading import Filters
from insights.screen.charts import chart_for
from insights.shown import series_of
from insights.sight import Sight
from tests.insights.pages.conftest import text

SCANS = "/staff/insights/m/scans/"
ROLES = ["clerk", "imaging", "lead", "trust_admin", "network_admin"]
COMPARING = {"lead", "trust_admin", "network_admin"}


def last(browser, query=""):
    """Return the figure of October in the file."""
    rows = csv.reader(io.StringIO(text(browser.get(f"{SCANS}csv/?{query}"))))
    return next(row[2] for row in rows if row[0] == "2026-10")


@pytest.mark.parametrize("role", ROLES)
def test_everybody_sees_the_network_and_their_own(figures, look, role):
    browser = look(role)

    assert browser.get("/staff/insights/").status_code == 200
    assert last(browser) == "445"
    assert last(browser, "trust=RTX") == "33"
    assert browser.get("/staff/insights/places/furness/").status_code == 200
    assert 'href="/staff/insights/"' in text(browser.get("/staff/insights/m/scans/"))


@pytest.mark.parametrize("role", ROLES)
def test_only_who_compares_sees_other_trusts_apart(figures, look, role):
    browser = look(role)
    compares = role in COMPARING
    status = {
        "/staff/insights/compare/": (200, 403),
        "/staff/insights/compare/csv/": (200, 403),
        "/staff/insights/trusts/RXR/": (200, 404),
        "/staff/insights/places/blackburn/": (200, 404),
        f"{SCANS}?trust=RXR": (200, 400),
        f"{SCANS}csv/?trust=RXR": (200, 400),
        f"{SCANS}?place=blackburn": (200, 400),
        f"{SCANS}?by=trust": (200, 400),
        f"{SCANS}?by=site": (200, 400),
        f"{SCANS}?by=site&trust=RTX": (200, 200),
    }
    for address, (may, may_not) in status.items():
        assert browser.get(address).status_code == (may if compares else may_not), address
    overview = text(browser.get("/staff/insights/"))
    assert ("/staff/insights/trusts/RXR/" in overview) is compares
    assert ("/staff/insights/compare/" in overview) is compares


def test_others_small_numbers_are_never_said(look, count, blackburn):
    for n, said in [(0, "0"), (1, "*"), (7, "*"), (8, "10"), (12, "10"), (13, "15")]:
        row = count(n=n, trust="RXR")
        assert last(look_once(look), "trust=RXR") == said, n
        row.delete()


def look_once(look, kept={}):  # noqa: B006 - one browser for all
    """Return the same browser each time in one test."""
    if kept.get("look") is not look:
        kept.update(look=look, browser=look())
    return kept["browser"]


@pytest.mark.parametrize(
    ("own", "theirs", "said"),
    [(40, 3, "*"), (40, 7, "*"), (40, 8, "50"), (40, 0, "40"), (0, 40, "40"), (3, 40, "45")],
)
def test_none_can_be_had_by_taking_ones_own_away(look, count, blackburn, own, theirs, said):
    count(n=own)
    count(n=theirs, trust="RXR")

    browser = look()
    assert last(browser, "trust=RTX") == str(own)
    assert last(browser) == said


def test_a_share_of_the_network_hides_what_ones_own_would_give_away(figures, look):
    page = text(look().get("/staff/insights/m/over_six_weeks/"))
    elsewhere = text(look(trusts=("RXR",)).get("/staff/insights/m/over_six_weeks/?trust=RTX"))

    assert 'value">*</p>' in page  # 12 of one's own and 3 of the other's over six weeks
    assert "another trust’s 1 to 7" in page
    assert 'value">15.4%</p>' in elsewhere  # 12 of 65: 10 of 65


def test_who_works_for_all_trusts_sees_all_exactly(figures, look):
    browser = look("network_admin", ("RTX", "RXR"))

    assert last(browser) == "445"
    assert last(browser, "trust=RXR") == "412"
    assert "rounded to the nearest 5" not in text(browser.get("/staff/insights/compare/"))


def test_the_chart_shows_no_more_than_the_table(look, count, blackburn):
    for ago in range(15):
        count(n=20 + ago % 3, months_ago=ago, trust="RXR")
    count(n=6, months_ago=15, trust="RXR")
    sight = Sight(frozenset({"RTX"}), {"RTX": "Bay", "RXR": "East"}, may_compare=True)

    shown = series_of([MEASURES[0]], Filters(trust="RXR"), sight)["scans"]
    chart = chart_for(MEASURES[0], shown, "RXR")
    assert {one.value for one in chart.points} == {20.0, None}
