"""Lists of places and times: their errors, their true numbers, and the way to all of them."""

import re
from datetime import timedelta
from html import unescape

import pytest

from booking.models import Feed, Slot
from tests.booking.patient.conftest import text

HTMX = {"HX-Request": "true", "HX-Target": "results"}


def said(response):
    return " ".join(text(response).split())


def places_of(page):
    return re.findall(r"\?back=places\">(.*?)</a></h2>", page)


@pytest.fixture
def twenty(make_site, make_slot, furness):
    """Twenty places with times, and two more that have none."""
    sites = [make_site(f"Site{n:02}", f"LA1 {n % 9}AA", 54.0, -3.2 + n / 100) for n in range(21)]
    for n, site in enumerate([furness, *sites[:19]]):
        make_slot(site=site, day=2 + n % 5)
    return sites


def test_the_number_of_places_is_true_and_more_leads_to_all(patient, twenty):
    page, address, seen = "", "/choose/?sort=nearest", []
    while address:
        page = said(patient.get(address))
        seen.append(places_of(page))
        assert "<b>20 places have appointments</b>" in page
        further = re.search(r'href="([^"]*)#place-\d+">Show more places', page)
        address = unescape(further[1]) if further else ""
        assert not address or "sort=nearest" in address

    assert [len(set(names)) for names in seen] == [10, 20, 22]
    assert seen[2][:10] != seen[2][10:20]
    assert set(seen[0]) <= set(seen[1]) <= set(seen[2])
    assert "Showing all 22 places" in page
    Slot.objects.filter(site=twenty[3]).update(free_at=None)
    assert "<b>19 places have appointments</b>" in said(patient.get("/choose/"))
    Feed.objects.update(last_contact_at=None)
    assert "<b>0 places have appointments</b>" in said(patient.get("/choose/"))


@pytest.mark.parametrize("show", ["x", "0", "-1", "²", "999999", "1e9", "%20"])
def test_rubbish_in_how_many_are_shown_is_a_page(patient, furness, show):
    page = patient.get(f"/choose/?show={show}")

    assert page.status_code == 400
    assert 'href="/choose/"' in text(page)
    assert "See the list from its start" in text(page)


@pytest.mark.parametrize("headers", [{}, HTMX], ids=["page", "part"])
def test_a_wrong_date_is_said_at_its_field_and_the_other_filters_narrow(
    patient, make_slot, make_site, headers
):
    make_slot(hour=9), make_slot(hour=18)
    centre = make_site("Centre", "LA14 5AA", 54.12, -3.22, kind="cdc")
    late = make_slot(hour=18, site=centre)
    make_slot(hour=9, site=centre)

    answer = patient.get(
        "/choose/", {"to": "31/2/2027", "kind": "cdc", "daypart": "evening"}, headers=headers
    )
    page = said(answer)

    assert answer.status_code == 400
    assert re.findall(r'name="slot" value="(\d+)"', page) == [str(late.pk)]
    assert 'class="nhsuk-error-summary"' in page
    assert 'href="#to"' in page
    assert re.search(r'<input[^>]*id="to"[^>]*value="31/2/2027"[^>]*describedby="to-error"', page)
    assert re.search(r'id="kind-cdc"[^>]*checked', page)
    assert "<title>Error: " in page
    assert ("<html" in page) is not bool(headers)
    assert ('id="filters" open data-hx-swap-oob="true"' in page) is bool(headers)
    more = unescape(re.search(r'href="([^"]*)">More times', page)[1])
    assert "31" not in more, "what was wrong goes no further"
    assert patient.get(more).status_code == 200


def test_dates_the_wrong_way_round_keep_both_and_say_so_at_the_last(patient, make_slot):
    make_slot(day=8), make_slot(day=2)

    answer = patient.get("/choose/", {"from": "2026-12-01", "to": "2026-11-30"})

    page = said(answer)
    assert answer.status_code == 400
    assert 'id="to-error"' in page
    assert ('value="2026-12-01"' in page, 'value="2026-11-30"' in page) == (True, True)
    assert page.count('class="finder-time"') == 1, "from 1 December on"


def test_the_times_of_one_place_say_an_error_at_its_field_too(patient, make_slot):
    early, _ = make_slot(hour=9), make_slot(hour=18)

    answer = patient.get("/choose/furness/", {"from": "soon", "daypart": "morning"})

    page = said(answer)
    assert answer.status_code == 400
    assert 'href="#from"' in page
    assert 'id="from-error"' in page
    assert re.findall(r'name="slot" value="(\d+)"', page) == [str(early.pk)]


def later(page):
    found = re.search(r'href="([^"]*)">Show later dates', page)
    return unescape(found[1]) if found else ""


def days_of(page):
    return re.findall(r'class="finder-times__day">(.*?)<', page)


@pytest.mark.parametrize(
    ("days", "pages"),
    [
        ([2, 3], [2]),
        (range(1, 11), [10]),  # a whole page, and nothing after it
        (range(1, 12), [10, 1]),
        ([2, 3, 43, 50, 200], [2, 2, 1]),  # fewer than a page, and more after six weeks
        ([90], [0, 1]),
        ([*range(1, 11), 90], [10, 1]),
        ([800], [0]),  # farther than anybody may ask for
    ],
)
def test_later_dates_lead_to_every_day_that_is_fed_and_to_no_empty_page(
    patient, make_slot, days, pages
):
    for day in days:
        make_slot(day=day)
    shown, address = [], "/choose/furness/"
    while address:
        answer = patient.get(address)
        assert answer.status_code == 200
        shown.append(days_of(text(answer)))
        address = later(text(answer))

    assert [len(page) for page in shown] == pages
    assert len({day for page in shown for day in page}) == sum(pages)


def test_later_dates_stay_within_the_last_date_that_was_asked_for(patient, make_slot, now):
    for day in [*range(1, 11), 12, 60]:
        make_slot(day=day)
    asked = {"from": "2026-11-25", "daypart": "afternoon"}
    last = (now + timedelta(days=12)).date()

    first = text(patient.get("/choose/furness/", {**asked, "to": last.isoformat()}))
    second = patient.get(later(first))
    exact = patient.get("/choose/furness/", {**asked, "to": "2026-12-04"})

    assert len(days_of(first)) == 10
    assert (second.status_code, len(days_of(text(second)))) == (200, 1)
    assert later(text(second)) == ""
    assert (len(days_of(text(exact))), later(text(exact))) == (10, "")


def test_a_place_without_times_in_six_weeks_leads_to_later_ones(patient, make_slot):
    make_slot(day=60)

    page = said(patient.get("/choose/"))

    link = unescape(re.search(r'href="([^"]*)">Look for later times', page)[1])
    assert days_of(text(patient.get(later(text(patient.get(link))))))


@pytest.mark.parametrize("page", ["/choose/", "/choose/furness/", "/nowhere/"])
def test_a_whole_page_that_htmx_gets_is_opened_as_a_page(patient, client, furness, page):
    client.post("/sign-out/", {"about": "x"})

    answer = client.get(f"{page}?daypart=evening", headers=HTMX, follow=True)

    assert answer.headers["HX-Redirect"] == answer.request["PATH_INFO"] + (
        "?daypart=evening" if page == "/nowhere/" else ""
    )


def test_a_part_of_a_page_is_not_opened_as_one(patient, furness):
    assert "HX-Redirect" not in patient.get("/choose/", headers=HTMX)
    assert "HX-Redirect" not in patient.get("/choose/?from=x", headers=HTMX)
    assert "HX-Redirect" in patient.get("/choose/?show=x", headers=HTMX)
    assert "HX-Redirect" not in patient.get("/choose/")
