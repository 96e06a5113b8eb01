"""The patient's pages: one question each, read once more, and nothing by an older page."""

import re
from html import unescape

import pytest
from django.core import signing

from booking.appointments import booking
from booking.identifiers.actors import PATIENT
from booking.models import Exam, SoonerWish
from booking.offers.sooner import wishes
from booking.offers.sooner.wishes import Wanted
from tests.booking.patient.conftest import text

pytestmark = pytest.mark.django_db


@pytest.fixture
def page(client, jane, book, sign_in, furness):
    """Jane, booked, signed in, travelling from Barrow."""
    book(jane)
    sign_in()
    client.post("/where/", {"postcode": "LA14 4LF"})
    return client


def answer_all(page, **other):
    answers = {"notice": "2", "where": "30", "days": ["0", "2"], "parts": ["morning"], **other}
    for name, answer in answers.items():
        assert page.post(f"/sooner/{name}/", {name: answer}).status_code == 302
    return page.get("/sooner/check/")


def shown_in(checked):
    return re.search(r'name="shown" value="([^"]+)"', text(checked))[1]


def test_the_questions_come_one_after_another_and_count_only_once_they_are_read(page, jane):
    assert "Ask for something sooner" in text(page.get("/appointment/"))
    assert "Would you come sooner?" in text(page.get("/sooner/"))
    steps = [("notice", "2", "where"), ("where", "30", "days"), ("days", [], "parts")]
    for name, answer, after in steps:
        assert page.post(f"/sooner/{name}/", {name: answer}).url == f"/sooner/{after}/"
    assert page.get("/sooner/check/").url == "/sooner/parts/"
    assert page.post("/sooner/parts/", {"parts": ["evening"]}).url == "/sooner/check/"
    assert not SoonerWish.objects.exists()
    checked = page.get("/sooner/check/")
    for words in ("I need 2 days", "Up to 30 minutes away", "Any day", "Evening, from 5pm"):
        assert words in text(checked)
    assert page.post("/sooner/save/", {"shown": shown_in(checked)}).url == "/sooner/"
    wish = SoonerWish.objects.get(referral=jane)
    assert (wish.state, wish.notice_days, wish.within_minutes, wish.weekdays, wish.dayparts,
            wish.door) == ("on", 2, 30, [], ["evening"], "page")  # fmt: skip
    assert "You are on the list" in text(page.get("/sooner/"))
    assert "You are on the list for something sooner" in text(page.get("/appointment/"))


def test_the_saved_is_what_the_page_showed_whatever_another_tab_answered(page, jane):
    checked = answer_all(page)
    page.post("/sooner/notice/", {"notice": "7"})
    page.post("/sooner/save/", {"shown": shown_in(checked)})
    assert SoonerWish.objects.get().notice_days == 2


def test_pressing_twice_saves_once_and_an_older_page_is_refused(page, jane, now):
    checked = answer_all(page)
    for _ in range(2):
        assert page.post("/sooner/save/", {"shown": shown_in(checked)}).status_code == 302
    assert SoonerWish.objects.get().version == 1
    wishes.put_on(jane, Wanted(7), door="staff", now=now, actor=PATIENT)
    assert page.post("/sooner/save/", {"shown": shown_in(checked)}).status_code == 409
    assert SoonerWish.objects.get().notice_days == 7


def test_what_we_did_not_sign_or_what_is_of_somebody_else_saves_nothing(page, jane, tom):
    of_tom = signing.dumps([tom.pk, {"answers": {}, "wish": 0}], salt="booking.patient.sooner")
    for shown in ("", "rubbish", of_tom):
        assert page.post("/sooner/save/", {"shown": shown}).status_code == 409
    assert not SoonerWish.objects.exists()


def test_places_are_chosen_the_nearest_first(page, jane, furness, lancaster):
    assert page.post("/sooner/where/", {"where": "choose"}).url == "/sooner/notice/"
    page.post("/sooner/notice/", {"notice": "1"})
    assert page.get("/sooner/check/").url == "/sooner/sites/"
    listed = re.findall(
        r">\s*(Furness|Lancaster), (\d+) minutes? away", text(page.get("/sooner/sites/"))
    )
    assert [name for name, _ in listed] == ["Furness", "Lancaster"]
    assert page.post("/sooner/sites/", {}).status_code == 400
    page.post("/sooner/sites/", {"sites": [str(lancaster.pk)]})
    checked = answer_all(page, where="choose", sites=[str(lancaster.pk)])
    assert "Lancaster" in text(checked)
    page.post("/sooner/save/", {"shown": shown_in(checked)})
    assert SoonerWish.objects.get().sites == [lancaster.pk]


def test_change_stop_and_come_back(page, jane):
    page.post("/sooner/save/", {"shown": shown_in(answer_all(page))})
    assert page.post("/sooner/days/", {"days": ["6"]}).url == "/sooner/check/"  # the rest is known
    page.post("/sooner/save/", {"shown": shown_in(page.get("/sooner/check/"))})
    assert SoonerWish.objects.get().weekdays == [6]
    assert "Take you off the list?" in text(page.get("/sooner/stop/"))
    page.post("/sooner/stop/")
    assert SoonerWish.objects.get().state == "off"
    assert page.get("/sooner/stop/").url == "/sooner/"
    assert "Ask me again as before" in text(page.get("/sooner/"))
    page.post("/sooner/again/")
    assert SoonerWish.objects.get().state == "on"


def test_whoever_was_paused_is_told_so_and_asked_again(page, jane, wish):
    wish(jane)
    SoonerWish.objects.update(state="paused", unanswered=3)
    assert "We have stopped asking you" in text(page.get("/sooner/"))
    page.post("/sooner/again/")
    assert SoonerWish.objects.get().unanswered == 0


def test_who_may_not_is_told_why_and_led_there_from_every_address(page, jane, now):
    Exam.objects.update(notice_days=2)
    assert "cannot bring this scan forward" in text(page.get("/sooner/"))
    assert "something sooner" not in text(page.get("/appointment/"))
    for address in ("notice", "check", "parts"):
        assert page.get(f"/sooner/{address}/").url == "/sooner/"
    Exam.objects.update(notice_days=0)
    live = booking.live_appointment(jane)
    booking.cancel(live, live.version, now=now, actor=PATIENT)
    assert "no time booked" in unescape(text(page.get("/sooner/")))
    assert page.post("/sooner/notice/", {"notice": "1"}).url == "/sooner/"


def test_every_address_answers_a_get(page):
    for address in ("save", "again"):
        assert page.get(f"/sooner/{address}/").status_code == 303
    assert page.get("/sooner/nonsense/").status_code == 404


def test_nobody_is_signed_in(client, db):
    for address in ("", "notice/", "check/", "stop/"):
        assert client.get(f"/sooner/{address}").url == "/signed-out/"
