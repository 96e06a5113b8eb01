"""The questions before a scan, as a patient meets them: one a page, kept, checked, acted on."""

import re
from datetime import date, timedelta

import pytest

from booking.appointments import booking, holds
from booking.exams.questions import file
from booking.models import Answer, Appointment, Exam, Slot, WorklistRow
from sites.models import Scanner
from tests.booking.patient.conftest import Browser, text
from tests.booking.patient.question_walk import (
    address,
    answer_all,
    carried,
    first_question,
    give,
    go_on,
    heading,
    is_question,
    weight,
    words,
)

PACEMAKER = "Do you have a pacemaker or a defibrillator?"
METAL = "ever had metal in your eye"


@pytest.fixture
def jane(make_referral):
    """Jane, of whom nothing was asked yet."""
    return make_referral(is_answered=False)


@pytest.fixture
def asked(client, jane, furness, sign_in):
    """Jane, signed in."""
    sign_in()
    return client


def current():
    return dict(Answer.objects.filter(is_current=True).values_list("question", "value"))


def test_one_question_a_page_then_their_check_then_the_places(asked, jane):
    page = first_question(asked)
    assert heading(page) == PACEMAKER
    assert "Question 1 of 16 or more" in words(page)
    assert "I don’t know" in words(page)
    assert "Why we ask" in words(page)

    check = answer_all(asked)

    assert heading(check) == "Check your answers"
    assert len(current()) == 16
    assert {one.who for one in Answer.objects.all()} == {"patient"}
    assert text(check).count(">Change<") == 16
    assert go_on(asked, check).redirect_chain[-1][0] == "/where/"


def test_what_was_answered_is_not_asked_again(asked, sign_in):
    go_on(asked, answer_all(asked))
    sign_in()

    assert asked.get("/questions/", follow=True).redirect_chain[-1][0] == "/where/"
    assert "Look at the answers" in words(asked.get("/referral/"))


def test_nobody_sees_places_before_they_have_answered(asked, make_slot):
    slot = make_slot()
    asked.session["origins"] = {}

    for page in ("/where/", "/choose/", "/map/", "/choose/furness/", "/check/"):
        assert asked.get(page)["Location"] == "/questions/", page
    assert asked.post("/hold/", {"slot": slot.pk})["Location"] == "/questions/"
    assert Slot.objects.get().held_by is None


def test_the_number_of_a_question_never_lies(asked):
    """The total only grows where it said that it may, and the last page says so."""
    page, seen = first_question(asked), []
    while is_question(page):
        found = re.search(r"Question (\d+) of (\d+)( or more)?", words(page))
        seen.append((int(found[1]), int(found[2]), bool(found[3])))
        yes = METAL in heading(page) or "check that all" in heading(page)
        page = give(asked, page, "yes" if yes else "no")

    assert [number for number, _, _ in seen] == list(range(1, 18))
    for (_, before, may_grow), (_, after, _) in zip(seen, seen[1:], strict=False):
        assert after == before or (may_grow and after > before)
    assert seen[-1][1] == 17
    assert seen[0][1:] == (16, True)


def test_back_leads_to_the_question_before_with_its_answer(asked):
    first = first_question(asked)
    second = give(asked, first, "no")

    back = re.search(r'nhsuk-back-link.*?href="([^"]+)"', text(second), re.S)[1]
    again = asked.get(back)

    assert heading(again) == PACEMAKER
    assert 'value="no" checked' in text(again)
    assert give(asked, again, "yes").status_code == 200
    assert current() == {"pacemaker": "yes"}
    assert Answer.objects.count() == 2, "the earlier one is kept"


def test_without_an_answer_the_question_is_asked_again(asked):
    page = give(asked, first_question(asked), "")

    assert page.status_code == 400
    assert text(page).count("choose “I don’t know”") == 2
    assert current() == {}


