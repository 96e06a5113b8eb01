"""The questions before a scan, as a patient meets them: one a page, kept, checked, acted on."""

import re
from datetime import timedelta
from itertools import pairwise

import pytest

from booking.appointments import holds
from booking.models import Answer, Appointment, AppointmentChange, Slot, WorklistRow
from sites.models import Scanner
from tests.answers import answered
from tests.booking.patient.conftest import text
from tests.booking.patient.question_walk import (
    answer_all,
    change,
    first_question,
    give,
    go_on,
    heading,
    is_question,
    page_of,
    weight,
    words,
)

PACEMAKER = "Do you have a pacemaker or a defibrillator?"
CALL = "will phone you by 10am on Wednesday 25 November, on the number ending 461"


@pytest.fixture
def jane(make_referral):
    """Jane, of whom nothing was asked yet."""
    return make_referral(is_answered=False)


@pytest.fixture
def asked(client, jane, furness, sign_in):
    """Jane, signed in."""
    sign_in()
    return client


@pytest.fixture
def through(asked, jane):
    """Jane, who has answered everything on another day, harmlessly, and travels from Barrow."""
    answered(jane)
    asked.post("/where/", {"postcode": "LA14 4LF"})
    return asked


def current():
    return dict(Answer.objects.filter(is_current=True).values_list("question", "value"))


def book(browser, slot):
    browser.post("/hold/", {"slot": slot.pk})
    return browser.post("/confirm/", {"slot": slot.pk}, follow=True)


def test_one_question_a_page_then_their_check_then_the_places(asked, jane):
    """The total only grows where the page said that it may, and ends where it said."""
    page, seen = first_question(asked), []
    assert heading(page) == PACEMAKER
    assert "Why we ask" in words(page)
    while is_question(page):
        found = re.search(r"Question (\d+) of (\d+)( or more)?", words(page))
        seen.append((int(found[1]), int(found[2]), bool(found[3])))
        assert text(page).count('value="dont_know"') == 1
        metal = "metal in your eye" in heading(page) or "check that all" in heading(page)
        page = give(asked, page, "yes" if metal else "no")

    assert [number for number, _, _ in seen] == list(range(1, 18))
    assert seen[0][1:] == (16, True)
    assert seen[-1][1:] == (17, True), "help from a wheelchair may bring one about a hoist"
    for (_, before, may_grow), (_, after, _) in pairwise(seen):
        assert after == before or (may_grow and after > before)
    assert heading(page) == "Check your answers"
    assert len(current()) == 17
    assert {one.who for one in Answer.objects.all()} == {"patient"}
    assert text(page).count(">Change<") == 17
    assert "The staff at your scan will know that you have had metal in your eye" in words(page)
    assert go_on(asked, page).redirect_chain[-1][0] == "/where/"
    assert asked.get("/questions/", follow=True).redirect_chain[-1][0] == "/where/"


def test_nobody_sees_places_before_they_have_answered(asked, make_slot):
    slot = make_slot()

    for page in ("/where/", "/choose/", "/map/", "/choose/furness/", "/check/"):
        assert asked.get(page)["Location"] == "/questions/", page
    assert asked.post("/hold/", {"slot": slot.pk})["Location"] == "/questions/"
    assert Slot.objects.get().held_by is None


def test_what_was_answered_is_not_asked_again(through):
    assert through.get("/questions/", follow=True).redirect_chain[-1][0] == "/choose/"
    assert "Look at the answers" in words(through.get("/referral/"))


def test_back_leads_to_the_question_before_with_its_answer(asked):
    second = give(asked, first_question(asked), "no")

    back = re.search(r'nhsuk-back-link.*?href="([^"]+)"', text(second), re.S)[1]
    again = asked.get(back)

    assert heading(again) == PACEMAKER
    assert 'value="no" checked' in text(again)
    give(asked, again, "yes")
    assert current() == {"pacemaker": "yes"}
    assert Answer.objects.count() == 2, "the earlier one is kept"


def test_without_an_answer_the_question_is_asked_again(asked):
    page = give(asked, first_question(asked), "")

    assert page.status_code == 400
    assert text(page).count("choose “I don’t know”") == 2
    assert current() == {}


