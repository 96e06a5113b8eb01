"""From the list to the appointment, and everything that can come between."""

import logging
import re
from datetime import timedelta
from pathlib import Path

import pytest
from django.conf import settings
from django.db import transaction

from booking.appointments import displacing, holds
from booking.models import Appointment, Feed, Slot
from notifications.models import Message
from sites import places
from sites.models import Site
from tests.booking.patient.conftest import text

PERSONAL = ["Jane", "Fell", "7KQ49CRB", "7KQ4", "LA14", "1961", "900461", "7700"]


def book(patient, slot):
    patient.post("/hold/", {"slot": slot.pk})
    return patient.post("/confirm/", {"slot": slot.pk}, follow=True)


def test_who_books_after_their_time_has_passed_is_told_what_that_means(
    patient, make_slot, sign_in, clock
):
    first, second = make_slot(), make_slot(day=9)
    book(patient, first)
    clock.move_to(first.start + timedelta(hours=1))
    sign_in()

    patient.post("/hold/", {"slot": second.pk})
    check = " ".join(text(patient.get("/check/")).split())
    patient.post("/confirm/", {"slot": second.pk})

    assert "has passed. If you book this time, we note that you did not come to it." in check
    assert "Book this appointment" in check
    assert "We keep it until" not in check
    statuses = Appointment.objects.order_by("pk").values_list("status", flat=True)
    assert list(statuses) == ["did_not_attend", "booked"]


def test_a_time_is_held_checked_and_booked(patient, make_slot):
    slot = make_slot()

    assert "1 place has appointments" in " ".join(text(patient.get("/choose/")).split())
    assert patient.post("/hold/", {"slot": slot.pk})["Location"] == "/check/"
    check = text(patient.get("/check/"))
    assert "until <b>10:15am</b>" in check
    assert "Wednesday 2 December 2026" in check
    assert "number ending 461" in check
    booked = patient.post("/confirm/", {"slot": slot.pk}, follow=True)

    appointment = Appointment.objects.get()
    reference = f"{appointment.reference[:4]} {appointment.reference[4:]}"
    assert reference in text(booked)
    assert "Your scan is booked" in text(booked)


def test_looking_at_the_check_page_renews_the_hold(patient, make_slot, clock, now):
    slot = make_slot()
    patient.post("/hold/", {"slot": slot.pk})
    clock.shift(timedelta(minutes=14))

    patient.get("/check/")

    assert Slot.objects.get().free_at == now + timedelta(minutes=29)


def test_the_button_pressed_twice_makes_one_appointment_and_one_text(patient, make_slot):
    slot = make_slot()
    patient.post("/hold/", {"slot": slot.pk})
    press = {"slot": slot.pk, **patient.carried("/check/")}
    patient.post("/confirm/", press)

    again = patient.post("/confirm/", press)

    assert again["Location"] == "/appointment/"
    assert Appointment.objects.count() == 1
    assert Message.objects.filter(kind="confirmation").count() == 1


def test_back_after_booking_shows_the_appointment(patient, make_slot):
    book(patient, make_slot())

    assert patient.get("/check/")["Location"] == "/appointment/"
    assert Appointment.objects.count() == 1


def test_an_old_page_in_another_tab_books_nothing_it_does_not_show(patient, make_slot):
    first, second = make_slot(hour=9), make_slot(hour=10)
    patient.post("/hold/", {"slot": first.pk})
    patient.post("/hold/", {"slot": second.pk})

    assert patient.post("/confirm/", {"slot": first.pk})["Location"] == "/check/"
    assert not Appointment.objects.exists()


def test_an_expired_hold_is_offered_again_and_nothing_is_lost(patient, make_slot, clock):
    slot = make_slot()
    patient.post("/hold/", {"slot": slot.pk})
    clock.shift(timedelta(minutes=16))

    response = patient.post("/confirm/", {"slot": slot.pk})

    assert response.status_code == 410
    assert "Your 15 minutes ran out" in text(response)
    assert f'name="slot" value="{slot.pk}"' in text(response)
    assert "still free" in text(response)
    assert book(patient, slot).status_code == 200


def test_a_page_that_is_loaded_again_and_again_keeps_a_time_for_an_hour(patient, make_slot, clock):
    slot = make_slot()
    patient.post("/hold/", {"slot": slot.pk})
    for _ in range(5):
        assert "for longer than that" not in text(patient.get("/check/"))
        clock.shift(timedelta(minutes=10))

    last = text(patient.get("/check/"))
    clock.shift(timedelta(minutes=10))
    over = patient.get("/check/")

    assert "We cannot keep it for longer than that" in last
    assert over.status_code == 410
    assert "We keep a time for 60 minutes at most" in text(over)
    assert "You can take it again and book it" in text(over)
    assert "15 minutes" not in text(over)
    assert book(patient, slot).status_code == 200


