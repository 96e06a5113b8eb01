"""A measure of the tests' own, and administrators who set its targets."""

from datetime import UTC, datetime

import pytest
import time_machine
from django.test import Client

from insights.measures import MEASURES, Measure, Part
from sites.models import Trust

NOW = datetime(2026, 11, 25, 10, tzinfo=UTC)


@pytest.fixture
def invented():
    """A measure that no room counts, among the others while a test runs."""
    measure = Measure(
        "invented", "Invented waits", "What is counted", "What it is not", "%", "lower",
        Part("invented"), target=1.0,
    )  # fmt: skip
    MEASURES.append(measure)
    yield measure
    MEASURES.remove(measure)


@pytest.fixture
def two_trusts(db):
    for code, name in (("RTX", "Morecambe Bay"), ("RXR", "East Lancashire")):
        Trust.objects.get_or_create(code=code, defaults={"name": name})


@pytest.fixture
def standing_clock():
    """Stand still on 25 November 2026."""
    with time_machine.travel(NOW, tick=False) as traveller:
        yield traveller


@pytest.fixture
def administrator(two_trusts, make_staff, standing_clock):
    """A browser of a network administrator."""
    browser = Client()
    browser.staff = make_staff("network_admin", ["RTX"])
    browser.force_login(browser.staff.user)
    return browser
