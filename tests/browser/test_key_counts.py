"""What calls cost at the desk: keys and pages, counted by keyboard alone and printed.

A call counts from one of two places, and says which. *From the desk*: the keyboard is in the one
box, and the 8 letters of the code and Enter are counted with the rest, as is the page that they
lead to. *From the screen*: the patient is open, as who has just been found is, and the banner has
the keyboard. A letter, Tab, an arrow and Enter are a key each; a page is counted when it is loaded,
so a way within the page costs keys only. In each of them times stand listed below the acts.
"""

from datetime import timedelta

import pytest
from django.db import transaction
from django.utils import timezone

from booking.appointments import booking, displacing, holds
from booking.models import Appointment, Note, OtherPhone, Patient, Slot, WorklistRow
from booking.worklists import rows
from booking.worklists.subjects import RowSubject, Topic
from tests.browser.keyboard import Keyboard
from tests.browser.test_desk import jane  # noqa: F401 - a fixture
from tests.browser.walk import let_in

pytestmark = pytest.mark.browser
WITH_SCRIPT = pytest.mark.parametrize("javascript", [True, False], ids=["script", "no script"])


@pytest.fixture
def booked(jane):  # noqa: F811 - the fixture
    """Jane is booked for the first time that there is."""
    now, slot = timezone.now(), Slot.objects.order_by("start").first()
    holds.hold(jane, slot.pk, now=now)
    return booking.book(jane, slot.pk, now=now, actor="patient")


@pytest.fixture
def missed(jane):  # noqa: F811 - the fixture
    """Jane was booked for yesterday, and nobody has said whether she came."""
    slot = Slot.objects.order_by("start").first()
    slot.start -= timedelta(days=2)
    slot.end -= timedelta(days=2)
    slot.save()
    before = slot.start - timedelta(days=1)
    holds.hold(jane, slot.pk, now=before)
    return booking.book(jane, slot.pk, now=before, actor="patient")


@pytest.fixture
def call(open_page, make_staff, live_server):
    """Return who sits down at the desk, or at a patient's screen, with a keyboard and no mouse."""
    clerk = make_staff()

    def call(patient=None, *, javascript=True):
        page = open_page(1280, javascript)
        let_in(page, clerk, live_server.url)
        page.goto(f"/staff/patient/{patient.pk}/" if patient else "/staff/desk/")
        page.locator(":focus").wait_for(state="attached")
        return Keyboard(page)

    return call


def find(keys, referral):
    keys.type(referral.code)
    keys.enter()
    assert keys.focused.startswith(("Needs:", "Jane Fell"))


def change_it(keys):
    keys.tab_to("Hold ", most=3)
    keys.enter()
    keys.tab_to("Why", most=3)
    keys.press("ArrowDown")
    keys.tab_to("Change to this time", most=2)
    keys.enter()


def cancel_it(keys):
    """From the appointment on: the second reason of those shown, and Enter on it."""
    keys.tab_to("Cancel it", most=1)
    keys.press("Enter")
    keys.tab_to("Patient does not want", most=1)
    keys.press("ArrowDown")
    keys.enter()


@WITH_SCRIPT
def test_another_time_for_who_cannot_come_on_tuesday(call, booked, javascript):
    """From the desk: the code, *Times*, the first time, the reason, the press."""
    keys, was = call(javascript=javascript), booked.start

    find(keys, booked.referral)
    keys.go_to("Times")
    change_it(keys)

    keys.say("“I can’t make Tuesday”: another time shown", presses=22, pages=3)
    assert keys.focused.startswith("Changed")
    booked.refresh_from_db()
    assert (booked.version, booked.start != was) == (2, True)


@WITH_SCRIPT
def test_another_time_through_change_it(call, booked, javascript):
    """From the desk: the code, the appointment's *Change it*, a time, the reason, the press."""
    keys = call(javascript=javascript)

    find(keys, booked.referral)
    keys.go_to("Appointments")
    keys.tab_to("Change it", most=2)
    keys.press("Enter")
    change_it(keys)

    keys.say("The same through Change it", presses=26, pages=3)
    assert Appointment.objects.get().version == 2


@WITH_SCRIPT
def test_cancel_with_times_listed(call, booked, javascript):
    """From the screen: *Appointments*, *Cancel it*, the second reason, Enter on it."""
    keys = call(booked.referral.patient, javascript=javascript)

    keys.go_to("Appointments")
    cancel_it(keys)

    keys.say("Cancel, times listed", presses=14, pages=2)
    assert Appointment.objects.get().status == "cancelled"
    assert keys.focused.startswith("Cancelled")
    keys.tab_to("Offer another time", most=1)
    keys.press("Enter")
    keys.tab_to("Hold ", most=1)


@WITH_SCRIPT
def test_correct_a_number(call, jane, javascript):  # noqa: F811 - the fixture
    """From the screen, the 11 digits included: Tab into the box marks the old number."""
    keys = call(jane.patient, javascript=javascript)

    keys.go_to("Number")
    keys.tab_to("Mobile number", most=1)
    keys.type("07700900462")
    keys.enter()

    keys.say("Correct a number", presses=24, pages=1)
    assert Patient.objects.get().mobile == "+447700900462"
    assert keys.focused == "The mobile number is saved."