@pytest.mark.parametrize("step", ["hold", "confirm"])
def test_who_is_too_late_sees_the_three_nearest_times(patient, make_slot, tom, now, clock, step):
    lost = make_slot(hour=12)
    near = [make_slot(hour=hour) for hour in (9, 13, 14)]
    make_slot(day=20)
    if step == "confirm":
        patient.post("/hold/", {"slot": lost.pk})
        clock.shift(timedelta(minutes=16))
    at = now + timedelta(minutes=16)
    holds.hold(tom, lost.pk, now=at)

    response = patient.post(f"/{step}/", {"slot": lost.pk})

    assert response.status_code == 409
    offered = re.findall(r'class="finder-time"[^>]*value="(\d+)"', text(response))
    assert [int(pk) for pk in offered] == [slot.pk for slot in near]
    assert Slot.objects.get(pk=lost.pk).held_by == tom


@pytest.mark.parametrize("slot", ["", "x", "-1", "²", "9" * 30, "1e3", "123456"])
def test_a_slot_that_does_not_exist_is_explained(patient, slot):
    response = patient.post("/hold/", {"slot": slot})

    assert response.status_code == 400
    assert "Nothing was booked or cancelled" in text(response)


def test_a_slot_of_another_modality_is_explained_and_stays_free(patient, make_slot):
    x_ray = make_slot(modality="DX")

    assert patient.post("/hold/", {"slot": x_ray.pk}).status_code == 400
    assert Slot.objects.get().held_by is None


def test_a_date_in_the_past_is_explained_and_the_list_still_shows(patient, make_slot):
    make_slot()

    response = patient.get("/choose/", {"to": "2026-11-01"})

    assert response.status_code == 400
    assert "The last date has passed" in text(response)
    assert "finder-time" in text(response)


def test_an_unknown_postcode_is_explained_with_what_to_type(patient):
    response = patient.post("/where/", {"postcode": "ZZ1 1ZZ"})

    assert response.status_code == 400
    assert "like PR2 9HT" in text(response)
    assert 'value="ZZ1 1ZZ"' in text(response)


def test_where_from_that_was_put_right_is_said_with_a_way_to_change_it(patient, make_slot):
    make_slot()
    patient.post("/where/", {"postcode": "Millum"})
    guessed = patient.get("/choose/").content.decode()
    patient.post("/where/", {"postcode": "Millom"})
    sure = patient.get("/choose/").content.decode()

    assert 'We took “Millum” as <b>Millom</b>. <a href="/where/">Change' in guessed
    assert "We took" not in sure


def test_a_name_of_several_places_asks_which(patient):
    response = patient.post("/where/", {"postcode": "Warton"})

    assert response.status_code == 400
    assert "Warton near Kirkham or Warton near Carnforth" in response.content.decode()


def test_part_of_a_postcode_says_that_it_is_not_exact(patient, make_slot):
    make_slot()
    patient.post("/where/", {"postcode": "la14"})

    assert "not exact" in text(patient.get("/choose/"))


def test_where_from_is_one_for_the_finder_and_the_booking(patient, make_slot, lancaster):
    make_slot()
    patient.post("/places", {"lat": "54.04", "lon": "-2.8"})

    assert 'near <span class="finder-nowrap">where you are' in text(patient.get("/choose/"))
    assert "by car" in text(patient.get("/places/lancaster"))


@pytest.mark.parametrize("day", ["9999-12-31", "0000-01-01", "1/1/2027", "soon", "31/2/2027"])
@pytest.mark.parametrize("name", ["from", "to"])
def test_no_day_in_an_address_breaks_a_page(patient, make_slot, furness, name, day):
    make_slot()

    for address in ("/choose/", "/choose/furness/"):
        page = patient.get(address, {name: day})
        assert page.status_code in (200, 400)
        assert ("There is a problem" in text(page)) == (page.status_code == 400)


def test_dates_of_the_filters_are_read_as_people_write_them(patient, make_slot):
    make_slot(day=8)

    assert "finder-time" not in text(patient.get("/choose/", {"from": "3 December 2026"}))
    page = text(patient.get("/choose/", {"from": "2/12/26", "to": "2 Dec 2026"}))
    assert "finder-time" in page
    assert 'value="2026-12-02"' in page


@pytest.mark.parametrize("about", ["", "²", "x", "1.1.1.1.0", "1.1.1.1.0:x", "9" * 30])
def test_a_cancel_that_does_not_say_of_what_changes_nothing(patient, make_slot, about):
    slot = make_slot()
    patient.post("/hold/", {"slot": slot.pk})
    patient.post("/confirm/", {"slot": slot.pk})

    assert patient.post("/appointment/cancel/", {"about": about}).status_code == 409
    assert Appointment.objects.get().status == "booked"


def test_no_times_is_no_dead_end(patient):
    page = text(patient.get("/choose/", {"daypart": "evening"}))

    assert "0 places have appointments" in " ".join(page.split())
    assert "clear all choices" in page
    assert "tel:01632960100" in page


def test_filters_are_kept_on_the_way_back(patient, make_slot):
    make_slot(hour=18)
    patient.get("/choose/", {"daypart": "evening"})
    patient.post("/hold/", {"slot": Slot.objects.get().pk})

    assert "/choose/?daypart=evening" in text(patient.get("/check/"))


