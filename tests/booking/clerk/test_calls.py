"""What came of a call, on the row's page and the patient's screen; and the letter to print."""

import re
from datetime import timedelta

import pytest
from django.db import transaction

from booking.appointments import booking, holds
from booking.models import Attempt, AuditEntry, Referral, WorklistRow
from booking.worklists import rows, subjects
from tests.booking.clerk.conftest import problems, text


@pytest.fixture
def row(jane, now, clock):
    with transaction.atomic():
        about = subjects.of_referral(jane)
        return rows.open_row("not_booked", about, "Phone them.", now=now, actor="clock")


@pytest.fixture
def press(clerk, row):
    """Press a button about the calls, as the page is now."""

    def press(what, browser=clerk, about=None, page=None, **fields):
        address = f"/staff/lists/row/{row.pk}/tried/"
        carried = about or carries(text(browser.get(page or f"/staff/lists/row/{row.pk}/")))
        return browser.post(address, {"what": what, "about": carried, **fields})

    return press


def carries(page):
    return re.search(r'/row/\d+/tried/[^"]*".*?name="about" value="([^"]+)"', page, re.DOTALL)[1]


def plain(page):
    return " ".join(re.sub(r"<[^>]*>", "", page).split())


def test_calls_are_counted_and_said_who_made_them(clerk, row, press):
    for what in ("no_answer", "left_message", "wrong_number"):
        assert press(what).status_code == 302

    page = plain(text(clerk.get(f"/staff/lists/row/{row.pk}/")))

    assert "3 calls without an answer." in page
    assert "Send a letter" in page
    assert "tried by carol: Left a message" in page
    assert "opened by this service, by itself" in page
    assert "Send a letter" in plain(text(clerk.get("/staff/lists/not_booked/")))
    press("letter_sent")
    assert "Phone at" in plain(text(clerk.get("/staff/lists/not_booked/")))


def test_a_call_back_is_said_on_both_pages_and_stands_in_its_own_group(clerk, jane, row, press):
    press("call_back", call_day="25/11/2026", call_time="10:30")

    page = plain(text(clerk.get(f"/staff/lists/row/{row.pk}/")))
    listed = plain(text(clerk.get("/staff/lists/not_booked/")))
    screen = plain(text(clerk.get(f"/staff/patient/{jane.patient_id}/")))

    for shown in (page, screen):
        assert "Phone them at 10:30am on Wednesday 25 November, not before." in shown
    assert "To phone later, at a time that was agreed" in listed
    assert Attempt.objects.get().call_at == WorklistRow.objects.get().due_at


@pytest.mark.parametrize(
    ("day", "time", "wrong"),
    [
        ("", "10:30", {"call_day": "Type the day"}),
        ("25/11/2026", "", {"call_time": "Choose the time"}),
        ("25/11/2026", "03:00", {"call_time": "Choose one of these"}),
        ("24/11/2026", "08:00", {"call_day": "later than now"}),
        ("30/11/2027", "08:00", {"call_day": "later than now"}),
        ("31/2/2027", "08:00", {"call_day": "real date"}),
    ],
)
def test_a_call_back_wants_a_time_that_can_be(clerk, row, press, day, time, wrong):
    answer = press("call_back", call_day=day, call_time=time)

    page = text(clerk.get(answer["Location"]))
    assert problems(page).keys() == wrong.keys()
    for part, words in wrong.items():
        assert words in problems(page)[part]
    if time == "10:30":
        assert re.search('value="10:30"[^>]*selected', page), "what was typed is still there"
    assert not Attempt.objects.exists()


def test_a_page_that_somebody_overtook_does_nothing(clerk, row, press, sign_in):
    about = carries(text(clerk.get(f"/staff/lists/row/{row.pk}/")))
    press("no_answer", sign_in(username="bob"))

    late = press("no_answer", about=about)

    assert late.status_code == 409
    assert f"/staff/lists/row/{row.pk}/" in text(late), "leads to the row as it is now"
    assert (Attempt.objects.count(), press("no_answer", about="forged").status_code) == (1, 409)


def test_the_patients_screen_takes_a_call_and_leads_back_to_it(clerk, jane, row, press):
    screen = f"/staff/patient/{jane.patient_id}/"

    answer = press("no_answer", page=screen, from_screen="1")

    assert answer["Location"].startswith(screen)
    assert "1 call without an answer." in plain(text(clerk.get(answer["Location"])))


def test_only_a_lead_says_phone_on(clerk, jane, row, press, sign_in):
    Referral.objects.filter(pk=jane.pk).update(urgency="suspected_cancer")
    for _ in range(3):
        press("no_answer")
    page = text(clerk.get(f"/staff/lists/row/{row.pk}/"))
    assert 'value="phone_on"' not in page
    assert "could_not_reach" not in page, "never given up"
    refused = press("phone_on")
    assert "Phone a lead" in str(problems(text(clerk.get(refused["Location"]))))

    press("phone_on", sign_in("lead"))

    assert WorklistRow.objects.get().step == "phone"


def test_another_trusts_row_takes_no_call(row, press, sign_in, other_trust):
    stranger = sign_in(trusts=("RXR",), username="sam")

    address = f"/staff/lists/row/{row.pk}/"
    assert stranger.post(f"{address}tried/", {"what": "no_answer"}).status_code == 404
    assert stranger.get(f"{address}letter/").status_code == 404


def test_the_letter_has_a_name_and_an_address_outside_and_nothing_clinical(clerk, jane, row):
    jane.patient.address, jane.patient.postcode = "1 High Street\nUlverston", "LA12 7AA"
    jane.patient.save()

    page = text(clerk.get(f"/staff/lists/row/{row.pk}/letter/"))

    outside = re.search(r'class="desk-letter__to">(.*?)</p>', page, re.DOTALL)[1]
    words = re.sub(r"<[^>]*>", " ", outside).split()
    assert words == ["Jane", "Fell", "1", "High", "Street", "Ulverston", "LA12", "7AA"]
    inside = plain(page)
    assert "We tried to phone you." in inside
    for clinical in ("MRI", "knee", "scan", "cancer", "hospital", "NHS number"):
        assert clinical not in inside.replace("Book your scan", ""), clinical
    assert AuditEntry.objects.filter(action="letter shown to print").get().referral == jane


def test_the_letter_to_who_is_booked_asks_for_a_call_only(clerk, jane, row, make_slot, now):
    slot = make_slot()
    holds.hold(jane, slot.pk, now=now)
    booking.book(jane, slot.pk, now=now, actor="patient")
    with transaction.atomic():
        other = rows.open_row(
            "needs_person", subjects.of_referral(jane), "x", now=now, actor="patient"
        )

    page = plain(text(clerk.get(f"/staff/lists/row/{other.pk}/letter/")))

    assert "choose a time" not in page
    assert "We need to talk with you about your appointment." in page
    assert "No address" in page


def test_a_closed_row_has_no_letter(clerk, row, now):
    rows.close_row(row, "reached", now=now + timedelta(hours=1), actor="staff 1")

    assert clerk.get(f"/staff/lists/row/{row.pk}/letter/").status_code == 404
