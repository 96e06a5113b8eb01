"""Nothing that names a patient or opens their booking leaves in an address, key, task or log."""

import logging
from datetime import timedelta

import pytest
from celery.signals import before_task_publish
from django.core.cache import cache

from booking.models import Appointment, Offer
from booking.offers.making import Terms, make
from booking.patient import needs_views, urls
from sites.models import Postcode
from tests.booking.pages.test_subject import EXEMPT, PATIENTS
from tests.booking.patient.conftest import text
from tests.booking.patient.question_walk import carried, change, go_on
from tests.booking.watching import Keys, Watching, found_in

CODE, NAME, FAMILY, CARER = "7KQ49CRB", "Zebedee", "Quillfeather", "Wilhelmina"
BORN = {"born[day]": "12", "born[month]": "3", "born[year]": "1961"}
PERSONAL = [
    CODE, "7KQ4 9CRB", NAME, FAMILY, CARER, "07700 900461", "+44 7700 900461", "9990000018",
    "LA6 2JQ", "1961-03-12", "12/3/1961", "12 March 1961", "hoist", "interpreter",
]  # fmt: skip
NOT_WALKED = {
    ("stop-answer", "POST"): "of a mobile scanner: tests/booking/patient/test_stop_page.py",
}


@pytest.fixture
def zebedee(make_referral):
    Postcode.objects.create(code="LA6 2JQ", outward="LA6", sector="LA6 2", lat=54.2, lon=-2.6)
    return make_referral(
        code=CODE, given_name=NAME, family_name=FAMILY, nhs_number="9990000018",
        postcode="LA6 2JQ",
    )  # fmt: skip


@pytest.fixture
def kept(monkeypatch):
    kept = Keys(monkeypatch)
    yield kept
    kept.stop()


@pytest.fixture
def walker(caplog):
    caplog.set_level(logging.DEBUG)
    return Watching()


def sign_in(walker):
    """Wrongly at first, then rightly, by the code that somebody typed."""
    walker.get("/"), walker.get("/code/")
    walker.post("/code/", {"code": "x"})
    walker.post("/code/", {"code": "7kq4 9crb"})
    form = whose_of(walker.get("/born/"))
    walker.post("/born/", {**form, **BORN, "born[year]": "1962"})
    return walker.post("/born/", {**form, **BORN})


def whose_of(page):
    return {"whose": text(page).split('name="whose" value="')[1].split('"')[0]}


def to_places(walker, referral):
    walker.get("/referral/"), walker.get("/needs/?back=referral")
    walker.post("/needs/", {"needs": ["interpreter"], "shown": ""})
    walker.get("/questions/who/"), walker.post("/questions/who/", {"who": "carer"})
    walker.get("/questions/carer/")
    walker.post("/questions/carer/", {"carer_name": CARER, "relation": "Parent or guardian"})
    change(walker, referral, pacemaker="no")
    walker.get("/questions/"), walker.get("/questions/next/")
    go_on(walker, walker.get("/questions/check/"))
    walker.get("/where/"), walker.post("/where/", {"postcode": "LA6 2JQ"})
    walker.get("/travel/"), walker.post("/travel/", {"way": "car"})
    walker.get("/choose/?kind=hospital"), walker.get("/map/")
    walker.post("/choose/", {"need": ["hoist"], "kind": "hospital"})
    walker.get("/choose/"), walker.get("/choose/furness/")


def book(walker, slot):
    walker.get(f"/slot/{slot.pk}/"), walker.post(f"/slot/{slot.pk}/", {})
    walker.get("/hold/"), walker.post("/hold/", {"slot": slot.pk})
    page = walker.get("/check/")
    walker.get("/confirm/"), walker.post("/confirm/", {"slot": slot.pk, **carried(page)})
    walker.post("/confirm/", {"slot": slot.pk, **carried(page)})
    walker.get("/appointment/"), walker.get("/appointment/calendar.ics")


