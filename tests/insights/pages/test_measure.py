"""A measure's page: its figure, definition, tables, file and filters."""

import csv
import io

import pytest

from insights.measures import MEASURES
from insights.months import before
from tests.insights.pages.conftest import LAST, text

SCANS = "/staff/insights/m/scans/"


def cells(answer):
    """Return the lines of a file, without the head."""
    return list(csv.reader(io.StringIO(text(answer).lstrip("\ufeff"))))[1:]


def test_it_says_what_it_is_and_what_it_is_not(figures, look):
    page = text(look().get(SCANS))

    for words in (
        "Scans that were done in the month.", "It is not how many people were scanned",
        "Higher is better.", "The whole network", "November 2024 to October 2026",
    ):  # fmt: skip
        assert words in page


@pytest.mark.parametrize(
    ("query", "figure"),
    [
        ("trust=RTX", "33 scans"),
        ("trust=RXR", "410 scans"),
        ("place=furness", "33 scans"),
        ("kind=hospital", "445 scans"),
        ("hours=1", "35 scans"),
        ("hours=1&trust=RTX", "33 scans"),
        ("modality=MR", "445 scans"),
        ("to=2026-09", "455 scans"),
    ],
)
def test_filters_narrow_it(figures, look, query, figure):
    page = text(look().get(f"{SCANS}?{query}"))

    assert f'<p class="figures-now__value">{figure}</p>' in page


def test_people_and_needs_narrow_it_too(figures, look, count):
    count(n=21, decile=1, age=5)
    count(n=42, decile=0, age=5)
    count(n=13, needs=3)
    browser = look()

    for query, figure in [
        ("decile=1", 20), ("decile=0", 40), ("age=5", 65), ("needs=2", 15), ("needs=1", 15),
        ("decile=1&trust=RTX", 21), ("needs=2&trust=RTX", 13),
    ]:  # fmt: skip
        page = text(browser.get(f"{SCANS}?{query}"))
        assert f'value">{figure} scans</p>' in page, query


@pytest.mark.parametrize(
    ("query", "error"),
    [
        ("from=9999-12-31", "Choose a month from the list"),
        ("to=²", "Choose a month from the list"),
        ("from=2026-09&to=2026-03", "The first month must not be after the last"),
        ("from=2026-11", "The first month must not be after the last"),
        ("trust=XYZ", "Choose a trust from the list"),
        ("place=nowhere", "Choose a place from the list"),
        ("decile=11", "Choose a tenth from the list"),
        ("hours=²", "Choose a time of the week from the list"),
        ("decile=1&place=furness", "Choose a place or a group of people, not both"),
        ("age=2&hours=1", "Choose a place or a group of people, not both"),
        ("needs=1&kind=cdc", "Choose a place or a group of people, not both"),
        ("by=decile&place=furness", "Choose a place or a group of people, not both"),
        ("needs=1&age=2", "These are not counted together"),
        ("by=nothing", "Choose one of these from the list"),
    ],
)
def test_what_cannot_be_answered_is_an_error_of_the_form(figures, look, query, error):
    for address in (SCANS, f"{SCANS}csv/"):
        answer = look(trusts=("RTX",) if address == SCANS else ("RTX", "RXR")).get(
            f"{address}?{query}"
        )
        page = text(answer)

        assert answer.status_code == 400
        summary = page.partition("nhsuk-error-summary")[2].partition("</form>")[0]
        assert error in summary
        assert "<title>Error: Scans done" in " ".join(page.split()).replace("> ", ">")
        assert "figures-now" not in page


def test_an_error_leads_to_its_field(figures, look):
    page = text(look().get("/staff/insights/m/text_cost/?place=furness"))

    assert 'href="#place"' in page
    assert 'id="place"' in page
    assert "This measure is not counted by place" in page


def test_a_page_that_is_negative_or_unheard_of_is_nothing_to_it(figures, look):
    assert look().get(f"{SCANS}?page=-1&unheard=²").status_code == 200


def test_filters_that_match_nothing_offer_the_way_back(figures, look):
    page = text(look().get(f"{SCANS}?trust=RTX&modality=US"))

    assert "Nothing was counted for these choices" in page
    assert f'href="{SCANS}?trust=RTX">without Ultrasound</a>' in page
    assert f'href="{SCANS}?modality=US">without University Hospitals of Morecambe Bay' in page
    assert f'href="{SCANS}">Show the whole network</a>' in page
    assert "What it is, and what it is not" in page


