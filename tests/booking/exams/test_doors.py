"""No door offers, holds or books a slot in which the scan cannot be done; each says why."""

import re
from datetime import timedelta

import pytest
from django.test import Client

from booking.appointments import booking, holds, undo
from booking.appointments.choosing import hold_for_patient
from booking.exams.misfit import Misfit
from booking.exams.needed import needed_of
from booking.exchange.feeds.keys import create_key
from booking.models import Appointment, Exam, Patient, Slot
from booking.search import places
from booking.search.criteria import SearchCriteria
from sites.models import Scanner
from sites.postcodes import find
from tests.booking.api.conftest import wanted
from tests.booking.patient.conftest import Browser, text
from tests.booking.signing_in import prove

ORIGIN = "LA14 4LF"
AT_THE_SCANNER = [Misfit.CONTRAST, Misfit.HOIST, Misfit.ASK_STEPS]
ALWAYS = [*AT_THE_SCANNER, Misfit.TOO_SHORT]
PATIENT_REASONS = [*ALWAYS, Misfit.TOO_SOON]
WORDS = {
    Misfit.CONTRAST: "the scanner there cannot give it",
    Misfit.HOIST: "There is no hoist there",
    Misfit.ASK_STEPS: "people can get to the scanner there without steps. Phone us",
    Misfit.TOO_SHORT: "This scan takes longer than that time",
    Misfit.TOO_SOON: "too soon to prepare",
}


@pytest.fixture
def clock(time_machine, now):
    """Stand still at `now`."""
    time_machine.move_to(now, tick=False)
    return time_machine


@pytest.fixture
def misfit(jane, furness, make_slot, now, clock):
    """Make a slot that Jane's scan cannot be done in, and what does not fit about it."""

    def misfit(reason):
        slot = make_slot()
        spoil(reason, slot)
        return slot

    def spoil(reason, slot):
        if reason == Misfit.CONTRAST:
            Exam.objects.update(contrast="gadolinium")
            Scanner.objects.filter(site=furness, modality="MR").update(contrast=False)
        elif reason in (Misfit.HOIST, Misfit.ASK_STEPS):
            needs = ["hoist"] if reason == Misfit.HOIST else ["wheelchair"]
            Patient.objects.filter(pk=jane.patient_id).update(needs=needs)
            Scanner.objects.filter(site=furness, modality="MR").update(hoist=False)
        elif reason == Misfit.TOO_SHORT:
            Exam.objects.update(minutes=31)
        else:
            start = now + timedelta(minutes=59)
            Slot.objects.filter(pk=slot.pk).update(start=start, end=start + timedelta(minutes=30))
        jane.exam.refresh_from_db()
        jane.patient.refresh_from_db()
        places.site_places.forget()

    misfit.spoil = spoil
    return misfit


@pytest.fixture
def patient(jane, furness, clock):
    browser = Browser()
    prove(browser, jane.code)
    browser.post("/where/", {"postcode": ORIGIN})
    return browser


@pytest.fixture
def press(make_staff, jane):
    """Press a form of the clerk's screen of Jane; answer the page after it."""
    browser = Client()
    browser.force_login(make_staff(trusts=("RTX",)).user)

    def press(what, **fields):
        screen = f"/staff/patient/{jane.patient_id}/"
        page = text(browser.get(screen))
        about = re.search(rf'action="{screen}{what}/".*?name="about" value="([^"]+)"', page, re.S)
        about = about or re.search(r'name="about" value="([^"]+)"', page)
        answer = browser.post(f"{screen}{what}/", {"about": about[1], **fields})
        return text(browser.get(answer["Location"]))

    return press


def nobody_has(slot):
    slot.refresh_from_db()
    return slot.held_by_id is None and not Appointment.objects.exists()


@pytest.mark.parametrize("reason", PATIENT_REASONS)
def test_no_search_finds_it(jane, misfit, make_slot, furness, now, reason):
    unfit, lost = misfit(reason), make_slot(day=9)
    needed = needed_of(jane, now=now)
    wanted = SearchCriteria(
        "MR", now.date(), now.date() + timedelta(days=8), exam=jane.exam, needed=needed
    )

    found = places.places(find(ORIGIN), wanted, now=now)
    offers = places.nearest_alternatives(lost, None, now=now, exam=jane.exam, needed=needed)

    assert [free for one in found for free in one.times] == []
    assert places.times_at(furness.pk, wanted, now=now) == {}
    assert unfit.pk not in [free.slot for _, free in offers]


