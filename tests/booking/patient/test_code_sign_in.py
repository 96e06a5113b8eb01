"""Who may open a referral, and what a stranger learns: nothing."""

import re
from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from booking.models import CodeTries, Slot
from tests.booking.patient.conftest import Browser, text

NOBODYS = "9GWP3KTY"


def same_but_for_the_code(response, code):
    words = text(response).replace(f">{code[-2:]}<", ">..<")
    return re.sub(r'name="(csrfmiddlewaretoken|whose)" value="\w+"', "", words)


def test_a_code_and_its_date_of_birth_open_the_referral(sign_in, client, jane):
    response = sign_in()

    assert response["Location"] == "/referral/"
    assert "an MRI scan of your knee" in text(client.get("/referral/"))


@pytest.mark.parametrize(
    "code", ["7kq49crb", "7KQ4-9CRB", "7kq4 9crb.", "7KO4 9CRB", "７ＫＱ４９ＣＲＢ"]
)
def test_a_code_may_be_typed_in_any_way(client, sign_in, jane, code):
    assert client.post("/code/", {"code": code})["Location"] == "/born/"
    assert client.session["codes"] == ["7KQ49CRB"]
    assert sign_in(code=code).status_code == 302


def test_who_typed_a_letter_that_no_code_has_is_told_which(client, db):
    page = text(client.post("/code/", {"code": "7KI4 9CRB"}))

    assert "never have the letters A, E, I, L or the number 1" in page
    assert "7KI4 9CRB" in page


def test_months_may_be_words(sign_in, jane):
    assert sign_in(born=("12", "March", "1961")).status_code == 302


def test_a_code_that_does_not_exist_and_one_that_is_not_yours_are_answered_alike(sign_in, jane):
    wrong = sign_in(born=("1", "1", "1990"))
    nobodys = sign_in(code=NOBODYS, born=("1", "1", "1990"))

    assert (wrong.status_code, nobodys.status_code) == (400, 400)
    assert same_but_for_the_code(wrong, "7KQ49CRB") == same_but_for_the_code(nobodys, NOBODYS)


def test_and_cost_the_same_work(sign_in, jane):
    def statements(code):
        with CaptureQueriesContext(connection) as asked:
            sign_in(code=code, born=("1", "1", "1990"), browser=Browser())
        return [re.sub(r"'[^']*'|\d+", "?", query["sql"]) for query in asked.captured_queries]

    sign_in(code="3XRD7JQF", born=("1", "1", "1990"))  # of whoever comes from this address first
    assert statements("7KQ49CRB") == statements(NOBODYS)
    assert statements("7KQ49CRB") == statements(NOBODYS)


@pytest.mark.parametrize("code", ["7KQ49CRB", NOBODYS])
def test_five_wrong_tries_lock_a_code_for_an_hour_whether_it_exists(sign_in, jane, clock, code):
    for _ in range(5):
        assert sign_in(code=code, born=("1", "1", "1990")).status_code == 400

    locked = sign_in(code=code)
    assert locked.status_code == 429
    assert "01632 960 100" in text(locked)
    clock.shift(timedelta(minutes=61))
    assert sign_in(code=code).status_code == (302 if code == "7KQ49CRB" else 400)


def test_a_right_answer_forgets_the_wrong_ones(sign_in, jane):
    for _ in range(4):
        sign_in(born=("1", "1", "1990"))
    sign_in()
    for _ in range(4):
        assert sign_in(born=("1", "1", "1990")).status_code == 400
    assert sign_in().status_code == 302


@pytest.mark.parametrize(
    ("born", "says"),
    [
        (("", "", ""), "Enter your date of birth"),
        (("12", "", "1961"), "must include a month"),
        (("31", "2", "1961"), "must be a real date"),
        (("12", "3", "196"), "must have 4 numbers"),
        (("12", "13", "1961"), "the month is a number from 1 to 12"),
        (("12", "3", "1066"), "must be in 1900 or later"),
        (("31", "12", "9999"), "must be in the past"),
        (("12", "3", "2099"), "must be in the past"),
        (("١", "٣", "1961"), "must be a real date"),
        (("9" * 500, "3", "1961"), "must be a real date"),
        (("-1", "3", "1961"), "must be a real date"),
    ],
)
def test_a_date_that_cannot_be_is_explained_and_is_no_wrong_try(sign_in, jane, born, says):
    response = sign_in(born=born)

    assert response.status_code == 400
    assert says in text(response)
    assert "<title" in text(response)
    assert "Error: " in text(response)
    assert not CodeTries.objects.exists()


@pytest.mark.parametrize("born", [("12", "3", "61"), ("12", "March", "1961"), ("12", "mar", "61")])
def test_a_date_of_birth_may_be_written_as_people_do(sign_in, jane, born):
    assert sign_in(born=born)["Location"] == "/referral/"


@pytest.mark.parametrize("code", ["", "short", "7KQ49CRB9", "ABCDEFGH", "😀😀", "x" * 10_000])
def test_a_code_of_another_shape_is_explained(client, db, code):
    response = client.post("/code/", {"code": code})

    assert response.status_code == 400
    assert "booking code" in text(response)


def test_signing_in_forgets_who_was_there_before(sign_in, client, jane, make_referral, furness):
    make_referral(code="3XRD7JQF", given_name="Tom")
    sign_in()
    client.post("/where/", {"postcode": "LA14 4LF"})

    sign_in(code="3XRD7JQF")

    assert "Tom" in text(client.get("/referral/"))
    assert client.get("/choose/")["Location"] == "/where/"


@pytest.mark.parametrize(
    "address",
    ["/referral/", "/where/", "/choose/", "/choose/furness/", "/check/", "/appointment/",
     "/appointment/calendar.ics", "/appointment/cancel/"],
)  # fmt: skip
def test_nothing_opens_without_signing_in(client, db, address):
    assert client.get(address)["Location"] == "/signed-out/"


def test_signing_out_frees_a_time_that_was_only_held(patient, make_slot):
    slot = make_slot()
    patient.post("/hold/", {"slot": slot.pk})

    patient.post("/sign-out/")

    assert Slot.objects.get().held_by is None
    assert patient.get("/check/")["Location"] == "/signed-out/"


def test_a_form_without_its_token_is_refused_with_a_way_on(jane):
    browser = Client(enforce_csrf_checks=True)

    response = browser.post("/born/", {"born[day]": "12"})

    assert response.status_code == 403
    assert "nothing has changed" in text(response)
