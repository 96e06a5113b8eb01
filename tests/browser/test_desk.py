"""The clerk's desk in a real browser: by keyboard alone, in a race, without JavaScript, clean."""

from datetime import timedelta

import pytest
from django.db import transaction
from django.utils import timezone

from booking.appointments import booking, displacing, holds
from booking.changes.second_factors import new_recovery_codes
from booking.exchange.feeds import losses
from booking.models import EPOCH, Appointment, Loss, SecondFactor, Slot, WorklistRow
from booking.worklists import rows
from booking.worklists.subjects import RowSubject, Topic
from sites import places
from sites.models import Scanner, Site
from tests.browser.keyboard import Keyboard
from tests.browser.test_accessibility import faults, html_errors
from tests.browser.walk import next_page, press

pytestmark = pytest.mark.browser
PASSWORD = "a-long-password-2026"
MOST_PRESSES = 40


@pytest.fixture
def sign_in(open_page, demo, make_staff):
    """Return a page of a clerk who passed both factors, at the desk."""

    def sign_in(width=1280, javascript=True, username="carol", role="clerk"):
        staff = make_staff(role, username=username, password=PASSWORD)
        SecondFactor.objects.create(user=staff.user, secret="00" * 20, confirmed=True)
        page = open_page(width, javascript)
        page.goto("/staff/sign-in/")
        page.get_by_label("User name").fill(username)
        page.get_by_label("Password", exact=True).fill(PASSWORD)
        press(page, "Sign in")
        page.get_by_label("6 digits").fill(new_recovery_codes(staff.user, now=timezone.now())[0])
        press(page, "Continue")
        return page

    return sign_in


@pytest.fixture
def jane(demo):
    demo.patient.postcode = "LA14 4LF"
    demo.patient.needs = ["wheelchair"]
    demo.patient.save()
    Site.objects.update(facilities=["step_free", "wheelchair"])
    Scanner.objects.update(step_free=True)
    places.forget()
    return demo


@pytest.mark.parametrize("javascript", [True, False], ids=["script", "no script"])
def test_from_the_reference_to_the_read_back_by_keyboard_alone(sign_in, jane, javascript):
    page = sign_in(javascript=javascript)
    keys = Keyboard(page)

    keys.type(jane.code)
    keys.enter()
    keys.go_to("Times")
    keys.tab_to("Hold 9am")
    keys.enter()
    keys.tab_to("Book now")
    keys.enter()

    booked = Appointment.objects.get()
    assert page.locator("#read-back").inner_text().startswith("You are booked for an MRI scan")
    focused = page.evaluate("document.activeElement.innerText")
    assert "Read this to the caller" in focused
    assert booked.site.name in focused
    keys.say("From the reference to the read-back", presses=MOST_PRESSES, pages=3)


def test_a_page_loaded_again_after_a_form_asks_nothing_again(sign_in, jane):
    page = sign_in()
    find(page)
    press(page, "Save note")
    assert page.get_by_text("Type the note").count() == 2
    assert page.reload().request.method == "GET"
    assert page.get_by_text("Type the note").count() == 0

    with page.expect_navigation():
        page.locator("button.desk-time").first.click()
    press(page, "Book now")
    assert page.reload().request.method == "GET"

    assert page.locator("#read-back").count() == 1
    assert Appointment.objects.get().version == 1


def find(page, words="7KQ4 9CRB"):
    page.goto("/staff/desk/")
    page.get_by_label("Who is calling?").fill(words)
    press(page, "Find")


def test_two_clerks_race_for_one_slot_and_the_second_sees_the_nearest_three(
    sign_in, jane, make_colleague_call
):
    first, second = sign_in(username="carol"), sign_in(username="bob")
    tom = make_colleague_call
    find(first)
    find(second, tom.code)
    wanted = first.locator("button.desk-time").nth(1).get_attribute("value")
    for page in (first, second):
        assert page.locator(f"button.desk-time[value='{wanted}']").count() == 1

    for page in (first, second):
        with next_page(page):
            page.locator(f"button.desk-time[value='{wanted}']").click()

    assert first.get_by_text("Held by you until").count() == 1
    assert second.get_by_text("has just been taken").count() == 1
    assert second.locator("button.desk-offer").count() == 3
    with next_page(second):
        second.locator("button.desk-offer").first.click()
    press(second, "Book now")
    press(first, "Book now")
    assert Appointment.objects.count() == 2
    assert Slot.objects.filter(free_at=None).count() == 2