def test_an_expired_answer_is_asked_alone(through, clock):
    Answer.objects.filter(question="operation").update(expires_at="2026-11-24T09:00Z")

    page = first_question(through)

    assert heading(page) == "Have you had an operation in the last 6 weeks?"
    assert "Question 1 of 1" in words(page)
    assert heading(give(through, page, "no")) == "Check your answers"


def test_a_changed_answer_brings_the_question_that_follows_on_it(through, jane):
    assert "Change an answer" in words(page_of(through, jane, "metal_eye"))

    follow_up = change(through, jane, metal_eye="yes")

    assert heading(follow_up) == "Did a doctor check that all of the metal is out of your eye?"
    assert "Question 2 of 2" in words(follow_up)
    assert heading(give(through, follow_up, "yes")) == "Check your answers"


def test_an_answer_that_stops_ends_at_a_person_and_can_be_put_right(through, jane):
    page = go_on(through, change(through, jane, pacemaker="yes"))

    assert page.redirect_chain[-1][0] == "/questions/next/"
    assert heading(page) == "We need to speak with you before you book"
    said = words(page)
    assert CALL in said
    assert "If you miss the call, we try again" in said
    assert "01632 960 100" in said
    assert "safe" not in said
    row = WorklistRow.objects.get()
    assert (row.kind, row.referral) == ("needs_person", jane)
    for way_on in ("/questions/check/", "/places"):
        assert f'href="{way_on}"' in text(page)
        assert through.get(way_on).status_code == 200
    assert through.get("/choose/")["Location"] == "/questions/next/"

    assert go_on(through, change(through, jane, pacemaker="no")).redirect_chain[-1][0] == "/choose/"


def test_who_has_no_number_or_is_called_already_is_told_to_phone(through, jane):
    jane.patient.mobile = ""
    jane.patient.save()
    page = go_on(through, change(through, jane, pacemaker="yes"))
    assert "We have no phone number for you. Please phone us on 01632 960 100" in words(page)

    WorklistRow.objects.update(closed_at="2026-11-24T10:00Z", outcome="reached")
    assert "Please phone us on 01632 960 100" in words(through.get("/questions/next/"))


def test_i_dont_know_everywhere_ends_at_a_person_with_every_answer_kept(asked):
    page = go_on(asked, answer_all(asked, otherwise="dont_know"))

    assert heading(page) == "We need to speak with you before you book"
    assert set(current().values()) == {"dont_know"}


def test_a_time_that_was_come_for_is_kept_while_answering_and_found_again(
    client, jane, make_slot, sign_in, clock
):
    slot = make_slot()
    client.post(f"/slot/{slot.pk}/")
    assert sign_in()["Location"] == "/questions/"
    assert Slot.objects.get().held_by == jane

    clock.shift(timedelta(minutes=10))
    page = words(first_question(client))
    assert (
        "We are keeping 2pm on Wednesday 2 December 2026 at Furness for you until 10:25am" in page
    )
    answered(jane)
    end = client.get("/questions/", follow=True)
    assert end.redirect_chain[-1][0] == f"/slot/{slot.pk}/", "to open a page keeps nothing"
    end = go_on(client, change(client, jane, hearing="yes"))

    assert end.redirect_chain[-1][0] == "/check/"
    client.post("/confirm/", {"slot": slot.pk})
    assert Appointment.objects.get().slot == slot


def test_a_time_that_went_meanwhile_is_said(client, jane, tom, make_slot, sign_in, clock):
    slot, _near = make_slot(), make_slot(hour=15)
    client.post(f"/slot/{slot.pk}/")
    sign_in()
    answered(jane)
    check = change(client, jane, hearing="yes")
    clock.shift(timedelta(minutes=16))
    holds.hold(tom, slot.pk, now=slot.start - timedelta(days=7))

    assert "This time has just been taken" in words(go_on(client, check))