def test_an_expired_answer_is_asked_alone(asked, clock, sign_in):
    go_on(asked, answer_all(asked))
    clock.shift(timedelta(days=29))
    sign_in()

    page = first_question(asked)
    assert heading(page) == "Have you had an operation in the last 6 weeks?"
    assert "Question 1 of 1" in words(page)
    assert heading(give(asked, page, "no")) == "Check your answers"


def test_a_changed_answer_brings_the_question_that_follows_on_it(asked):
    check = answer_all(asked)
    change = re.search(r'href="(/questions/\w+/)"[^<]*>Change<[^>]*> the answer to: Have you ever',
                       text(check))[1]  # fmt: skip

    page = asked.get(change)
    assert "Change an answer" in words(page)
    follow_up = give(asked, page, "yes")

    assert heading(follow_up) == "Did a doctor check that all of the metal is out of your eye?"
    assert "Question 7 of 17" in words(follow_up)
    assert heading(give(asked, follow_up, "yes")) == "Check your answers"


def test_an_answer_that_stops_ends_at_a_person(asked, jane):
    page = go_on(asked, answer_all(asked, {"pacemaker": "yes"}))

    assert page.redirect_chain[-1][0] == "/questions/next/"
    assert heading(page) == "We need to speak with you before you book"
    said = words(page)
    assert "will phone you by 10am on Wednesday 25 November, on the number ending 461" in said
    assert "If you miss the call, we try again" in said
    assert "01632 960 100" in said
    assert "safe" not in said
    row = WorklistRow.objects.get()
    assert (row.kind, row.referral) == ("needs_person", jane)
    for way_on in ("/questions/check/", "/places"):
        assert f'href="{way_on}"' in text(page)
        assert asked.get(way_on).status_code == 200
    assert asked.get("/choose/")["Location"] == "/questions/next/"


def test_an_answer_that_is_put_right_opens_the_places_again(asked):
    check = answer_all(asked, {"pacemaker": "yes"})
    change = re.search(r'href="(/questions/\w+/)"[^<]*>Change<[^>]*> the answer to: Do you have a p',
                       text(check))[1]  # fmt: skip

    check = give(asked, asked.get(change), "no")

    assert go_on(asked, check).redirect_chain[-1][0] == "/where/"


def test_i_dont_know_everywhere_ends_at_a_person_with_every_answer_kept(asked):
    page = go_on(asked, answer_all(asked, otherwise="dont_know"))

    assert heading(page) == "We need to speak with you before you book"
    assert set(current().values()) == {"dont_know"}


def test_a_time_that_was_come_for_is_kept_while_answering_and_found_again(
    client, jane, make_slot, sign_in, clock
):
    slot = make_slot()
    client.post(f"/slot/{slot.pk}/")
    page = sign_in()
    assert page["Location"] == "/questions/"
    assert Slot.objects.get().held_by == jane

    clock.shift(timedelta(minutes=10))
    page = first_question(client)
    assert "We are keeping 2pm on Wednesday 2 December 2026 at Furness for you until 10:25am" in (
        words(page)
    )
    end = go_on(client, answer_all(client))

    assert end.redirect_chain[-1][0] == "/check/"
    assert heading(end) == "Check before you book"
    client.post("/confirm/", {"slot": slot.pk})
    assert Appointment.objects.get().slot == slot


def test_a_time_that_went_meanwhile_is_said(client, jane, tom, make_slot, sign_in, clock):
    slot, _near = make_slot(), make_slot(hour=15)
    client.post(f"/slot/{slot.pk}/")
    sign_in()
    check = answer_all(client)
    clock.shift(timedelta(minutes=61))
    holds.hold(tom, slot.pk, now=slot.start - timedelta(days=7))

    page = go_on(client, check)

    assert "This time has just been taken" in words(page)


