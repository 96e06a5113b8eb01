"""The guard against pages that a test leads to and does not wait for."""

import pytest

from tests.browser.walk import press

pytestmark = pytest.mark.browser


def go_without_waiting(page):
    page.get_by_role("button", name="Start now").click()
    page.get_by_label("What is your booking code?").wait_for()


def test_a_page_that_nobody_waits_for_is_a_fault(open_page):
    page = open_page()
    page.goto("/")

    go_without_waiting(page)

    faults, page.faults[:] = list(page.faults), []
    assert len(faults) == 1
    assert faults[0].startswith("not waited for (tests.browser.walk.next_page): http")


def test_a_wait_is_for_one_page_and_a_second_is_a_fault(open_page):
    page = open_page()
    page.goto("/")

    with page.expect_navigation(url="**/cookies/"):
        page.evaluate("location.href = '/accessibility/'")
        page.wait_for_url("**/accessibility/")
        page.evaluate("location.href = '/cookies/'")

    faults, page.faults[:] = list(page.faults), []
    assert [fault.rpartition("/cookies")[2] for fault in faults] == ["/"]


def test_pages_that_are_waited_for_are_none(open_page):
    page = open_page()
    page.goto("/")
    press(page, "Start now")
    page.reload()
    page.go_back()
    page.goto("/#maincontent")

    assert page.faults == []