def test_each_place_leads_to_its_page_and_a_closed_one_does_not(patient, make_slot):
    slot = make_slot()
    page = '<a href="/places/furness?back='

    assert f'{page}places">' in text(patient.get("/choose/"))
    assert f'{page}appointment">' in text(book(patient, slot))
    Site.objects.update(closed=True)
    places.forget()
    assert page not in text(patient.get("/appointment/"))


def test_htmx_gets_only_the_list(patient, make_slot):
    make_slot()
    part = patient.get("/choose/", headers={"HX-Request": "true", "HX-Target": "results"})

    assert text(part).strip().startswith('<div id="results">')
    assert "HX-Request" in part["Vary"]


def test_cancelling_the_appointment_that_was_shown(patient, make_slot):
    book(patient, make_slot(day=20))

    press = patient.carried("/appointment/cancel/")
    page = patient.post("/appointment/cancel/", press, follow=True)
    again = patient.post("/appointment/cancel/", press)

    assert "Your appointment is cancelled" in text(page)
    assert "Choose another time" in text(page)
    assert again["Location"] == "/appointment/"


def test_a_displaced_patient_is_told_and_can_choose_again(patient, make_slot, now):
    slot = make_slot(day=20)
    book(patient, slot)
    Slot.objects.filter(pk=slot.pk).update(status="withdrawn")
    with transaction.atomic():
        displacing.cancel_by_trust([slot.pk], now=now, actor="feed RTX")
    other = make_slot(day=21)

    assert "had to take your time away" in text(patient.get("/appointment/"))
    book(patient, other)
    assert Appointment.objects.get(status="booked").slot == other


def test_an_appointment_that_has_passed_is_a_page_of_its_own(patient, make_slot, clock, sign_in):
    book(patient, make_slot(day=1))
    clock.shift(timedelta(days=3))
    sign_in()

    assert "This appointment has passed" in text(patient.get("/appointment/"))


def test_a_name_is_never_markup(client, make_referral, furness, make_slot, sign_in):
    evil = "<script>alert(1)</script>"
    make_referral(given_name=evil, family_name="'\"><b>")
    furness.name = "A & <i>E</i>"
    furness.save()
    sign_in()
    client.post("/where/", {"postcode": "LA14 4LF"})
    slot = make_slot()

    pages = [client.get("/referral/"), client.get("/choose/")]
    pages += [client.post("/hold/", {"slot": slot.pk}, follow=True)]
    pages += [client.post("/confirm/", {"slot": slot.pk}, follow=True), client.get("/demo/phone/")]

    for page in pages:
        assert evil not in text(page)
        assert "<i>E</i>" not in text(page)


def test_nothing_personal_is_in_an_address_or_a_log(patient, make_slot, caplog):
    caplog.set_level(logging.DEBUG)
    slot = make_slot(day=20)
    addresses = []
    for response in [
        patient.get("/choose/", follow=True),
        patient.post("/hold/", {"slot": slot.pk}, follow=True),
        patient.post("/confirm/", {"slot": slot.pk}, follow=True),
        patient.post("/hold/", {"slot": "x"}, follow=True),
    ]:
        addresses += [response.request["PATH_INFO"], *(url for url, _ in response.redirect_chain)]

    said = "\n".join([*addresses, *caplog.messages])
    assert [word for word in PERSONAL if word in said] == []


def test_pages_are_not_stored_and_carry_the_security_policy(patient, make_slot):
    book(patient, make_slot())

    for address in ["/", "/referral/", "/choose/", "/appointment/", "/nowhere/"]:
        response = patient.get(address)
        assert response["Cache-Control"] == "no-store", address
        assert "default-src 'none'" in response["Content-Security-Policy"]
        assert "unsafe" not in response["Content-Security-Policy"]


def test_templates_never_glue_markup_to_values():
    for template in Path(settings.BASE_DIR, "templates").rglob("*.jinja"):
        words = template.read_text(encoding="utf-8")
        assert not re.search(r'"html":\s*"', words), template
        assert "hx-on" not in words, template
        assert " style=" not in words, template
        assert "| safe" not in words, template


@pytest.mark.parametrize("address", ["/choose/", "/choose/furness/"])
@pytest.mark.parametrize(("age", "said", "not_said"), [
    (timedelta(minutes=10), "2pm", "last checked"),
    (timedelta(hours=2), "last checked at 8am on Tuesday 24 November", "We do not know"),
    (timedelta(hours=25), "We do not know which times are free here. Phone", "2pm"),
], ids=["fresh", "late", "unknown"])  # fmt: skip
def test_how_fresh_a_trusts_times_are_is_said(
    patient, make_slot, now, address, age, said, not_said
):
    make_slot()
    Feed.objects.update(last_contact_at=now - age)

    page = text(patient.get(address))

    assert said in page
    assert not_said not in page


def test_an_appointment_that_has_passed_cannot_be_cancelled(patient, make_slot, clock, sign_in):
    slot = make_slot(day=1)
    book(patient, slot)
    clock.move_to(slot.start)
    sign_in()

    answer = patient.post("/appointment/cancel/", patient.carried("/where/"))

    assert answer["Location"] == "/appointment/"
    assert Appointment.objects.get().status == "booked"