@pytest.fixture
def make_colleague_call(demo):
    """Tom, who needs the same scan and lives where Jane does."""
    from booking.models import Patient, Referral

    tom = Patient.objects.create(
        given_name="Tom", family_name="Hargreaves", born=demo.patient.born, postcode="LA14 4LF"
    )
    return Referral.objects.create(
        code="3XRD7JQF", patient=tom, exam=demo.exam, trust=demo.trust, urgency="urgent",
        clock_start=demo.clock_start, target_day=demo.target_day,
    )  # fmt: skip


def test_without_javascript_a_clerk_changes_cancels_and_undoes(sign_in, jane):
    page = sign_in(390, javascript=False)
    find(page)
    with next_page(page):
        page.locator("button.desk-time").first.click()
    press(page, "Book now")
    press(page, "Change it", "link")
    with next_page(page):
        page.locator("button.desk-time").nth(3).click()
    page.get_by_label("Why", exact=True).select_option("sooner")
    press(page, "Change to this time")
    press(page, "Undo")

    assert Appointment.objects.get().version == 3
    page.get_by_text("Cancel it").click()
    page.get_by_label("Patient is unwell").check()
    press(page, "Cancel this appointment")
    assert Appointment.objects.get().status == "cancelled"
    assert page.get_by_text("is cancelled").count()


@pytest.mark.parametrize("width", [390, 1280])
def test_every_staff_page_is_clean(sign_in, jane, width, make_staff):
    page = sign_in(width)
    lead = sign_in(width, username="lena", role="lead")
    found, sideways = [], []

    def look(page, html=True):
        found.extend(faults(page))
        if html:
            found.extend(html_errors(page))
        if page.evaluate("document.documentElement.scrollWidth") > width:
            sideways.append(page.url)

    with transaction.atomic():
        row = rows.open_row(
            "needs_person",
            RowSubject(Topic.REPLY, "1", referral=jane),
            "Ring.",
            now=timezone.now(),
            actor="x",
        )
    for address in ["desk/", "lists/", "lists/needs_person/", f"lists/row/{row.pk}/", "refer/",
                    "overview/", "recovery-codes/", "audit/"]:  # fmt: skip
        page.goto(f"/staff/{address}")
        look(page)
    with transaction.atomic():
        losses.add("RTX", Slot.objects.values_list("pk", flat=True)[:9], "missing", now=EPOCH)
        losses.hold(Loss.objects.get(), now=timezone.now())
    held = WorklistRow.objects.get(kind="feed_held")
    for address in ["audit/", "audit/opened/", "feeds/", "feeds/RTX/held/",
                    f"lists/row/{held.pk}/"]:  # fmt: skip
        lead.goto(f"/staff/{address}")
        look(lead)
    find(page)
    look(page)
    with next_page(page):
        page.locator("button.desk-time").first.click()
    look(page)
    press(page, "Book now")
    look(page)
    page.get_by_text("Cancel it").click()
    page.get_by_text("Needs", exact=True).last.click()
    look(page, html=False)
    press(page, "Cancel this appointment")
    look(page, html=False)
    page.goto("/staff/refer/")
    press(page, "Save and invite")
    look(page, html=False)
    page.goto("/staff/lists/")

    assert found == []
    assert sideways == []


def test_the_sign_in_pages_are_clean(open_page, demo, make_staff):
    make_staff(username="carol", password=PASSWORD)
    page = open_page()
    page.goto("/staff/sign-in/")
    found = faults(page) + html_errors(page)
    page.get_by_label("User name").fill("carol")
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    press(page, "Sign in")
    found += faults(page)
    picture = page.locator("img.desk-qr")

    assert found == []
    assert picture.evaluate("image => image.complete && image.naturalWidth") > 100


def test_a_caller_who_hangs_up_leaves_a_choice(sign_in, jane):
    page = sign_in()
    find(page)
    with next_page(page):
        page.locator("button.desk-time").first.click()
    page.goto("/staff/desk/")

    press(page, "Jane Fell", "link")
    press(page, "Let it go")

    assert not Slot.objects.filter(free_at__gt=timezone.now()).exists()
    assert page.locator(".desk-box--held").count() == 0


def test_a_taken_away_time_is_seen_to_from_the_list(sign_in, jane):
    slot = Slot.objects.order_by("start").first()
    now = timezone.now()
    holds.hold(jane, slot.pk, now=now)
    booking.book(jane, slot.pk, now=now, actor="patient")
    with transaction.atomic():
        displacing.withdraw_slots([slot.pk], now=now + timedelta(seconds=1), actor="feed RTX")
    page = sign_in()

    press(page, "Time taken away", "link")
    press(page, "Jane Fell", "link")
    press(page, "Take it")
    press(page, "Jane Fell", "link")
    with next_page(page):
        page.locator("button.desk-time").first.click()
    press(page, "Book now")

    assert WorklistRow.objects.get(kind="displaced").outcome == "booked"
