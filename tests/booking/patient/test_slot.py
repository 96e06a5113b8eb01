"""Who comes with one time in hand, from a link that others show."""

import re

import pytest

from booking.appointments import holds
from booking.models import Appointment, Slot
from tests.booking.patient.conftest import text


def snapshot():
    return list(Slot.objects.values())


def test_opening_the_link_shows_the_time_and_changes_nothing(client, clock, make_slot):
    slot = make_slot()
    before = snapshot()

    page = client.get(f"/slot/{slot.pk}/")

    assert "Wednesday 2 December 2026" in text(page)
    assert "Furness" in text(page)
    assert snapshot() == before
    assert dict(client.session) == {}
    assert client.get(f"/slot/{slot.pk}/?source=maps&booking-referral=1").status_code == 200


def test_who_came_for_a_time_signs_in_and_finds_it_kept(client, jane, make_slot, sign_in, now):
    slot = make_slot()

    to_code = client.post(f"/slot/{slot.pk}/")
    signed_in = sign_in()

    assert (to_code["Location"], signed_in["Location"]) == ("/code/", "/check/")
    assert Slot.objects.get().held_by == jane
    assert "2pm" in text(client.get("/check/"))
    client.post("/confirm/", {"slot": slot.pk})
    assert Appointment.objects.get().referral == jane


def test_a_time_that_went_while_signing_in_gives_the_nearest(
    client, jane, tom, make_slot, sign_in, now
):
    slot, near = make_slot(), make_slot(hour=15)
    client.post(f"/slot/{slot.pk}/")
    holds.hold(tom, slot.pk, now=now)

    response = sign_in()
    page = client.get(response["Location"])

    assert response["Location"] == f"/slot/{slot.pk}/"
    assert "This time has just been taken" in text(page)
    assert f'value="{near.pk}"' in text(page)
    assert client.post("/hold/", {"slot": near.pk})["Location"] == "/check/"


def test_who_is_signed_in_keeps_it_with_one_press(patient, jane, make_slot):
    slot = make_slot()

    assert "Keep this time" in text(patient.get(f"/slot/{slot.pk}/"))
    assert Slot.objects.get().held_by is None
    assert patient.post(f"/slot/{slot.pk}/")["Location"] == "/check/"
    assert "Keep this time" in text(patient.get(f"/slot/{slot.pk}/"))


def test_a_time_that_has_gone_says_so_and_not_who_has_it(client, clock, tom, make_slot, now):
    slot = make_slot()
    holds.hold(tom, slot.pk, now=now)

    page = text(client.get(f"/slot/{slot.pk}/"))

    assert "This time has gone" in page
    assert not re.search(r"\bTom\b", page)


def test_a_time_of_another_scan_is_not_for_this_patient(patient, make_slot):
    x_ray = make_slot(modality="DX")

    assert "not for this kind of scan" in text(patient.get(f"/slot/{x_ray.pk}/"))
    pressed = patient.post(f"/slot/{x_ray.pk}/", patient.carried("/where/"))
    assert pressed["Location"] == f"/slot/{x_ray.pk}/"
    assert Slot.objects.get().held_by is None


@pytest.mark.parametrize("number", ["0", "999999", "9" * 19, "9" * 60])
def test_a_time_that_we_do_not_have_is_404_and_says_what_to_do(client, clock, db, number):
    for response in (client.get(f"/slot/{number}/"), client.post(f"/slot/{number}/")):
        assert response.status_code == 404
        assert "See other times" in text(response)


def test_a_withdrawn_time_is_one_that_we_do_not_have(client, clock, make_slot):
    slot = make_slot(status="withdrawn", free_at=None)

    assert client.get(f"/slot/{slot.pk}/").status_code == 404


def test_who_signs_in_without_a_link_sees_the_referral_as_before(client, jane, furness, sign_in):
    assert sign_in()["Location"] == "/referral/"


def test_a_wrong_date_of_birth_forgets_nothing_and_keeps_nothing(client, jane, make_slot, sign_in):
    slot = make_slot()
    client.post(f"/slot/{slot.pk}/")

    sign_in(born=("1", "1", "1990"))
    assert Slot.objects.get().held_by is None
    assert sign_in()["Location"] == "/check/"