@WITH_SCRIPT
def test_add_a_landline(call, jane, javascript):  # noqa: F811 - the fixture
    """From the screen, the 11 digits included."""
    keys = call(jane.patient, javascript=javascript)

    keys.go_to("Number")
    keys.tab_to("Add another phone", most=3)
    keys.type("01229870870")
    keys.enter()

    keys.say("Add a landline", presses=24, pages=1)
    assert OtherPhone.objects.get().number == "+441229870870"
    assert keys.focused == "The phone is added."


@WITH_SCRIPT
def test_add_a_note(call, jane, javascript):  # noqa: F811 - the fixture
    """From the screen, a note of 11 letters included."""
    keys = call(jane.patient, javascript=javascript)

    keys.go_to("Number")
    keys.tab_to("Note for the next clerk", most=5)
    keys.type("Ring at 5pm")
    keys.tab_to("Save note", most=1)
    keys.enter()

    keys.say("Add a note", presses=24, pages=1)
    assert Note.objects.get().text == "Ring at 5pm"
    assert keys.focused == "The note is saved."


@WITH_SCRIPT
def test_did_not_attend_and_the_next_step(call, missed, javascript):
    """From the screen: *Appointments*, *Did not attend*; what to do next has the keyboard."""
    keys = call(missed.referral.patient, javascript=javascript)

    keys.go_to("Appointments")
    keys.tab_to("Did not attend", most=2)
    keys.enter()

    keys.say("Did not attend, next step", presses=12, pages=1)
    row = WorklistRow.objects.get(kind="not_rebooked")
    assert keys.focused == "To do for this patient"
    assert "Did not attend. Phone or text" in row.reason
    assert row.reason in keys.page.locator("section[aria-labelledby=to-do]").inner_text()
    keys.tab_to("No answer", most=2)
    keys.enter()
    row.refresh_from_db()
    assert row.tries == 1


@pytest.fixture
def displaced(booked):
    """Jane's time was taken away by its hospital, and stands on the list."""
    now = timezone.now() + timedelta(seconds=1)
    with transaction.atomic():
        displacing.withdraw_slots([booked.slot_id], now=now, actor="feed RTX")
    return WorklistRow.objects.get(kind="displaced")


@WITH_SCRIPT
def test_a_displaced_row_to_rebooked(call, displaced, javascript):
    """From the lists: *Take the next row*, the nearest of its times, *Book now*."""
    keys = call(javascript=javascript)
    keys.page.goto("/staff/lists/")

    keys.tab_to("Take the next row", most=14)
    keys.enter()
    assert keys.focused.startswith("Instead of ")
    keys.tab_to("", most=1)
    keys.enter()
    keys.tab_to("Book now", most=3)
    keys.enter()

    keys.say("A displaced row to rebooked", presses=24, pages=3)
    displaced.refresh_from_db()
    assert displaced.outcome == "booked"
    assert "Read this to the caller" in keys.page.evaluate("document.activeElement.innerText")


@WITH_SCRIPT
def test_cancel_from_the_desk_by_the_appointments_reference(call, booked, javascript):
    """From the desk: the reference, which lands at the appointment; *Cancel it*, the reason."""
    keys = call(javascript=javascript)

    keys.type(booked.reference)
    keys.enter()
    assert keys.page.evaluate("document.activeElement.id") == f"appointment-{booked.pk}"
    assert keys.page.get_by_text("Needs:", exact=True).is_visible()
    cancel_it(keys)

    keys.say("Cancel from the desk, times listed", presses=14, pages=2)
    assert Appointment.objects.get().status == "cancelled"


@WITH_SCRIPT
def test_a_referral_from_paper(call, jane, javascript):  # noqa: F811 - the fixture
    """From the desk: what must be typed is not counted, every other key is."""
    keys, typed = call(javascript=javascript), 0

    def write(field, words):
        nonlocal typed
        keys.tab_to(field, most=12)
        keys.type(words)
        typed += len(words)

    keys.back_to("New referral", most=14)
    keys.enter()
    write("Given name", "Ruth")
    write("Family name", "Pike")
    write("Date of birth", "4/5/1970")
    write("Mobile number", "07700900471")
    write("Postcode", "LA14 4LF")
    write("Exam", "knee")
    keys.tab_to("Urgency", most=1)
    keys.press("ArrowDown")
    keys.tab_to("Clock start", most=1)
    keys.enter()

    keys.presses -= typed
    keys.say("A paper referral, beyond what must be typed", presses=60, pages=2)
    ruth = Patient.objects.get(given_name="Ruth")
    assert ruth.referrals.get().exam_id == jane.exam_id


def test_after_take_it_the_next_act_and_after_a_refusal_what_is_wrong(call, jane):  # noqa: F811
    """On a row: *Take it*, then the note; a close without an outcome leads to the summary."""
    with transaction.atomic():
        about = RowSubject(Topic.REPLY, "1", referral=jane)
        row = rows.open_row("needs_person", about, "Ring.", now=timezone.now(), actor="x")
    keys = call()
    keys.page.goto(f"/staff/lists/row/{row.pk}/")

    keys.tab_to("Take it", most=40)
    keys.enter()
    assert keys.page.evaluate("document.activeElement.id") == "act"
    keys.tab_to("Close it", most=14)
    keys.enter()

    assert "nhsuk-error-summary" in keys.page.evaluate("document.activeElement.className")
    keys.press("Tab")
    keys.press("Enter")
    assert keys.focused == "What became of it"
    keys.type("spoke")
    assert keys.page.locator("#outcome-choices li").all_inner_texts() == ["Spoke to the patient"]
