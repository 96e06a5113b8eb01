"""Three measures of two trusts over two years, and staff who look at them."""

from datetime import date

import pytest
import time_machine
from django.test import Client

from insights.measures import COUNTERS, MEASURES, Counter, Measure, Part
from insights.models import NeedMonth, PersonMonth, PlaceMonth, TrustMonth
from insights.months import before
from sites.models import Trust
from tests.booking.conftest import (  # noqa: F401 - fixtures
    NOW,
    blackburn,
    furness,
    make_site,
    now,
    trust,
)

LAST = date(2026, 10, 1)
"""The last month that is over at NOW."""
SCANS = Measure(
    "scans", "Scans done", "Scans that were done in the month.",
    "It is not how many people were scanned: one person may have two.", "scans", "higher",
    Part("scans"), is_public=True, by=("trust", "modality", "site", "kind", "urgency", "hours",
                                      "decile", "age", "needs"),
)  # fmt: skip
OVER_SIX = Measure(
    "over_six_weeks", "Waiting over six weeks", "Of all who wait, those who wait 42 days or more.",
    "It is not how long anybody will wait.", "%", "lower",
    Part("waiting", ("over_six",)), Part("waiting"), per=100, target=1.0,
)  # fmt: skip
COST = Measure(
    "text_cost", "Cost of texts", "What the provider asked for.", "It is no budget.", "£", "",
    Part("texts", take="total"), by=("trust",),
)  # fmt: skip


@pytest.fixture(autouse=True)
def clock():
    """Stand still: pages show the months before this one."""
    with time_machine.travel(NOW, tick=False) as traveller:
        yield traveller


@pytest.fixture(autouse=True)
def registered():
    """Have three measures and no others; whoever waits is what stands on a day."""
    before_measures, before_counters = MEASURES[:], COUNTERS[:]
    MEASURES[:] = [SCANS, OVER_SIX, COST]
    COUNTERS[:] = [
        Counter("scans", lambda _: TrustMonth.objects.none().values()),
        Counter("waiting", lambda _: TrustMonth.objects.none().values(), is_stock=True),
        Counter("texts", lambda _: TrustMonth.objects.none().values()),
    ]
    yield
    MEASURES[:], COUNTERS[:] = before_measures, before_counters


@pytest.fixture
def count():
    """Write what was counted: of a trust, of a place, of people or of needs, by what is named."""

    def count(counter="scans", n=0, months_ago=0, trust="RTX", modality="MR", **more):  # noqa: F811
        table = TrustMonth
        if {"site", "hours"} & set(more):
            table = PlaceMonth
        elif {"decile", "age"} & set(more):
            table = PersonMonth
        elif "needs" in more:
            table = NeedMonth
        month = before(LAST, months_ago)
        fields = {"counter": counter, "month": month, "trust": trust, "modality": modality}
        return table.objects.create(n=n, **fields, **more)

    return count


@pytest.fixture
def figures(count, furness, blackburn):  # noqa: F811
    """Two years of both trusts: Morecambe Bay's small, East Lancashire's large."""
    for ago in range(24):
        count(n=33 + ago % 5, months_ago=ago)
        count(n=412 + 7 * (ago % 4), months_ago=ago, trust="RXR")
        count("waiting", n=53, months_ago=ago, group="under_six")
        count("waiting", n=12, months_ago=ago, group="over_six")
        count("waiting", n=400, months_ago=ago, group="under_six", trust="RXR")
        count("waiting", n=3, months_ago=ago, group="over_six", trust="RXR")
        count("texts", n=40, months_ago=ago, total=120)
        count(n=33 + ago % 5, months_ago=ago, site=furness.pk, hours=1)
        count(n=412, months_ago=ago, trust="RXR", site=blackburn.pk, hours=0)
    return furness


@pytest.fixture
def look(make_staff):
    """Give a browser in which somebody of a role and of these trusts is signed in."""

    def look(role="lead", trusts=("RTX",)):
        Trust.objects.get_or_create(code="RTX", defaults={"name": "Morecambe Bay"})
        browser = Client()
        browser.force_login(make_staff(role, trusts, username=f"{role}-{'-'.join(trusts)}").user)
        return browser

    return look


def text(answer):
    """Return what a page or a file says."""
    return b"".join(answer).decode() if answer.streaming else answer.content.decode()