def test_a_time_waits_for_the_call_and_sign_out_does_not_let_it_go(
    client, jane, make_slot, sign_in, clock
):
    slot = make_slot()
    client.post(f"/slot/{slot.pk}/")
    sign_in()

    page = go_on(client, answer_all(client, {"pacemaker": "yes"}))

    assert "We keep this time for you until 10am on Wednesday 25 November" in words(page)
    assert "Wednesday 2 December 2026" in words(page)
    client.post("/sign-out/")
    clock.shift(timedelta(hours=20))
    assert Slot.objects.get().held_by == jane
    assert Slot.objects.get().free_at == WorklistRow.objects.get().due_at


def test_a_time_is_let_go_at_sign_out_when_nobody_must_phone(client, jane, make_slot, sign_in):
    slot = make_slot()
    client.post(f"/slot/{slot.pk}/")
    sign_in()
    answer_all(client)

    client.post("/sign-out/")

    assert Slot.objects.get().held_by is None


def test_what_is_checked_before_the_day_is_said_on_every_later_page(asked, make_slot):
    slot = make_slot(day=20)
    check = answer_all(asked, {"anything else in your body": "yes"})
    assert "What your answers mean" in words(check)
    go_on(asked, check)
    asked.post("/where/", {"postcode": "LA14 4LF"})
    asked.post("/hold/", {"slot": slot.pk})

    before = words(asked.get("/check/"))
    asked.post("/confirm/", {"slot": slot.pk})
    after = words(asked.get("/appointment/"))

    assert "A person looks at the answers before the day of the scan" in before
    assert "A person looks at the answers before the day of the scan, by" in after
    assert "Before the day a person looks at what you have" in after


def test_a_booked_patient_whose_later_answer_stops_is_told_who_phones(asked, make_slot):
    slot = make_slot(day=20)
    go_on(asked, answer_all(asked))
    asked.post("/where/", {"postcode": "LA14 4LF"})
    asked.post("/hold/", {"slot": slot.pk})
    asked.post("/confirm/", {"slot": slot.pk})
    change = re.search(r'href="(/questions/\w+/)"', text(asked.get("/questions/check/")))[1]

    page = go_on(asked, give(asked, asked.get(change), "yes"))

    assert heading(page) == "We need to speak with you before your scan"
    assert "We keep your appointment" in words(page)
    appointment = words(asked.get("/appointment/"))
    assert "We need to speak with you before your scan" in appointment
    assert "will phone you by 10am on Wednesday 25 November" in appointment
    assert Appointment.objects.get().status == "booked"


def test_a_weight_leaves_out_places_and_says_so(asked, furness, lancaster, make_slot):
    Scanner.objects.filter(site=furness).update(table_kg=250)
    Scanner.objects.filter(site=lancaster).update(table_kg=130)
    make_slot()
    make_slot(site=lancaster)
    go_on(asked, answer_all(asked, {"weigh more": "yes", "How much": weight(180)}))
    asked.post("/where/", {"postcode": "LA14 4LF"})

    page = words(asked.get("/choose/"))

    assert "We show you only places with a table that is made for your weight." in page
    assert "Look at the answers, or change one" in page
    assert "1 place has appointments" in page


def test_a_weight_over_every_limit_ends_at_a_person(asked, furness):
    Scanner.objects.filter(site=furness).update(table_kg=250)

    page = go_on(asked, answer_all(asked, {"weigh more": "yes", "How much": weight(330)}))

    assert heading(page) == "We need to speak with you before you book"
    assert "A person will look for one, and phone you" in words(page)
    assert current()["weight"] == "330"


def test_a_time_that_leaves_no_day_to_check_is_refused_by_itself(
    asked, make_slot, clock, sign_in
):
    slot, _later = make_slot(day=1), make_slot(day=20)
    clock.shift(timedelta(hours=8))  # a person goes home at 5pm
    sign_in()
    go_on(asked, answer_all(asked, {"anything else in your body": "yes"}))
    asked.post("/where/", {"postcode": "LA14 4LF"})

    page = asked.post("/hold/", {"slot": slot.pk})

    assert page.status_code == 409
    assert heading(page) == "Choose a later time"
    assert asked.get("/choose/").status_code == 200
