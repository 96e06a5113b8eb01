"""What a question's form may do: answer what its page asked, and nothing else. Who answers."""

import re
from dataclasses import replace
from datetime import date, timedelta

import pytest

from booking.exams.questions import file
from booking.exams.questions.wording import told_to
from booking.models import Answer
from booking.pages.subject import subject_now, subject_token
from booking.patient.answering import Seen, address_of, token_of
from tests.answers import answered
from tests.booking.patient.conftest import text
from tests.booking.patient.question_walk import (
    carried,
    change,
    first_question,
    give,
    heading,
    page_of,
    words,
)
from tests.booking.signing_in import prove


@pytest.fixture
def jane(make_referral):
    """Jane, who has answered nothing yet."""
    return make_referral(is_answered=False)


@pytest.fixture
def asked(client, jane, sign_in):
    """Jane, signed in."""
    sign_in()
    return client


def current():
    """Jane's answers that count, by question."""
    answers = Answer.objects.filter(referral__code="7KQ49CRB", is_current=True)
    return dict(answers.values_list("question", "value"))


def press(browser, page, value, **more):
    """Press Continue, and stay on the page that answers."""
    return browser.post(page.request["PATH_INFO"], {**carried(page), "answer": value, **more})


def test_an_address_says_nothing_of_the_question_and_opens_no_other_patients(jane, tom):
    pacemaker = file.current().by_id["pacemaker"]

    assert re.fullmatch(r"[0-9a-f]{12}", address_of(jane, pacemaker))
    assert address_of(jane, pacemaker) != address_of(tom, pacemaker)


def test_a_button_pressed_twice_answers_once(asked, jane):
    page = page_of(asked, jane, "pacemaker")

    assert [press(asked, page, "no").status_code for _ in range(2)] == [302, 302]
    assert Answer.objects.count() == 1


def test_an_answer_that_another_tab_changed_is_asked_again(asked, jane):
    old = page_of(asked, jane, "pacemaker")
    press(asked, page_of(asked, jane, "pacemaker"), "yes")

    again = press(asked, old, "no")

    assert again.status_code == 409
    assert "This question was answered after you opened the page: Yes. That answer is kept." in (
        words(again)
    )
    assert current() == {"pacemaker": "yes"}
    assert press(asked, again, "no").status_code == 302, "who says it again means it"
    assert current() == {"pacemaker": "no"}


def test_a_page_of_an_older_file_is_read_again(asked, jane, monkeypatch):
    page = page_of(asked, jane, "pacemaker")
    newer = replace(file.current(), version=file.current().version + 1)
    monkeypatch.setattr(file, "current", lambda: newer)

    again = press(asked, page, "no")

    assert again.status_code == 409
    assert "We changed the questions after you opened the page" in words(again)
    assert 'value="no" checked' in text(again)
    assert current() == {}
    assert press(asked, again, "no").status_code == 302


def test_a_form_for_another_request_or_question_writes_nothing(asked, jane, tom):
    page = page_of(asked, jane, "pacemaker")
    version = file.current().version
    toms = subject_token(subject_now(tom))
    other = press(asked, page, "no", about=toms)
    assert other.status_code == 409
    assert heading(other) == "This page is about somebody else’s scan, or another of yours"
    for seen in (
        token_of(Seen(tom.pk, "pacemaker", version, 0)),
        token_of(Seen(jane.pk, "hearing", version, 0)),
        "", "x", token_of(Seen(jane.pk, "pacemaker", version, 0))[:-1],
    ):  # fmt: skip
        again = press(asked, page, "no", asked=seen)
        assert again.status_code == 409, seen
        assert heading(again) == "Do you have a pacemaker or a defibrillator?"
    assert current() == {}


def test_another_patient_who_signed_in_meanwhile_is_not_answered_for(asked, jane, tom, sign_in):
    page = page_of(asked, jane, "pacemaker")
    sign_in("3XRD7JQF")

    assert press(asked, page, "yes").status_code == 409
    assert current() == {}


def test_a_question_that_is_not_asked_any_more_is_said(asked, jane):
    answered(jane)
    change(asked, jane, metal_eye="yes")
    page = page_of(asked, jane, "metal_eye_cleared")
    change(asked, jane, metal_eye="no")

    late = press(asked, page, "no")

    assert (late.status_code, heading(late)) == (409, "This question is not asked now")
    assert "metal_eye_cleared" not in current()
    assert asked.get("/questions/0123456789ab/").status_code == 404
    assert 'href="/questions/"' in text(late)


def test_an_answer_that_is_none_is_asked_again(asked, jane):
    page = page_of(asked, jane, "pacemaker")

    assert press(asked, page, "maybe").status_code == 400
    assert current() == {}


