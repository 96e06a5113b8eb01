"""What shows a patient ends after half an hour without use; what they chose waits for them."""

import re
from datetime import timedelta

import pytest

from booking.appointments import holds
from booking.models import Appointment, Patient
from tests.booking.patient.conftest import Browser, text
from tests.booking.signing_in import prove, whose

PERSONAL = ("Jane", "Fell", "knee", "LA14", "7KQ4")
JUST = timedelta(minutes=29, seconds=59)
LONG = timedelta(minutes=30)
WITHOUT_TOKENS = re.compile(r'name="csrfmiddlewaretoken" value="[^"]+"')


@pytest.fixture
def tom(make_referral, patient):
    return make_referral(code="3XRD7JQF", given_name="Tom")


def test_who_comes_back_in_time_goes_on(patient, clock):
    for _ in range(5):
        clock.shift(JUST)
        assert patient.get("/referral/").status_code == 200


def test_how_long_is_a_setting(patient, clock, settings):
    settings.PATIENT_IDLE_MINUTES = 5
    clock.shift(timedelta(minutes=5))

    assert patient.get("/referral/")["Location"] == "/signed-out/"


@pytest.mark.parametrize(
    "page",
    ["/referral/", "/where/", "/choose/", "/choose/?kind=cdc", "/needs/", "/check/", "/offer/",
     "/appointment/", "/appointment/calendar.ics", "/questions/", "/sooner/", "/map/"],
)  # fmt: skip
def test_after_half_an_hour_every_page_leads_to_the_one_that_says_so(patient, clock, page):
    clock.shift(LONG)
    key = patient.cookies["finder"].value

    answer = patient.get(page)
    said = patient.get(answer["Location"])

    assert answer["Location"] == "/signed-out/"
    assert "We signed you out" in text(said)
    assert "30 minutes" in text(said)
    assert "it is not booked" in text(said)
    assert "What you pressed last" not in text(said)
    for personal in PERSONAL:
        assert personal not in text(answer) + text(said)
    assert patient.cookies["finder"].value != key
    assert patient.get(page)["Location"] == "/signed-out/"


def test_the_key_of_before_opens_nothing(patient, clock):
    old = Browser()
    old.cookies["finder"] = patient.cookies["finder"].value
    clock.shift(LONG)
    patient.get("/referral/")
    clock.shift(-LONG)  # were the row still there, it would be in time

    assert old.get("/referral/")["Location"] == "/signed-out/"


def test_nothing_personal_is_kept_in_the_session(patient, clock):
    patient.post("/choose/", {"need": "hoist"})
    patient.get("/choose/?kind=cdc")
    clock.shift(LONG)
    patient.get("/choose/")

    assert set(patient.session.keys()) == {"left"}
    assert set(patient.session["left"]) == {
        "referral", "pressed", "page", "slot", "filters", "sooner", "typed",
    }  # fmt: skip
    assert "LA14" not in str(dict(patient.session.items()))


def test_a_button_that_is_pressed_too_late_does_nothing_and_is_said_so(patient, clock, make_slot):
    slot = make_slot()
    patient.post("/hold/", {"slot": slot.pk})
    carried = patient.carried("/check/")
    clock.shift(LONG)

    answer = patient.post("/confirm/", {"slot": slot.pk, **carried})

    assert answer["Location"] == "/signed-out/"
    assert "What you pressed last was not done" in text(patient.get("/signed-out/"))
    assert not Appointment.objects.exists()


def test_needs_that_come_too_late_are_not_written(patient, clock):
    carried = patient.carried("/needs/")
    clock.shift(LONG)
    patient.post("/needs/", {"needs": "hoist", **carried})

    assert Patient.objects.get().needs == []


TYPED = [
    ("/where/", {"postcode": "Kendal"}, 'value="Kendal"'),
    ("/travel/", {"way": "public"}, 'value="public" checked'),
    ("/needs/", {"needs": ["hoist"], "shown": ""}, 'value="hoist" checked'),
    ("/questions/who/", {"who": "carer"}, 'value="carer" checked'),
    ("/questions/carer/", {"carer_name": "Rob Fell"}, 'value="Rob Fell"'),
]


@pytest.mark.parametrize(("page", "typed", "again"), TYPED)
def test_what_was_typed_too_late_is_there_once_they_are_back_and_not_done(
    patient, clock, page, typed, again
):
    clock.shift(LONG)
    patient.post(page, {**typed, "about": ""})
    kept = str(dict(patient.session.items()))
    for value in ("Kendal", "public", "hoist", "Rob"):
        assert value not in kept, "nobody reads it out of the session"

    assert prove(patient)["Location"] == page
    if page == "/travel/":  # where from was forgotten, and is asked first
        patient.post("/where/", {"postcode": "LA14 4LF"})
    assert again in text(patient.get(page))
    assert Patient.objects.get().needs == []
    assert again not in text(patient.get(page)), "once"


def test_what_somebody_typed_is_never_anothers(patient, tom, clock):
    clock.shift(LONG)
    patient.post("/where/", {"postcode": "Kendal", "about": ""})

    prove(patient, "3XRD7JQF")
    assert "typed" not in patient.session
    assert 'value="Kendal"' not in text(patient.get("/where/"))


