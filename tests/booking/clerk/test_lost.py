"""The pages of lost clinics: say, see, hold, look, change, confirm, follow."""

import re

import pytest

from booking.models import Appointment, LostClinic
from tests.booking.clerk.conftest import text
from tests.booking.offers.lost.conftest import book_on, day  # noqa: F401 - fixtures


@pytest.fixture
def lead(sign_in, clock):
    return sign_in("lead", username="lena")


def asked(schedule, **more):
    return {
        "what": f"schedule {schedule.pk} RTX", "day": "2/12/2026", "last": "", "after": "",
        "before": "", "reason": "broken", **more,
    }  # fmt: skip


def seen(page):
    return re.search(r'name="seen" value="([^"]*)"', page)[1]


def say(lead, schedule):
    page = text(lead.get("/staff/lost/say/", asked(schedule)))
    return lead.post("/staff/lost/say/", {"seen": seen(page)})


def value(page, words):
    return re.search(rf"{re.escape(words)}</dt><dd[^>]*>\s*([^<]*)<", page)[1]


def numbers(page):
    return {name: int(count) for name, count in re.findall(
        r'data-state="(\w+)">(?:<strong>)?(\d+)', page)}  # fmt: skip


def test_before_anything_is_done_a_lead_sees_whom_it_touches(lead, day, book_on):  # noqa: F811
    book_on(urgency="suspected_cancer")
    book_on(mobile="", needs=["interpreter"])
    book_on(needs=["hoist"])

    page = text(lead.get("/staff/lost/say/", asked(day.schedule)))

    assert value(page, "Booked") == "3 people: 1 suspected cancer, 2 routine"
    assert value(page, "Within 48 hours") == "0"
    assert value(page, "No text reaches them") == "1"
    assert value(page, "With an interpreter") == "1"
    assert value(page, "With a hoist") == "1"
    assert value(page, "Free times that go off sale") == "1"
    assert value(page, "Fit elsewhere by their last day") == "2"
    assert value(page, "Fit nowhere: a person phones") == "1", "no scanner is known to have a hoist"
    assert "Fell" not in page
    assert not LostClinic.objects.exists()


def test_a_lead_goes_from_what_is_lost_to_everybody_told(lead, day, book_on):  # noqa: F811
    book_on()

    answer = say(lead, day.schedule)
    page = text(lead.get(answer["Location"]))

    assert "Fell" in page
    assert numbers(page) == {**dict.fromkeys(numbers(page), 0), "held": 1, "total": 1}
    lead.post(answer["Location"], {"do": "confirm", "seen": seen(page)})
    page = text(lead.get(answer["Location"]))
    assert numbers(page) == {**dict.fromkeys(numbers(page), 0), "asked": 1, "total": 1}
    assert Appointment.objects.get().status == "displaced"