def test_the_address_of_the_form_holds_all_that_was_chosen(figures, look):
    page = text(look().get(f"{SCANS}?trust=RTX&hours=1&from=2026-01&to=2026-06&by=modality"))

    for chosen in ('value="RTX" selected', 'value="1" selected', 'value="2026-01" selected'):
        assert chosen in page
    assert (
        'href="/staff/insights/m/scans/csv/?trust=RTX&amp;hours=1&amp;from=2026-01'
        "&amp;to=2026-06&amp;by=modality"
    ) in page


def test_the_file_has_what_the_page_has_rounded_alike(figures, look):
    browser = look()
    own = cells(browser.get(f"{SCANS}csv/?trust=RTX&from=2026-09"))
    others = cells(browser.get(f"{SCANS}csv/?trust=RXR&from=2026-09"))

    assert [row[:4] for row in own] == [
        ["2026-10", "Scans done", "33", "scans"],
        ["2026-09", "Scans done", "34", "scans"],
    ]
    assert [row[2] for row in others] == ["410", "420"]


def test_a_month_without_any_is_nought_between_others(look, count, blackburn):
    count(n=20, months_ago=3, trust="RXR")
    count(n=20, months_ago=0, trust="RXR")

    rows = cells(look().get(f"{SCANS}csv/?trust=RXR"))
    assert [row[2] for row in rows] == ["20", "0", "0", "20"]


def test_a_share_is_worked_out_from_rounded_numbers(figures, look, count):
    page = text(look().get("/staff/insights/m/over_six_weeks/?trust=RTX"))
    assert 'value">18.5%</p>' in page  # 12 of 65

    count("waiting", n=9, group="over_six", trust="RXR")
    page = text(look("trust_admin").get("/staff/insights/m/over_six_weeks/?trust=RXR"))
    assert 'value">2.4%</p>' in page  # 12 of 412: 10 of 410


def test_the_second_table_sums_months_of_what_happens_and_none_of_what_stands(figures, look):
    browser = look()
    scans = text(browser.get(f"{SCANS}?by=trust&from=2026-09"))
    waiting = text(browser.get("/staff/insights/m/over_six_weeks/csv/?by=modality&trust=RTX"))

    assert "By trust, September 2026 to October 2026" in scans
    assert "65 scans" in scans  # 33 + 34 of one's own, rounded beside the other's
    assert "67 scans" not in scans
    assert "830 scans" in scans  # 412 + 419
    assert "\nOctober 2026,Scan: MRI,18.5,%" in waiting.replace("\r", "")


@pytest.mark.parametrize(
    ("by", "name"),
    [
        ("hours", "Weekdays before 8am or from 6pm"),
        ("site", "Furness"),
        ("kind", "Hospital"),
        ("urgency", "Not known"),
        ("decile", "1, the most deprived tenth"),
        ("age", "75 and over"),
        ("needs", "Needs an interpreter"),
        ("modality", "MRI"),
    ],
)
def test_the_second_table_is_by_whatever_is_counted(figures, look, count, by, name):
    count(n=21, decile=1, age=5)
    count(n=13, needs=3)

    page = text(look().get(f"{SCANS}?by={by}"))
    assert f"<div>{name}</div>" in page


def test_who_has_two_needs_is_in_both(figures, look, count):
    count(n=13, needs=3)
    count(n=20, needs=1)

    rows = cells(look().get(f"{SCANS}csv/?by=needs&trust=RTX"))
    assert [row[1:3] for row in rows if row[0] and "Needs" in row[1]] == [
        ["Needs: Has needs", "33"],
        ["Needs: Needs an interpreter", "13"],
    ]


def test_htmx_gets_the_part_with_its_title_and_its_errors(figures, look):
    browser, htmx = look(), {"HX-Request": "true", "HX-Target": "figures"}
    part = browser.get(f"{SCANS}?trust=RTX", headers=htmx)
    wrong = browser.get(f"{SCANS}?trust=X", headers=htmx)

    assert text(part).lstrip().startswith('<div id="figures"')
    assert "<title>Scans done - staff</title>" in text(part)
    assert "HX-Redirect" not in part.headers
    assert wrong.status_code == 400
    assert "nhsuk-error-summary" in text(wrong)
    assert "<title>Error: Scans done - staff</title>" in text(wrong)


def test_five_years_may_be_asked_for_and_two_are_shown(look, count, blackburn):
    for ago in (0, 23, 24, 40):
        count(n=100, months_ago=ago, trust="RXR")
    browser = look()

    assert len(cells(browser.get(f"{SCANS}csv/?trust=RXR"))) == 24
    first = before(LAST, 40)
    asked = cells(browser.get(f"{SCANS}csv/?trust=RXR&from={first:%Y-%m}"))
    assert len(asked) == 41


def test_a_measure_of_nothing_at_all_still_says_what_it_is(look, trust):
    page = text(look().get(SCANS))

    assert "Nothing was counted for these choices yet" in page
    assert MEASURES[0].words in page
