"""Scans by place: of one's own trusts, on the map and in its table."""

import re
from datetime import date

import pytest
from django.test import Client

from insights.activity_map import activity_map
from insights.models import PlaceMonth

OCTOBER, YEAR_BEFORE = date(2026, 10, 1), date(2025, 10, 1)


@pytest.fixture
def scans(furness, lancaster, blackburn, now, time_machine):
    time_machine.move_to(now, tick=False)

    def scans(site, n, month=OCTOBER, modality="MR", counter="scans", hours=0):
        PlaceMonth.objects.create(
            counter=counter, trust=site.trust_id, modality=modality, month=month, site=site.pk,
            hours=hours, n=n,
        )  # fmt: skip

    return scans


@pytest.fixture
def sees(make_staff, scans):
    def sees(role="lead", query="", username=None):
        browser = Client()
        browser.force_login(make_staff(role, ("RTX",), username).user)
        return browser.get(f"/staff/insights/map/{query}").content.decode()

    return sees


def shown(found):
    return [(row.number, row.place.name, row.scans, row.before) for row in found.rows]


def test_places_are_numbered_by_scans_with_the_year_before(
    scans, furness, lancaster, now, make_staff
):
    scans(furness, 40), scans(furness, 3, hours=2), scans(lancaster, 52)
    scans(lancaster, 9, month=YEAR_BEFORE), scans(lancaster, 900, counter="waiting")

    found = activity_map("", make_staff(), now=now)

    assert shown(found) == [(1, "Lancaster", "52", "9"), (2, "Furness", "43", "0")]


@pytest.mark.parametrize(
    ("role", "trusts", "there"),
    [("clerk", ("RTX",), {"Furness"}), ("lead", ("RTX",), {"Furness"}),
     ("network_admin", ("RTX", "RXR"), {"Furness", "Blackburn"})],
)  # fmt: skip
def test_places_are_those_of_ones_own_trusts_exactly(
    scans, furness, blackburn, now, make_staff, role, trusts, there
):
    scans(furness, 3), scans(blackburn, 13)
    found = activity_map("", make_staff(role, trusts), now=now)
    assert {row.place.name for row in found.rows} == there
    assert ("3", "0") in [(row.scans, row.before) for row in found.rows]


def test_circles_have_areas_as_their_scans(scans, furness, lancaster, now, make_staff):
    scans(furness, 400), scans(lancaster, 100)
    found = activity_map("", make_staff(), now=now)
    assert [circle.radius for circle in found.circles] == [40.0, 20.0]


def test_every_circle_has_a_row_and_each_leads_to_the_other(scans, furness, lancaster, sees):
    scans(furness, 400), scans(lancaster, 100)
    page = sees()
    for number in (1, 2):
        assert f'id="pin-{number}" href="#place-{number}"' in page
        assert f'id="place-{number}"' in page
        assert f'href="#pin-{number}"' in page
    assert len(re.findall('class="insights-map__circle"', page)) == 2


def test_a_scan_narrows_it_and_this_month_is_not_shown(scans, furness, now, sees, make_staff):
    scans(furness, 40), scans(furness, 60, modality="DX"), scans(furness, 9, date(2026, 11, 1))
    clerk = make_staff()
    assert shown(activity_map("DX", clerk, now=now))[0][2] == "60"
    assert activity_map("", clerk, now=now).month == OCTOBER
    assert "No scans were counted of this kind in October 2026" in sees(query="?scan=CT")


def test_before_anything_is_counted_it_says_so(sees):
    assert "No scans were counted." in sees()