@pytest.mark.parametrize("reason", AT_THE_SCANNER)
def test_a_place_where_no_scanner_can_is_not_in_the_list(
    jane, misfit, lancaster, make_slot, now, reason
):
    misfit(reason)
    make_slot(site=lancaster)
    Scanner.objects.filter(site=lancaster).update(contrast=True, hoist=True, step_free=True)
    places.site_places.forget()
    wanted = SearchCriteria(
        "MR", now.date(), now.date() + timedelta(days=42), exam=jane.exam,
        needed=needed_of(jane, now=now),
    )  # fmt: skip

    found = places.places(find(ORIGIN), wanted, now=now)

    assert [one.place.name for one in found] == ["Lancaster"]


@pytest.mark.parametrize("reason", PATIENT_REASONS)
def test_a_patient_who_presses_it_is_told_why_and_holds_nothing(patient, misfit, reason):
    slot = misfit(reason)

    pressed = patient.post("/hold/", {"slot": slot.pk})
    linked = patient.get(f"/slot/{slot.pk}/")
    kept = patient.post(f"/slot/{slot.pk}/", patient.carried("/where/"))

    assert (pressed.status_code, linked.status_code) == (400, 400)
    assert WORDS[reason] in text(pressed)
    assert WORDS[reason] in text(linked)
    assert kept["Location"] == f"/slot/{slot.pk}/"
    assert nobody_has(slot)
    assert ("Choose a time from 11am" in text(pressed)) is (reason == Misfit.TOO_SOON)


@pytest.mark.parametrize("reason", ALWAYS)
def test_what_changed_since_it_was_held_is_said_before_and_at_the_press(
    patient, misfit, make_slot, reason
):
    slot = make_slot()
    patient.post("/hold/", {"slot": slot.pk})
    misfit.spoil(reason, slot)

    confirmed = patient.post("/confirm/", {"slot": slot.pk})
    checked = patient.get("/check/")

    assert [WORDS[reason] in text(page) for page in (confirmed, checked)] == [True, True]
    assert not Appointment.objects.exists()
    assert Slot.objects.get(pk=slot.pk).free_at is not None


@pytest.mark.parametrize("reason", ALWAYS)
def test_a_clerk_is_told_why(press, misfit, make_slot, jane, reason):
    slot = misfit(reason)
    assert WORDS[reason].removesuffix(". Phone us") in press("hold", slot=slot.pk)
    assert nobody_has(slot)

    Slot.objects.filter(pk=slot.pk).update(held_by=jane, free_at=slot.start)
    assert WORDS[reason].removesuffix(". Phone us") in press("book", slot=slot.pk, reason="phoned")
    assert not Appointment.objects.exists()


@pytest.mark.parametrize("reason", PATIENT_REASONS)
def test_a_partner_is_answered_422_with_the_reason(client, misfit, trust, now, reason):
    slot = misfit(reason)
    answer = client.post(
        "/fhir/R4/Appointment",
        wanted(slot),
        content_type="application/fhir+json",
        headers={"Authorization": f"Bearer {create_key(trust.code, now=now)}"},
    )

    issue = answer.json()["issue"][0]
    assert (answer.status_code, issue["code"]) == (422, "business-rule")
    assert WORDS[reason] in issue["diagnostics"]
    assert nobody_has(slot)


@pytest.mark.parametrize("reason", ALWAYS)
def test_an_undo_does_not_bring_back_what_cannot_be_done(jane, misfit, make_slot, now, reason):
    slot = make_slot()
    holds.hold(jane, slot.pk, now=now)
    made = booking.book(jane, slot.pk, now=now, actor="staff 1")
    booking.cancel(made, made.version, now=now, actor="staff 1", undo_window=undo.UNDO)
    misfit.spoil(reason, slot)
    made.refresh_from_db()

    with pytest.raises(holds.SlotNotSuitable) as refusal:
        undo.undo(made, made.version, now=now, actor="staff 1")

    assert refusal.value.misfit == reason
    assert Appointment.objects.get().status == "cancelled"


# --- notice


def test_notice_passes_while_a_time_is_held_and_it_is_booked_all_the_same(
    patient, make_slot, now, clock
):
    slot = make_slot(start=now + timedelta(minutes=61), end=now + timedelta(minutes=91))
    patient.post("/hold/", {"slot": slot.pk})
    clock.shift(timedelta(minutes=10))
    assert not re.search(r"\b2pm\b", text(patient.get("/check/")))
    assert patient.post("/hold/", {"slot": slot.pk})["Location"] == "/check/"

    patient.post("/confirm/", {"slot": slot.pk})

    assert Appointment.objects.get().start == slot.start