def test_a_time_waits_for_the_call_and_sign_out_does_not_let_it_go(
    client, jane, make_slot, sign_in, clock
):
    slot = make_slot()
    client.post(f"/slot/{slot.pk}/")
    sign_in()
    answered(jane)

    check = change(client, jane, pacemaker="yes")
    page = go_on(client, check)

    assert "for you until 10am on Wednesday 25 November" in words(check)
    assert "We keep this time for you until 10am on Wednesday 25 November" in words(page)
    assert "Wednesday 2 December 2026" in words(page)
    client.post("/sign-out/")
    held = Slot.objects.get()
    assert (held.held_by, held.free_at) == (jane, WorklistRow.objects.get().due_at)


def test_a_time_is_let_go_at_sign_out_when_nobody_must_phone(client, jane, make_slot, sign_in):
    slot = make_slot()
    client.post(f"/slot/{slot.pk}/")
    sign_in()

    client.post("/sign-out/")

    assert Slot.objects.get().held_by is None


def test_what_is_checked_before_the_day_is_said_on_every_later_page(through, jane, make_slot):
    slot = make_slot(day=20)
    check = change(through, jane, other_implant="yes")
    assert "What your answers mean" in words(check)
    through.post("/hold/", {"slot": slot.pk})

    before = words(through.get("/check/"))
    through.post("/confirm/", {"slot": slot.pk})
    after = words(through.get("/appointment/"))

    assert "A person looks at the answers before the day of the scan" in before
    assert "A person looks at the answers before the day of the scan, by" in after
    assert "Before the day a person looks at what you have" in after


def test_a_booked_patient_whose_later_answer_stops_is_told_who_phones(through, jane, make_slot):
    book(through, make_slot(day=20))

    page = go_on(through, change(through, jane, pacemaker="yes"))

    assert heading(page) == "We need to speak with you before your scan"
    assert "We keep your appointment" in words(page)
    appointment = words(through.get("/appointment/"))
    assert "We need to speak with you before your scan" in appointment
    assert CALL in appointment
    assert Appointment.objects.get().status == "booked"


def test_a_booked_patient_with_open_questions_is_asked_them_and_comes_back(
    through, jane, make_slot
):
    book(through, make_slot(day=20))
    Answer.objects.filter(question="operation").update(expires_at="2026-11-24T09:00Z")
    assert "One question about your scan needs an answer." in words(through.get("/appointment/"))

    page = go_on(through, give(through, first_question(through), "no"))

    assert page.redirect_chain[-1][0] == "/appointment/"


def test_a_weight_leaves_out_places_and_says_so(through, jane, furness, make_slot):
    Scanner.objects.filter(site=furness).update(table_kg=250)
    make_slot()
    change(through, jane, heavy="yes", weight=weight(180))

    for page in ("/choose/", "/choose/furness/"):
        said = words(through.get(page))
        assert "We show you only places with a table that is made for your weight." in said
        assert "Look at the answers, or change one" in said


def test_a_weight_over_every_limit_ends_at_a_person(through, jane, furness):
    Scanner.objects.filter(site=furness).update(table_kg=250)

    page = go_on(through, change(through, jane, heavy="yes", weight=weight(330)))

    assert heading(page) == "We need to speak with you before you book"
    assert "A person will look for one, and phone you" in words(page)
    assert current()["weight"] == "330"


def test_a_time_that_leaves_no_day_to_check_is_refused_by_itself(
    through, jane, make_slot, clock, sign_in
):
    slot = make_slot(day=1)
    change(through, jane, other_implant="yes")
    clock.shift(timedelta(hours=8))  # a person goes home at 5pm
    sign_in()

    page = through.post("/hold/", {"slot": slot.pk})

    assert page.status_code == 409
    assert heading(page) == "Choose a later time"
    assert Slot.objects.get().held_by is None


def test_the_trusts_read_a_booking_again_when_an_answer_changes(through, jane, make_slot):
    book(through, make_slot(day=20))

    def answer_again(value):
        give(through, page_of(through, jane, "pump"), value)
        return AppointmentChange.objects.get(trust_id="RTX").number

    first = answer_again("no")
    assert answer_again("no") == first  # as it was: nothing is new
    assert answer_again("yes") > first
    assert Appointment.objects.get().version == 1  # nothing about the time is new
