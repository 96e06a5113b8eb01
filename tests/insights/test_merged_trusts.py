"""A trust that was renamed or merged: its months, its places and its staff are those of now."""

from datetime import date

import pytest
from django.test import Client

from insights.dm01.whose import trusts_seen_by
from insights.forms.settings import TargetForm
from insights.models import PlaceMonth, Successor, TrustMonth
from insights.performance import performance
from insights.reading import Filters, amounts, amounts_in_parts
from insights.sight import sight_of
from insights.small_numbers import AS_IT_IS, ROUNDED, seen_by
from sites import places
from sites.models import Trust

OCTOBER = date(2026, 10, 1)
SCANS = ("scans", "")


@pytest.fixture
def merged(furness, blackburn, now):
    """East Lancashire (RXR) became part of Morecambe Bay (RTX); RM1 was renamed to RXR before."""
    Trust.objects.create(code="RXL", name="Blackpool")
    for code, trust in (("RXR", "RTX"), ("RM1", "RXR")):
        Successor.objects.create(code=code, trust=trust, who="Ann", why="merged", said_at=now)
    for trust, n in (("RTX", 40), ("RXR", 3), ("RM1", 2), ("RXL", 100)):
        row = {"counter": "scans", "month": OCTOBER, "trust": trust, "modality": "MR"}
        TrustMonth.objects.create(**row, n=n, total=10 * n)
        site = {"RTX": furness.pk, "RXR": blackburn.pk}.get(trust, 0)
        PlaceMonth.objects.create(**row, n=n, total=10 * n, site=site)
    places.forget()


@pytest.fixture
def of_old(merged, make_staff):
    """A lead who is of the trust of before alone."""
    return make_staff("lead", ("RXR",), username="old")


def counted(by, filters=None):
    return {key: one.n for key, one in amounts(["scans"], by, filters or Filters())[SCANS].items()}


def test_the_months_of_what_was_merged_count_for_what_it_is_now(merged):
    assert counted("month", Filters(trust="RTX")) == {OCTOBER: 45}
    assert counted("trust") == {"RTX": 45, "RXL": 100}
    assert counted("month") == {OCTOBER: 145}
    assert counted("kind", Filters(trust="RTX")) == {"": 2, "hospital": 43}


def test_in_sums_of_parts_they_are_one_part(merged):
    found = amounts_in_parts(["scans"], "month", ("trust", "modality"), Filters())[SCANS][OCTOBER]
    by_trust = amounts_in_parts(["scans"], "trust", ("modality",), Filters())[SCANS]

    assert {key: one.n for key, one in found.items()} == {("RTX", "MR"): 45, ("RXL", "MR"): 100}
    assert {key: one[("MR",)].n for key, one in by_trust.items()} == {"RTX": 45, "RXL": 100}


def test_on_the_public_page_they_are_one_part(merged, now):
    for trust, n in (("RTX", 4), ("RXR", 3), ("RM1", 2)):
        TrustMonth.objects.create(
            counter="waiting", month=OCTOBER, trust=trust, modality="MR", group="07", n=n
        )
    waits = performance("", now=now).waits

    # 9 of one trust, and not three parts that are too small to be said.
    assert (waits.last.part, waits.last.whole) == (10, 10)


def test_its_staff_see_what_it_is_now_as_their_own(of_old):
    sight = sight_of(of_old)

    assert sight.own == {"RTX"}
    assert set(sight.trusts) == {"RTX", "RXL"}
    assert {one.slug for one in sight.open_places} == {"furness", "blackburn"}
    assert sight.is_exact(Filters(trust="RTX"))
    assert [code for code, _ in trusts_seen_by(of_old)] == ["RTX"]


def test_its_places_are_those_of_what_it_is_now_for_all_its_staff(merged, make_staff):
    of_new = make_staff("clerk", ("RTX",), username="new")
    place = places.table().by_slug["blackburn"].id

    assert sight_of(of_new).is_exact(Filters(site=place))
    assert seen_by(of_new, Filters(site=place)) == AS_IT_IS
    assert seen_by(of_new, Filters(trust="RTX")) == AS_IT_IS
    assert seen_by(of_new, Filters()) == ROUNDED
    both = make_staff("clerk", ("RXR", "RXL"), username="both")
    assert seen_by(both, Filters()) == AS_IT_IS, "all the trusts of now are theirs"


def test_its_old_page_leads_to_what_it_is_now_and_has_its_places(of_old):
    browser = Client()
    browser.force_login(of_old.user)

    old = browser.get("/staff/insights/trusts/RM1/")
    assert (old.status_code, old.url) == (302, "/staff/insights/trusts/RTX/")
    page = browser.get("/staff/insights/trusts/RTX/").content.decode()
    assert "/staff/insights/places/blackburn/" in page
    assert "rounded to the nearest 5" not in page
    place = browser.get("/staff/insights/places/blackburn/")
    assert place.status_code == 200
    assert 'href="/staff/insights/trusts/RTX/"' in place.content.decode()
    overview = browser.get("/staff/insights/").content.decode()
    assert "/staff/insights/trusts/RXR/" not in overview


def test_an_old_link_to_a_measure_leads_on(of_old):
    browser = Client()
    browser.force_login(of_old.user)

    page = browser.get("/staff/insights/m/scans/?trust=RM1&from=2026-10&to=2026-10")
    assert page.status_code == 200
    assert 'figures-now__value">45 scans</p>' in page.content.decode()
    assert 'value="RTX" selected' in page.content.decode()
    assert "from=2026-10" in page.content.decode()


def test_nothing_is_set_for_a_trust_that_is_no_more(merged):
    offered = dict(TargetForm(initial={}).fields["trust"].choices)

    assert set(offered) == {"all", "RTX", "RXL"}
