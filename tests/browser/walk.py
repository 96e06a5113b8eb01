"""The steps of the patient's journey, as a person takes them; each waits for the next page."""

from contextlib import contextmanager

from django.conf import settings
from django.test import Client


@contextmanager
def next_page(page):
    """Do what leads to another page inside; on leaving, that page can be read and typed into.

    A click or a key only starts a navigation: what comes next must not meet the page that is
    going. Nor may a key come before the new page has given focus to its box, which a browser
    does when it first paints, maybe after the page has loaded: that key would go nowhere.
    """
    with page.expect_navigation():
        yield
    goes_to_a_part = "#" in page.url  # such a page gives focus to nothing
    if not goes_to_a_part and page.locator("[autofocus]").count():
        page.locator(":focus").wait_for(state="attached")


def press(page, name, role="button"):
    """Press what leads to another page, and wait until that page is there."""
    with next_page(page):
        page.get_by_role(role, name=name).first.click()


def press_time(page, number=0):
    with next_page(page):
        page.locator("button.finder-time").nth(number).click()


def sign_in(page, code="7KQ4 9CRB", born=("12", "3", "1961")):
    page.goto("/")
    press(page, "Start now")
    page.get_by_label("What is your booking code?").fill(code)
    press(page, "Continue")
    for part, value in zip(("Day", "Month", "Year"), born, strict=True):
        page.get_by_label(part).fill(value)
    press(page, "Continue")


def to_places(page, postcode="LA14 4LF"):
    sign_in(page)
    press(page, "Continue")
    page.get_by_label("Where will you travel from?").fill(postcode)
    press(page, "Continue")


def to_check(page):
    to_places(page)
    press_time(page)


def to_booked(page):
    to_check(page)
    press(page, "Book this appointment")


def let_in(page, staff, url):
    """Let a member of staff in past both factors, which test_desk.py walks through."""
    client = Client()
    client.force_login(staff.user)
    cookie = client.cookies[settings.SESSION_COOKIE_NAME].value
    page.context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": cookie, "url": url}])