def test_what_became_of_the_appointment_meanwhile_does_not_lose_an_answer(
    asked, jane, booked, make_slot
):
    answered(jane)
    page = page_of(asked, jane, "hearing")
    booked(jane)

    assert press(asked, page, "yes").status_code == 302
    assert current()["hearing"] == "yes"


def answer_for(browser, name="Ann Fell", relation="Son or daughter"):
    page = browser.get("/questions/who/")
    browser.post("/questions/who/", {**carried(page), "who": "carer"})
    page = browser.get("/questions/carer/")
    said = {**carried(page), "carer_name": name, "relation": relation}
    return browser.post("/questions/carer/", said, follow=True)


def test_who_answers_for_somebody_is_kept_and_the_pages_speak_of_the_patient(asked, jane):
    page = answer_for(asked)

    assert heading(page) == "Does Jane have a pacemaker or a defibrillator?"
    assert "You are answering for Jane." in words(page)
    assert "Jane" not in re.search(r"<title>(.*?)</title>", text(page), re.S)[1]
    give(asked, page, "no")
    kept = Answer.objects.get()
    assert (kept.who, kept.carer_name, kept.carer_relation) == (
        "carer", "Ann Fell", "Son or daughter",
    )  # fmt: skip
    answered_page = asked.get("/questions/who/")
    asked.post("/questions/who/", {**carried(answered_page), "who": "patient"})
    assert heading(first_question(asked)).startswith("Do you have a nerve")


def test_who_answers_must_say_their_name_and_who_they_are(asked):
    page = answer_for(asked, name=" ", relation="King")

    assert page.status_code == 400
    assert "Enter your name" in words(page)
    assert "Choose who you are to Jane" in words(page)


def test_of_a_child_it_is_asked_first_who_answers(client, make_referral, sign_in):
    maria = make_referral(
        given_name="Maria", born=date(2016, 5, 4), modality="US", is_answered=False
    )
    sign_in(born=("4", "5", "2016"))

    page = first_question(client)
    assert heading(page) == "Who is answering the questions?"
    assert "Maria is under 16, so an adult should answer" in words(page)
    assert page_of(client, maria, "hearing")["Location"] == "/questions/who/"
    page = answer_for(client, relation="Parent or guardian")

    assert heading(page) == "Will an adult come with Maria to the scan?"
    give(client, page, "yes")
    assert Answer.objects.get(referral=maria).carer_relation == "Parent or guardian"


def test_every_question_and_what_follows_reads_right_in_both_forms():
    """Where somebody else answers, "you" is left only where it means whoever reads."""
    reader = re.compile(r"\b(phones?|show|tell|(?<!how to )talk with|it with) you\b")
    for question in file.packaged():
        assert "{name}" not in question.words + question.hint
        for said in (question.words_for("Maria"), question.hint_for("Maria")):
            assert "{name}" not in said
        assert "Maria" in question.words_for("Maria")
        for choice in question.choices:
            about = told_to(choice.patient, "Maria")
            assert not re.search(r"\byour?\b", reader.sub("", about), re.I), about
            assert not re.search(r"\bMaria (have|need|take|are|were|do)\b", about), about
            assert not re.search(r"(^|\. )(Keep|Take|Stop|Bring|Tell|Drink) ", about), about
            assert told_to(choice.patient) == choice.patient


@pytest.mark.parametrize(
    ("words_", "about"),
    [
        ("Your time.", "Maria’s time."),
        ("We need to know what you have, and may phone you.",
         "We need to know what Maria has, and may phone you."),
        ("The staff will know that you need help.", "The staff will know that Maria needs help."),
        ("If you are under 16, an adult must come with you.",
         "If Maria is under 16, an adult must come with them."),
    ],
)  # fmt: skip
def test_you_becomes_the_patient_and_stays_the_reader(words_, about):
    assert told_to(words_, "Maria") == about


@pytest.mark.parametrize(
    ("question", "fields", "again"),
    [
        ("pacemaker", {"answer": "yes"}, 'value="yes" checked'),
        ("weight", {"answer[unit]": "kg", "answer[kg]": "81"}, 'value="81"'),
    ],
)
def test_an_answer_that_came_too_late_is_still_there_and_not_given(
    asked, jane, clock, question, fields, again
):
    change(asked, jane, heavy="yes")  # or nobody's weight is asked
    before = current()
    page = page_of(asked, jane, question)
    address = page.request["PATH_INFO"]
    clock.shift(timedelta(minutes=30))
    asked.post(address, {**carried(page), **fields})
    assert current() == before

    assert prove(asked)["Location"] == address
    assert again in text(asked.get(address))
    assert current() == before
    assert again not in text(asked.get(address)), "once"