@pytest.mark.parametrize(("minutes", "is_offered"), [(70, False), (76, True)])
def test_a_place_that_is_far_offers_what_one_can_be_there_for(
    patient, jane, lancaster, make_slot, now, minutes, is_offered
):
    """Lancaster is about 60 minutes from Barrow, and one arrives 15 before."""
    far = make_slot(site=lancaster, start=now + timedelta(minutes=minutes))
    near = make_slot(start=now + timedelta(minutes=61), end=now + timedelta(minutes=91))
    far.end = far.start + timedelta(minutes=30)
    far.save()
    button = f'name="slot" value="{far.pk}"'

    page = text(patient.get("/choose/"))

    assert f'name="slot" value="{near.pk}"' in page
    assert (button in page) is is_offered
    assert (button in text(patient.get("/choose/lancaster/"))) is is_offered
    held = patient.post("/hold/", {"slot": far.pk})
    assert held.status_code == (302 if is_offered else 400)


def test_without_a_place_to_travel_from_home_counts(jane, lancaster, make_slot, now, clock):
    far = make_slot(site=lancaster, start=now + timedelta(minutes=70))
    Slot.objects.update(end=now + timedelta(minutes=100))
    jane.patient.postcode = ORIGIN
    jane.patient.save()
    browser = Browser()
    prove(browser, jane.code)

    assert browser.post("/hold/", {"slot": far.pk}).status_code == 400


def test_who_comes_too_late_is_offered_only_what_can_be_reached_from_home(
    jane, tom, lancaster, make_slot, now, clock
):
    jane.patient.postcode = ORIGIN
    jane.patient.save()
    lost = make_slot(site=lancaster)
    far = make_slot(site=lancaster, start=now + timedelta(minutes=70))
    Slot.objects.filter(pk=far.pk).update(end=now + timedelta(minutes=100))
    later = make_slot(site=lancaster, hour=15)
    holds.hold(tom, lost.pk, now=now)
    browser = Browser()
    prove(browser, jane.code)

    page = text(browser.post("/hold/", {"slot": lost.pk}))

    assert f'value="{later.pk}"' in page
    assert f'value="{far.pk}"' not in page


def test_what_an_exam_needs_before_counts(patient, jane, make_slot, now):
    Exam.objects.update(prepare_minutes=240)
    soon = make_slot(start=now + timedelta(minutes=239), end=now + timedelta(minutes=279))

    assert f'name="slot" value="{soon.pk}"' not in text(patient.get("/choose/"))
    assert "Choose a time from 2:15pm" in text(patient.post("/hold/", {"slot": soon.pk}))


def test_a_clerk_sees_and_books_a_time_that_is_too_soon_with_a_second_press(
    press, jane, make_slot, now, misfit
):
    jane.patient.postcode = ORIGIN
    jane.patient.save()
    slot = misfit(Misfit.TOO_SOON)

    held = press("hold", slot=slot.pk)
    assert "Too soon" in held
    asked = press("book", slot=slot.pk, reason="phoned")
    assert not Appointment.objects.exists()
    known = re.search(r'name="known"[^>]*value="([^"]*)"', asked)[1]
    press("book", slot=slot.pk, reason="phoned", known=known)

    assert Appointment.objects.get().slot_id == slot.pk


def test_a_time_has_begun_for_everybody(jane, make_slot, now):
    slot = make_slot(start=now, end=now + timedelta(minutes=30))

    for act in (
        lambda: holds.hold(jane, slot.pk, now=now),
        lambda: hold_for_patient(jane, slot.pk, None, now=now),
    ):
        with pytest.raises(holds.SlotTaken):
            act()


def test_a_link_to_a_time_that_is_too_soon_says_so_before_signing_in(client, misfit):
    slot = misfit(Misfit.TOO_SOON)

    assert "This time is soon" in text(client.get(f"/slot/{slot.pk}/"))


def test_the_finder_shows_no_next_time_that_starts_at_once(client, misfit, make_slot, now):
    misfit(Misfit.TOO_SOON)
    make_slot(start=now + timedelta(minutes=61))

    page = text(client.get("/places/furness"))

    assert "10:59am" not in page
    assert "11:01am" in page
