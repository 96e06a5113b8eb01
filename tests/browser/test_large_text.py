"""Words twice as big on the narrowest screen: no page scrolls sideways (WCAG 1.4.4 and 1.4.10)."""

import os

import pytest
from django.db import transaction
from django.utils import timezone

from booking.appointments import booking, displacing, holds
from booking.models import Exam, Feed, FeedRefusal, Patient, Slot, WorklistRow
from booking.worklists import rows
from booking.worklists.subjects import of_appointment
from sites import places
from sites.models import Scanner, Site
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
    "/", "/code/", "/born/", "/a/7KQ49CRB", "/signed-out/", "/places",
    "/places?from=LA14+4LF&scan=MR", "/places/furness-general-hospital",
    "/places/furness-general-hospital/print",
    "/accessibility/", "/privacy/", "/cookies/", "/performance/", "/staff/sign-in/", "/nowhere/",
    "/demo/phone/", "/api/docs/",
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

    assert found == [], "\n".join(map(str, found))


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


CUT_OFF = """() => {
  const root = document.documentElement;
  const isCut = (one) => {
    const style = getComputedStyle(one);
    const clips = ["hidden", "clip"].includes(style.overflowX) || style.textOverflow === "ellipsis";
    return clips && one.clientWidth > 1 && one.scrollWidth > one.clientWidth + 1;
  };
  const isOut = (one) => one.getBoundingClientRect().right > root.clientWidth + 1;
  const inside = (one) => one.closest(
    ".finder-scroll, details:not([open]), .nhsuk-u-visually-hidden, .nhsuk-table-responsive thead",
  );
  return [...document.querySelectorAll("body *")]
    .filter((one) => !inside(one) && (isCut(one) || isOut(one)))
    .slice(0, 5)
    .map((one) => `${one.tagName} ${one.className}: ${one.textContent.trim().slice(0, 40)}`)
    .concat(root.scrollWidth > root.clientWidth ? `${root.scrollWidth} px` : []);
}"""
"""What of a page is out of sight to the side, or cut off by a box around it."""


def test_a_name_of_two_hundred_letters_is_whole_in_every_column(
    open_page, demo, live_server, make_staff
):
    """At 400% (320 px), on a phone and on a desk: the desk, the lists, a row, the screen."""
    Patient.objects.update(
        given_name="Wolfeschlegel" * 15 + "stein", family_name="Hausenbergerdorff" * 11 + "welche",
        needs=["wheelchair"], postcode="LA14 4LF",
    )  # fmt: skip
    Exam.objects.update(name="an MRI scan of your " + "knee" * 25)
    Site.objects.update(name="Hospital" * 12, facilities=["step_free", "wheelchair"])
    Scanner.objects.update(step_free=True)
    places.forget()
    staff, now = make_staff("clerk", username="bartholomew" * 13), timezone.now()
    slot = Slot.objects.order_by("start").first()
    holds.hold(demo, slot.pk, now=now)
    booking.book(demo, slot.pk, now=now, actor="patient")
    with transaction.atomic():
        displacing.withdraw_slots([slot.pk], now=now, actor="feed RTX")
    row = WorklistRow.objects.get()
    rows.take(row, staff.user, now=now, actor=staff.actor)
    page, found = open_page(320), []
    let_in(page, staff, live_server.url)
    screen = f"/staff/patient/{demo.patient_id}/"

    for address in ("/staff/desk/", "/staff/lists/", "/staff/lists/displaced/",
                    f"/staff/lists/row/{row.pk}/", screen, "held", "booked"):  # fmt: skip
        if address == "held":
            with page.expect_navigation():
                page.locator("button.desk-time").first.click()
        elif address == "booked":
            press(page, "Book now")
        else:
            page.goto(address)
        for width in (320, 390, 1280):
            page.set_viewport_size({"width": width, "height": 844})
            found.extend((address, width, fault) for fault in page.evaluate(CUT_OFF))
        if os.environ.get("LOOK"):
            name = address.strip("/").replace("/", "-")
            page.screenshot(path=f"{os.environ['LOOK']}/long-{name}.png", full_page=True)

    assert found == [], "\n".join(map(str, found))
