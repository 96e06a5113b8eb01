"""Words twice as big on the narrowest screen: no page scrolls sideways (WCAG 1.4.4 and 1.4.10)."""

import pytest
from django.db import transaction
from django.utils import timezone

from booking.appointments import booking
from booking.models import Feed, FeedRefusal, Patient
from booking.worklists import rows
from booking.worklists.subjects import of_appointment
from tests.browser.walk import let_in, press, sign_in, to_check, to_places

pytestmark = pytest.mark.browser
TOO_WIDE = """() => {
  const root = document.documentElement;
  root.style.fontSize = "200%";
  if (root.scrollWidth <= root.clientWidth) return [];
  const isWide = (one) => one.getBoundingClientRect().right > root.clientWidth + 1;
  const wide = [...document.querySelectorAll("body *")].filter(isWide)
    .filter((one) => !one.closest(".finder-scroll"));
  return wide.filter((one) => ![...one.children].some(isWide))
    .slice(0, 5)
    .map((one) => `${one.tagName} ${one.getAttribute("class")}: ${one.textContent.slice(0, 40)}`)
    .concat(`${root.scrollWidth} px`);
}"""
OPEN = (
    "/", "/code/", "/a/7KQ49CRB", "/signed-out/", "/places", "/places?from=LA14+4LF&scan=MR",
    "/places/furness-general-hospital", "/places/furness-general-hospital/print",
    "/accessibility/", "/privacy/", "/cookies/", "/staff/sign-in/", "/nowhere/", "/demo/phone/",
    "/api/docs/",
)  # fmt: skip
STAFF = (
    "/staff/desk/", "/staff/overview/", "/staff/lists/", "/staff/refer/", "/staff/texts/",
    "/staff/feeds/", "/staff/audit/", "/staff/audit/opened/", "/staff/password/",
)  # fmt: skip


def test_no_page_scrolls_sideways_with_words_twice_as_big(
    open_page, demo, live_server, make_staff, make_feed_trouble
):
    page, found = open_page(320), []
    Patient.objects.update(postcode="LA14 4LF")

    def look(name):
        found.extend((name, fault) for fault in page.evaluate(TOO_WIDE))

    def look_at(*addresses):
        for address in addresses:
            page.goto(address)
            look(address)

    look_at(*OPEN)
    page.goto("/code/")
    press(page, "Continue")
    look("a code is missing")
    sign_in(page, born=("", "13", "1990"))
    look("a birthday is wrong")
    to_places(page)
    look_at("/referral/", "/where/", "/choose/", "/choose/furness-general-hospital/")
    to_check(page)
    look("check")
    press(page, "Book this appointment")
    look("booked")
    look_at("/appointment/cancel/")
    let_in(page, make_staff("lead", username="a-long-user-name"), live_server.url)
    row = make_feed_trouble(demo)
    look_at(
        *STAFF,
        "/staff/lists/needs_person/",
        f"/staff/lists/row/{row.pk}/",
        f"/staff/patient/{demo.patient_id}/",
    )
    with page.expect_navigation():
        page.locator("button.desk-time").first.click()
    look("held")

    assert found == []


@pytest.fixture
def make_feed_trouble():
    """Something on the lists and something wrong with a feed, with long words in both."""

    def make(referral):
        now = timezone.now()
        FeedRefusal.objects.create(
            trust_id="RTX", at=now, line=1, code="value", what="No offset: 2026-12-02T14:00:00"
        )
        Feed.objects.update(pull_url="https://scans.example/" + "x" * 60, pull_problem="It broke.")
        live = booking.live_appointment(referral)
        with transaction.atomic():
            about = of_appointment(live)
            return rows.open_row(rows.Kind.NEEDS_PERSON, about, "Phone them", now=now, actor="x")

    return make
