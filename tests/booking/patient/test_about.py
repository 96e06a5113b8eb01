"""Two people, one browser, and pages that were left open: an act lands on what its page showed."""

import pytest
from django.test import Client

from booking.appointments import booking, holds
from booking.models import Appointment, Slot
from tests.booking.patient.conftest import text

TOM = "3XRD7JQF"


@pytest.fixture
def take(now):
    """Book a slot for a referral elsewhere: by phone, by text, on another device."""

    def take(referral, slot):
        holds.hold(referral, slot.pk, now=now)
        return booking.book(referral, slot.pk, now=now, actor="patient")

    return take


def says_somebody_else(answer):
    page = text(answer)
    return (
        answer.status_code == 409
        and "This page is about somebody else" in page
        and "Tom Fell" in page
        and 'href="/code/"' in page
        and 'href="/appointment/"' in page
    )


def test_the_first_tabs_yes_cancel_it_does_not_cancel_the_others(
    patient, jane, tom, make_slot, sign_in, take
):
    take(jane, make_slot())
    take(tom, make_slot(day=9))
    first_tab = patient.carried("/appointment/cancel/")
    sign_in(TOM)

    answer = patient.post("/appointment/cancel/", first_tab)

    assert says_somebody_else(answer)
    assert "Jane" not in text(answer)
    assert list(Appointment.objects.values_list("status", flat=True)) == ["booked"] * 2


def test_what_was_cancelled_and_booked_anew_is_not_cancelled_by_the_page_of_the_old(
    patient, jane, make_slot, take, now
):
    old = take(jane, make_slot())
    old_page = patient.carried("/appointment/cancel/")
    booking.cancel(old, old.version, now=now, actor="patient")
    new = take(jane, make_slot(day=9))
    assert new.version == 1, "the same number as the old one had"

    answer = patient.post("/appointment/cancel/", old_page)

    assert answer.status_code == 409
    assert "Your appointment has changed" in text(answer)
    assert 'href="/appointment/"' in text(answer)
    new.refresh_from_db()
    assert new.status == "booked"


def test_a_time_of_the_firsts_list_is_not_held_for_the_second(patient, tom, make_slot, sign_in):
    slot = make_slot()
    first_tab = patient.carried("/choose/")
    sign_in(TOM)

    answer = patient.post("/hold/", {"slot": slot.pk, **first_tab})

    assert says_somebody_else(answer)
    assert Slot.objects.get().held_by is None


def test_the_time_that_is_held_for_the_first_is_not_booked_for_the_second(
    patient, jane, tom, make_slot, sign_in
):
    slot = make_slot()
    patient.post("/hold/", {"slot": slot.pk})
    first_tab = {"slot": slot.pk, **patient.carried("/check/")}
    sign_in(TOM)

    assert says_somebody_else(patient.post("/confirm/", first_tab))
    assert Slot.objects.get().held_by == jane
    assert not Appointment.objects.exists()


def test_a_check_page_does_not_move_an_appointment_that_it_did_not_show(
    patient, jane, make_slot, take
):
    slot, other = make_slot(), make_slot(day=9)
    patient.post("/hold/", {"slot": slot.pk})
    check = {"slot": slot.pk, **patient.carried("/check/")}
    hold_again = patient.carried("/where/")
    elsewhere = take(jane, other)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("booking.patient.session.must_be_about", lambda *_: None)
        holds.hold(jane, slot.pk, now=elsewhere.changed_at)
        in_that_moment = patient.post("/confirm/", check)

    assert in_that_moment.status_code == 409
    assert patient.post("/confirm/", check).status_code == 409
    assert patient.post("/hold/", {"slot": slot.pk, **hold_again}).status_code == 409
    assert Appointment.objects.get().slot == other


def test_a_time_from_outside_is_kept_for_who_saw_the_page(
    patient, jane, tom, make_slot, sign_in, clock
):
    slot = make_slot()
    address = f"/slot/{slot.pk}/"
    janes = patient.carried(address)
    patient.post("/sign-out/")
    nobodys = patient.carried(address)

    signed_out = patient.post(address, janes)
    sign_in(TOM)

    assert signed_out["Location"] == "/signed-out/"
    assert says_somebody_else(patient.post(address, janes))
    assert patient.post(address, nobodys).status_code == 409
    assert Slot.objects.get().held_by is None


def test_every_page_says_whose_scan_it_is(patient, jane, make_slot, take):
    slot = make_slot()
    patient.post("/hold/", {"slot": slot.pk})
    pages = [
        "/referral/",
        "/where/",
        "/travel/",
        "/choose/",
        "/choose/furness/",
        f"/slot/{slot.pk}/",
        "/check/",
    ]
    seen = {page: text(patient.get(page)) for page in pages}
    patient.post("/confirm/", {"slot": slot.pk})
    seen |= {page: text(patient.get(page)) for page in ["/appointment/", "/appointment/cancel/"]}
    wrong = patient.post("/where/", {"postcode": "ZZ1 1ZZ"})
    patient.post("/sign-out/")

    for page, words in {**seen, "an error": text(wrong)}.items():
        assert "<bdi>Jane Fell</bdi></b>: an MRI scan of your knee" in words, page
    assert "Jane" not in text(patient.get("/signed-out/"))


def test_what_a_form_carries_names_nobody(patient, jane, make_slot, take):
    booked = take(jane, make_slot())
    about = patient.carried("/appointment/cancel/")["about"]

    assert about.partition(":")[0] == f"{jane.patient_id}.{jane.pk}.{booked.pk}.1.0.0"


def test_another_browser_is_another_matter(patient, tom, sign_in, make_slot):
    sign_in(TOM, browser=(second := Client()))
    slot = make_slot()

    assert "Tom Fell" in text(second.get("/where/"))
    assert patient.post("/hold/", {"slot": slot.pk})["Location"] == "/check/"
