"""A request of suspected cancer in real browsers: on every screen within 5 seconds of its receipt,
acknowledged, booked at the desk into a time that is kept for such requests, that time withdrawn by
the feed, open again with its first dates.
"""

import json
import re
from datetime import UTC, datetime, timedelta

import pytest
from django.test import Client
from playwright.sync_api import expect

from booking.appointments import reserving
from booking.exchange.feeds.keys import create_key
from booking.exchange.fhir_systems import URGENCY
from booking.models import Alert, Appointment, Patient, Referral, ReservedShare, Slot
from tests.answers import answered
from tests.booking.referrals.test_intake import resource
from tests.browser.test_accessibility import faults, html_errors
from tests.browser.walk import let_in, next_page, press

pytestmark = pytest.mark.browser
WITHIN = 5
"""Seconds from the commit to every screen."""


@pytest.fixture
def trusts_system(demo):
    key = create_key("RTX", now=datetime.now(UTC))

    def send(path, body, content_type="application/fhir+json"):
        answer = Client().post(
            f"/fhir/R4/{path}", body, content_type=content_type,
            headers={"Authorization": f"Bearer {key}"},
        )  # fmt: skip
        assert answer.status_code < 300, answer.content
        return answer

    return send


@pytest.fixture
def screen(open_page, make_staff, live_server):
    def screen(role, width, address, username=None, javascript=True):
        page = open_page(width, javascript)
        let_in(page, make_staff(role, username=username or role), live_server.url)
        page.goto(address)
        return page

    return screen


def refer(trusts_system):
    today = datetime.now(UTC).date().isoformat()
    urgency = {"system": URGENCY, "code": "suspected_cancer"}
    sent = resource(category=[{"coding": [urgency]}], authoredOn=f"{today}T00:00:00Z")
    sent.pop("reasonCode")
    trusts_system("ServiceRequest", json.dumps(sent))


def book_a_reserved_time(desk):
    """Book the first time at the desk, where every time is kept for suspected cancer."""
    share = ReservedShare(trust_id="RTX", modality="MR")
    kept = reserving.set_share(share, percent=100, hours=1, now=datetime.now(UTC), actor="staff 1")
    assert kept == Slot.objects.filter(reserved_until__gt=datetime.now(UTC)).count() > 0
    urgent = answered(Referral.objects.get(urgency="suspected_cancer"))
    routine = Referral.objects.get(urgency="routine")
    Patient.objects.update(postcode="LA14 4LF")
    find(desk, routine.code)
    expect(desk.locator("button.desk-time")).to_have_count(0)
    find(desk, urgent.code)
    with next_page(desk):
        desk.locator("button.desk-time").first.click()
    press(desk, "Book now")
    slot = Appointment.objects.get(referral=urgent).slot
    assert slot.reserved_until > datetime.now(UTC)
    return slot


def find(desk, code):
    desk.goto("/staff/desk/")
    desk.get_by_label("Who is calling?").fill(code)
    press(desk, "Find")


@pytest.mark.parametrize("width", [390, 1280])
def test_from_the_receipt_to_open_again(screen, trusts_system, width):
    board = screen("imaging", width, "/staff/alerts/")
    desk = screen("clerk", width, "/staff/desk/")
    overview = screen("lead", width, "/staff/overview/")
    expect(board.get_by_text("Nothing waits here")).to_be_visible()

    refer(trusts_system)
    for page in (board, desk, overview):
        expect(page.locator("#urgent")).to_contain_text("1 to acknowledge")
    expect(board.get_by_role("button", name="Acknowledge")).to_be_visible()
    asked_every = re.search(r"every (\d+)s", desk.locator("#urgent").get_attribute("hx-trigger"))
    assert int(asked_every[1]) < WITHIN, "the clock of a loaded machine proves nothing"
    alert = Alert.objects.get()
    first = [alert.raised_at, alert.acknowledge_by, alert.book_by, alert.scan_by, alert.tell_by]
    assert html_errors(board) == []
    assert faults(board) == []

    press(board, "Acknowledge")
    expect(board.get_by_text("sees to it").last).to_be_visible()
    expect(desk.locator("#urgent")).to_contain_text("1 to book")

    slot = book_a_reserved_time(desk)
    expect(board.locator("#board")).to_contain_text("Booked")
    expect(desk.locator("#urgent p")).to_have_count(0)

    Slot.objects.filter(pk=slot.pk).update(fed_at=datetime.now(UTC) - timedelta(days=1))
    line = {
        "resourceType": "Slot", "id": slot.external_id, "status": "entered-in-error",
        "meta": {"lastUpdated": datetime.now(UTC).isoformat()},
        "schedule": {"reference": f"Schedule/{slot.schedule.external_id}"},
        "start": slot.start.isoformat(), "end": slot.end.isoformat(),
    }  # fmt: skip
    trusts_system("$import", json.dumps(line), "application/fhir+ndjson")
    for page in (board, desk, overview):
        expect(page.locator("#urgent")).to_contain_text("1 to acknowledge")
    expect(board.locator("#board")).to_contain_text("Not acknowledged")
    alert.refresh_from_db()
    assert alert.state == "raised"
    assert first == [
        alert.raised_at, alert.acknowledge_by, alert.book_by, alert.scan_by, alert.tell_by,
    ]  # fmt: skip


def test_without_javascript_a_link_loads_it_again(screen, trusts_system):
    board = screen("imaging", 390, "/staff/alerts/", javascript=False)
    refer(trusts_system)

    press(board, "Reload", "link")
    press(board, "Acknowledge")

    expect(board.locator("#board")).to_contain_text("sees to it")


def test_the_pages_of_one_alert_and_of_the_rota_are_clean(screen, trusts_system):
    refer(trusts_system)
    page = screen("lead", 390, f"/staff/alerts/{Alert.objects.get().pk}/")
    for address in (page.url, "/staff/rota/"):
        page.goto(address)
        assert html_errors(page) == []
        assert faults(page) == []
