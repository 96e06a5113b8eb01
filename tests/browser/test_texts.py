"""The demo phone plays the patient, and staff see it, in a browser: with axe and clean HTML."""

import pytest
from django.utils import timezone

from booking.models import Appointment
from notifications import dispatch
from notifications.models import Message
from tests.browser.test_accessibility import faults, html_errors
from tests.browser.walk import let_in, press, to_booked

pytestmark = pytest.mark.browser


@pytest.mark.parametrize(("width", "javascript"), [(320, False), (1280, True)])
def test_a_patient_gets_reads_and_answers_a_text_and_staff_see_it(
    open_page, live_server, make_staff, width, javascript
):
    page = open_page(width, javascript)
    found = []

    def look(by_get=True):
        if javascript:
            found.extend(faults(page))
        if by_get:
            found.extend(html_errors(page))
        wide = page.evaluate("document.documentElement.scrollWidth")
        assert wide <= width, f"{page.url} is {wide} px wide"

    to_booked(page)
    dispatch.dispatch_due(timezone.now())
    page.goto("/demo/phone/")
    look()
    press(page, "Deliver")
    assert page.get_by_text(", delivered").count() == 1
    press(page, "Read")
    code = Appointment.objects.get().reply_codes.get().code
    page.get_by_label("Reply from +447700900461").fill("what?")
    press(page, "Send reply")
    page.get_by_label("Reply from +447700900461").fill(f"cancel {code}")
    press(page, "Send reply")
    dispatch.dispatch_due(timezone.now())
    page.goto("/demo/phone/")
    look()
    assert page.get_by_text("you cancelled your scan").count() == 1
    assert Appointment.objects.get().status == "cancelled"

    let_in(page, make_staff(), live_server.url)
    page.goto("/staff/texts/")
    look()
    press(page, "Cancelled", "link")
    look()
    press(page, "Send again")
    assert page.title().startswith("Error:")
    look(by_get=False)
    page.get_by_text("The patient deleted or lost it").click()
    press(page, "Send again")
    look()
    assert Message.objects.filter(retry_of__isnull=False).count() == 1
    press(page, "Everything said with this phone", "link")
    look()
    assert found == []
    assert "/staff/texts/phone/" in page.url
