"""The tiles: of the network, of a trust, of a place."""

import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from insights.demo.making import NOTE
from insights.measures import MEASURES
from sites.models import Site, Trust
from tests.insights.pages.conftest import SCANS, text

MOST = 7
"""Queries of an overview: figures, one's own, trusts, what came after which, what was set (2),
whether it is invented."""


def tile_of(page, name):
    """Return what the tile of a measure says, tags taken away."""
    part = page.partition(f">{name}</a>")[2].partition("</li>")[0]
    return " ".join(re.sub(r"<[^>]+>", " ", part).split())


def test_a_tile_says_the_last_whole_months_figure_and_leads_to_its_page(figures, look, count):
    count(n=9, months_ago=-1)  # November has only begun: it is no fall
    page = text(look().get("/staff/insights/"))

    assert tile_of(page, "Scans done").startswith("445 scans in October 2026")
    assert 'href="/staff/insights/m/scans/"' in page
    assert "November 2024 to October 2026" in page
    assert page.index("Waits</h2>") < page.index("Scans and times</h2>")


def test_a_measure_that_was_never_counted_has_no_tile(look, count, blackburn):
    count(n=40)
    page = text(look().get("/staff/insights/"))

    assert "Scans done" in page
    assert "Cost of texts" not in page


def test_nothing_counted_is_said_with_a_way_back(look, figures):
    empty = text(look().get("/staff/insights/?modality=US"))

    assert "Nothing was counted for what you chose" in empty
    assert 'href="/staff/insights/">Show everything' in empty


def test_a_measure_that_is_not_counted_by_scan_has_no_tile_of_one(look, figures):
    page = text(look().get("/staff/insights/?modality=MR"))

    assert 'href="/staff/insights/m/scans/?modality=MR"' in page
    assert "Cost of texts" not in page


def test_a_trusts_own_page_is_exact_and_leads_to_its_places(figures, look):
    page = text(look().get("/staff/insights/trusts/RTX/"))

    assert tile_of(page, "Scans done").startswith("33 scans")
    assert 'href="/staff/insights/places/furness/"' in page
    assert "/staff/insights/places/blackburn/" not in page
    assert "/staff/insights/m/scans/?trust=RTX" in page
    assert "rounded to the nearest 5" not in page


def test_anothers_page_is_rounded(figures, look):
    page = text(look().get("/staff/insights/trusts/RXR/"))

    assert tile_of(page, "Scans done").startswith("410 scans")
    assert "rounded to the nearest 5" in page


def test_a_places_page_shows_what_is_counted_by_place(figures, look):
    page = text(look().get("/staff/insights/places/furness/"))

    assert tile_of(page, "Scans done").startswith("33 scans")
    assert "place=furness" in page
    assert "Cost of texts" not in page
    assert "Furness" in page


@pytest.mark.parametrize("address", ["trusts/XXX", "trusts/rtx", "places/nowhere", "m/nothing"])
def test_what_is_unknown_is_said_to_be_so(figures, look, address):
    answer = look().get(f"/staff/insights/{address}/")

    assert answer.status_code == 404
    assert 'href="/staff/insights/"' in text(answer)


def test_an_overview_asks_few_queries_however_many_measures_there_are(figures, look):
    MEASURES.extend(
        type(SCANS)(**{**vars(SCANS), "code": f"scans_{number}"}) for number in range(25)
    )
    for browser, address in [
        (look(), "/staff/insights/"),
        (look("trust_admin"), "/staff/insights/trusts/RTX/"),
        (look("network_admin"), "/staff/insights/places/furness/"),
    ]:
        browser.get(address)
        with CaptureQueriesContext(connection) as queries:
            assert browser.get(address).status_code == 200
        asked = [one["sql"] for one in queries if re.search('"(insights|sites)_', one["sql"])]
        figures_asked = [sql for sql in asked if "booking_staff" not in sql]
        assert len(figures_asked) <= MOST, figures_asked
        live = [one["sql"] for one in queries if re.search('_(appointment|slot)"', one["sql"])]
        assert live == [], "no page of figures reads live tables"


def test_names_of_any_length_are_escaped_and_whole(figures, look):
    name = "<b>" + "Trustworthy" * 10
    Trust.objects.filter(pk="RXR").update(name=name)
    Site.objects.filter(slug="furness").update(name="F" * 120)
    from sites import places

    places.forget()
    page = text(look().get("/staff/insights/"))

    assert "<b>Trust" not in page
    assert "&lt;b&gt;Trustworthy" in page
    assert "F" * 120 in text(look("trust_admin").get("/staff/insights/places/furness/"))


def test_invented_figures_are_said_to_be_so_on_every_page(figures, look, monkeypatch):
    monkeypatch.setattr("insights.views.asked.banner", lambda: "No trust has these.")
    browser = look()
    for address in ["", "trusts/RTX/", "places/furness/", "m/scans/", "compare/", "m/scans/?by=x"]:
        page = text(browser.get(f"/staff/insights/{address}"))
        assert "No trust has these." in page
    assert NOTE.startswith("Invented figures. ")