def test_who_signs_in_again_has_the_time_that_they_chose(patient, clock, make_slot):
    slot = make_slot()
    patient.post("/hold/", {"slot": slot.pk})
    clock.shift(LONG)
    patient.get("/check/")

    assert prove(patient)["Location"] == "/check/"
    slot.refresh_from_db()
    assert slot.held_by_id == patient.session["referral"]
    assert "left" not in patient.session


def test_a_time_that_was_pressed_too_late_is_kept_after_signing_in(patient, clock, make_slot):
    slot = make_slot()
    carried = patient.carried("/choose/")
    clock.shift(LONG)
    patient.post("/hold/", {"slot": slot.pk, **carried})
    slot.refresh_from_db()
    assert slot.held_by is None

    assert prove(patient)["Location"] == "/check/"
    slot.refresh_from_db()
    assert slot.held_by_id == patient.session["referral"]


@pytest.mark.parametrize("pressed", ["²", "x", "", "9" * 40, "9" * 18, "-1"])
def test_what_is_no_time_is_none_after_signing_in(patient, clock, pressed):
    clock.shift(LONG)
    patient.post("/hold/", {"slot": pressed})

    answer = prove(patient)
    assert answer.status_code == 302
    assert patient.get(answer["Location"]).status_code in (200, 302, 404)


def test_and_is_told_if_it_has_gone(patient, tom, clock, make_slot, now):
    slot = make_slot()
    patient.post("/hold/", {"slot": slot.pk})
    clock.shift(LONG)
    holds.hold(tom, slot.pk, now=now + LONG)
    patient.get("/check/")

    assert prove(patient)["Location"] == f"/slot/{slot.pk}/"


def test_who_signs_in_again_goes_on_where_they_were(patient, clock):
    patient.get("/choose/?kind=cdc")
    clock.shift(LONG)
    patient.get("/choose/?kind=cdc")

    assert prove(patient)["Location"] == "/choose/?kind=cdc"
    assert patient.session["filters"] == "kind=cdc"


def test_what_one_person_chose_is_never_anothers(patient, tom, clock, make_slot):
    slot = make_slot()
    patient.get("/choose/?kind=cdc")
    patient.post("/hold/", {"slot": slot.pk})
    clock.shift(LONG)
    patient.get("/check/")

    assert prove(patient, "3XRD7JQF")["Location"] == "/referral/"
    assert set(patient.session.keys()) <= {"referral", "used_at"}
    slot.refresh_from_db()
    assert slot.held_by_id != tom.pk


def test_a_code_that_nobody_proved_is_forgotten_as_well(client, jane, clock):
    carried = whose(client)
    clock.shift(LONG)

    page = client.get("/born/")
    assert "We need your booking code again" in text(page)
    assert "codes" not in client.session
    born = {"born[day]": "12", "born[month]": "3", "born[year]": "1961"}
    assert client.post("/born/", {**carried, **born}).status_code == 409


def test_a_time_that_somebody_came_for_is_not_the_next_persons(client, jane, clock, make_slot):
    slot = make_slot()
    client.post(f"/slot/{slot.pk}/")
    assert client.session["wanted_slot"] == slot.pk
    clock.shift(LONG)

    assert prove(client)["Location"] == "/referral/"
    slot.refresh_from_db()
    assert slot.held_by is None


def test_a_colleague_who_opens_a_link_stays_signed_in(make_staff, jane, clock, settings):
    settings.STAFF_IDLE_MINUTES = 60
    staff = Browser()
    staff.force_login(make_staff("lead").user)
    staff.get(f"/a/{jane.code}", follow=True)
    clock.shift(timedelta(minutes=40))

    assert staff.get("/staff/desk/").status_code == 200


def test_public_pages_go_on_as_nobodys(patient, clock, make_slot):
    slot = make_slot()
    for page in ("/", "/places", "/code/", "/privacy/", f"/slot/{slot.pk}/", "/places/furness"):
        prove(patient)
        patient.post("/where/", {"postcode": "LA14 4LF"})
        clock.shift(LONG)
        answer = patient.get(page)
        assert answer.status_code == 200, page
        as_nobody = Browser().get(page)
        assert WITHOUT_TOKENS.sub("", text(answer)) == WITHOUT_TOKENS.sub("", text(as_nobody)), page


def test_an_old_session_without_a_mark_is_used_from_now_on(patient, clock):
    session = patient.session
    del session["used_at"]
    session.save()
    clock.shift(LONG)

    assert patient.get("/referral/").status_code == 200
    clock.shift(LONG)
    assert patient.get("/referral/")["Location"] == "/signed-out/"


def test_a_part_of_a_page_opens_the_whole_one(patient, clock):
    clock.shift(LONG)
    answer = patient.post("/choose/", {"kind": "cdc"}, headers={"HX-Request": "true"})
    assert answer["Location"] == "/signed-out/"
    page = patient.get("/signed-out/", headers={"HX-Request": "true"})
    assert page["HX-Redirect"] == "/signed-out/"


def test_who_signs_out_by_themselves_leaves_nothing(patient, clock, make_slot):
    patient.post("/hold/", {"slot": make_slot().pk})
    patient.post("/sign-out/")

    assert "You are signed out" in text(patient.get("/signed-out/"))
    assert list(patient.session.keys()) == []