def wish_sooner(walker):
    walker.get("/sooner/")
    answers = {"notice": "2", "where": "any", "days": ["0"], "parts": ["morning"], "sites": []}
    for question, answer in answers.items():
        walker.get(f"/sooner/{question}/")
        walker.post(f"/sooner/{question}/", {question: answer})
    page = walker.get("/sooner/check/")
    shown = text(page).partition('name="shown" value="')[2].partition('"')[0]
    walker.get("/sooner/save/"), walker.post("/sooner/save/", {"shown": shown})
    walker.get("/sooner/again/"), walker.post("/sooner/again/")
    walker.get("/sooner/stop/"), walker.post("/sooner/stop/")


def leave(walker, clock):
    walker.get("/appointment/cancel/"), walker.post("/appointment/cancel/", {"reason": "unwell"})
    walker.get("/appointment/place/")
    clock.shift(timedelta(minutes=31))
    walker.get("/referral/"), walker.get("/signed-out/")
    walker.get(f"/a/{CODE}")
    walker.post("/born/", {**whose_of(walker.get("/born/")), **BORN})
    walker.get("/sign-out/"), walker.post("/sign-out/"), walker.get("/signed-out/")
    walker.post(f"/a/{CODE}", BORN)
    for page in ("/accessibility/", "/privacy/", "/cookies/", "/nowhere/"):
        walker.get(page)


def walk(walker, referral, make_slot, clock, now):
    slots = [make_slot(day=day) for day in (8, 9, 10)]
    sign_in(walker)
    to_places(walker, referral)
    book(walker, slots[0])
    wish_sooner(walker)
    terms = Terms(Offer.Why.SOONER, now + timedelta(hours=4))
    offer = make(referral, slots[1].pk, terms, now=now, actor="clock")
    walker.get("/offer/"), walker.post("/offer/", {"answer": "no", "offer": str(offer.pk)})
    leave(walker, clock)


def test_no_journey_of_a_patient_names_them_in_an_address_key_task_or_log(
    walker, kept, zebedee, furness, make_slot, clock, now, caplog,
    django_capture_on_commit_callbacks,
):  # fmt: skip
    with django_capture_on_commit_callbacks(execute=True):
        walk(walker, zebedee, make_slot, clock, now)

    assert Appointment.objects.exists()
    doors = {(one.name, method) for one in urls.urlpatterns for method in methods_of(one)}
    assert doors - walker.doors == set(NOT_WALKED), "each door of a patient was walked through"
    links = [one for one in walker.addresses if one.startswith("/a/")]
    assert links == [f"/a/{CODE}?"] * 2, "the link itself, as its text has it"
    said = [one for one in walker.addresses if one not in links]
    assert found_in(said, PERSONAL) == []
    assert kept.tasks, "the confirmation woke a worker"
    assert found_in(kept.tasks, PERSONAL) == []
    assert found_in(kept.keys, PERSONAL) == []
    assert "Bad Request: /born/" in caplog.text
    assert found_in(caplog.text.splitlines(), PERSONAL) == []


def methods_of(pattern):
    """Return GET, and POST of a door that takes forms (tests/booking/pages/test_subject.py)."""
    return ("GET", "POST") if pattern.name in PATIENTS | set(EXEMPT) else ("GET",)


def test_a_fault_of_ours_writes_no_form_of_theirs(walker, zebedee, furness, clock, caplog,
                                                  monkeypatch):  # fmt: skip
    def fail(*args, **kwargs):
        raise RuntimeError

    sign_in(walker)
    walker.raise_request_exception = False
    monkeypatch.setattr(needs_views, "change_needs", fail)
    answer = walker.post("/needs/", {"needs": "hoist", "shown": "", "note": f"{NAME} {FAMILY}"})

    assert answer.status_code == 500
    assert "Traceback" in caplog.text
    assert found_in([caplog.text], PERSONAL) == []


def test_the_watch_is_not_blind(walker, kept, zebedee, clock, caplog):
    cache.set("07700900461", 1)
    before_task_publish.send(sender="x", body=([NAME],), headers={})
    logging.getLogger("booking").info("said %s", "7kq4-9crb")
    walker.get("/choose/", {"name": "Quill feather"})

    assert found_in(kept.keys, PERSONAL)
    assert found_in(kept.tasks, [NAME])
    assert found_in(caplog.text.splitlines(), [CODE])
    assert found_in(walker.addresses, [FAMILY])
