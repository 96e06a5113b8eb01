"""One person's times at once, or too near to travel between: said, pressed twice, or refused."""

import re
from datetime import timedelta

import pytest
from django.db import transaction
from django.test import Client

from booking.appointments import booking, holds, undo
from booking.appointments.clashes import TimesOverlap, clashes_with
from booking.appointments.warnings import WarningsNotKnown, require_known, tokens, warnings_of
from booking.changes.patient_lock import lock_patient
from booking.exchange.feeds.keys import create_key
from booking.models import Appointment, Referral, Slot
from sites import places
from sites.travel import minutes_between
from tests import racing
from tests.answers import answered
from tests.booking.api.conftest import wanted
from tests.booking.patient.conftest import Browser, text
from tests.booking.signing_in import prove
from tests.racing import Rival, only_postgresql

PATIENT = "patient"


@pytest.fixture
def clock(time_machine, now):
    time_machine.move_to(now, tick=False)
    return time_machine


@pytest.fixture
def second(jane):
    """Another request for Jane, of the same kind of scan."""
    return answered(Referral.objects.create(
        code="4HT8VMXD", patient=jane.patient, exam=jane.exam, trust=jane.trust,
        urgency="routine", clock_start=jane.clock_start, target_day=jane.target_day,
    ))  # fmt: skip


@pytest.fixture
def booked(second, lancaster, make_slot, now):
    """Jane's other scan: Lancaster, from 2pm to 2.30pm."""
    slot = make_slot(site=lancaster, hour=14)
    holds.hold(second, slot.pk, now=now)
    return booking.book(second, slot.pk, now=now, actor=PATIENT)


@pytest.fixture
def at(make_slot, booked):
    """Make a slot of half an hour that starts so many minutes after the other appointment."""

    def at(minutes, **fields):
        start = booked.start + timedelta(minutes=minutes)
        return make_slot(start=start, end=start + timedelta(minutes=30), **fields)

    return at


@pytest.fixture
def browser(jane, clock):
    browser = Browser()
    prove(browser, jane.code)
    return browser


def known_in(page):
    found = re.search(r'name="known"[^>]*value="([^"]*)"', page)
    return found[1] if found else ""


@pytest.mark.parametrize(
    ("minutes", "expected"),
    [
        (0, "overlaps"), (29, "overlaps"), (-29, "overlaps"),
        (30, "near"), (-30, "near"), (60, "near"), (-60, "near"),
        (30 + 120, None), (-30 - 120, None), (24 * 60, None),
    ],
)  # fmt: skip
def test_another_time_clashes_by_time_and_by_the_way_between(jane, at, now, minutes, expected):
    """Furness and Lancaster are over an hour apart."""
    slot = at(minutes)

    clashes = clashes_with(jane, slot, now=now)

    found = [("overlaps" if one.overlaps else "near") for one in clashes]
    assert found == ([expected] if expected else [])


def test_the_gap_is_enough_when_it_is_as_long_as_the_journey(
    jane, at, booked, furness, lancaster, now
):
    way = minutes_between(places.get(lancaster.pk), places.get(furness.pk))
    assert 50 < way < 90
    enough, short = at(30 + way), at(30 + way - 0.01)

    assert clashes_with(jane, enough, now=now) == []
    (clash,) = clashes_with(jane, short, now=now)
    assert (clash.travel, clash.is_held, clash.referral) == (way, False, booked.referral)


@pytest.mark.parametrize("minutes", [30, -30])
def test_at_one_place_one_time_may_follow_the_other(jane, at, lancaster, now, minutes):
    assert clashes_with(jane, at(minutes, site=lancaster), now=now) == []


def test_what_is_over_or_another_persons_or_the_same_request_is_no_clash(
    jane, second, tom, at, booked, now
):
    slot = at(0)
    assert clashes_with(tom, slot, now=now) == []
    assert clashes_with(second, slot, now=now) == []
    booking.cancel(booked, booked.version, now=now, actor=PATIENT)
    assert clashes_with(jane, slot, now=now) == []


def test_a_held_time_clashes_while_it_is_held(jane, second, make_slot, lancaster, now):
    other = make_slot(site=lancaster)
    holds.hold(second, other.pk, now=now)
    slot = make_slot()

    (clash,) = clashes_with(jane, slot, now=now)

    assert (clash.is_held, clash.overlaps, clash.slot_id) == (True, True, other.pk)
    assert clashes_with(jane, slot, now=now + holds.HOLD) == []
    assert clashes_with(second, slot, now=now) == []


def test_clashes_stand_in_the_order_of_time(jane, at, booked, tom, now):
    early = at(-10)
    Referral.objects.filter(pk=tom.pk).update(patient=jane.patient)
    tom.refresh_from_db()
    holds.hold(tom, early.pk, now=now)

    starts = [one.start for one in clashes_with(jane, at(0), now=now)]

    assert starts == [early.start, booked.start]


# --- what the doors do


def test_a_patient_is_refused_two_places_at_once_and_told_which(browser, jane, at, booked, now):
    slot = at(0)

    pressed = browser.post("/hold/", {"slot": slot.pk})
    linked = browser.get(f"/slot/{slot.pk}/")

    for page in (pressed, linked):
        assert page.status_code == 409
        assert "You have another appointment at that time" in text(page)
        assert "Lancaster" in text(page)
        assert booked.referral.code not in text(page)
    assert Slot.objects.get(pk=slot.pk).held_by is None
    Slot.objects.filter(pk=slot.pk).update(held_by=jane, free_at=now + holds.HOLD)
    with pytest.raises(TimesOverlap):
        booking.book(jane, slot.pk, now=now, actor=PATIENT)
    assert Slot.objects.get(pk=slot.pk).free_at is not None


def test_a_booking_made_since_the_page_was_shown_is_seen_at_the_press(
    browser, jane, second, make_slot, lancaster, now
):
    """Two browsers: both hold, one books, the other presses."""
    mine, theirs = make_slot(), make_slot(site=lancaster)
    browser.post("/hold/", {"slot": mine.pk})
    assert "journey" not in text(browser.get("/check/"))
    holds.hold(second, theirs.pk, now=now)
    assert "You cannot come to both" in text(browser.get("/check/"))
    booking.book(second, theirs.pk, now=now, actor=PATIENT)

    pressed = browser.post("/confirm/", {"slot": mine.pk})
    page = browser.get(pressed["Location"])

    assert page.status_code == 409
    assert "You have another appointment at that time" in text(page)
    assert Appointment.objects.get().referral == second


def test_a_patient_is_told_of_a_time_that_is_too_near_and_presses_twice(browser, at):
    slot = at(60)
    assert "The journey between the two places" in text(browser.get(f"/slot/{slot.pk}/"))
    browser.post("/hold/", {"slot": slot.pk})
    assert "are only 30 minutes" in text(browser.get("/check/"))

    first = browser.post("/confirm/", {"slot": slot.pk})
    asked = text(browser.get(first["Location"]))
    assert Appointment.objects.count() == 1
    assert "Can you come at this time?" in asked
    browser.post("/confirm/", {"slot": slot.pk, "known": known_in(asked)})

    assert Appointment.objects.count() == 2


def test_a_warning_that_was_not_said_yet_is_asked_again(browser, jane, at, booked, now):
    """Late was said and pressed; that the times are too near was not."""
    Referral.objects.filter(pk=jane.pk).update(target_day=jane.clock_start)
    slot = at(60)
    browser.post("/hold/", {"slot": slot.pk})

    jane.refresh_from_db()
    said = {one.kind: one.token for one in warnings_of(jane, slot, now=now)}
    browser.post("/confirm/", {"slot": slot.pk, "known": said["late"]})
    asked = text(browser.get("/check/"))

    assert Appointment.objects.count() == 1
    assert known_in(asked) == ""
    both = known_in(text(browser.get(f"/check/?known={said['late']},{said['near']}")))
    browser.post("/confirm/", {"slot": slot.pk, "known": both})
    assert Appointment.objects.count() == 2


def test_what_stands_in_an_address_tells_no_other_time_of_the_patient(jane, at, booked, now):
    Referral.objects.filter(pk=jane.pk).update(target_day=jane.clock_start)
    jane.refresh_from_db()
    warnings = [*warnings_of(jane, at(60), now=now, earliest=now + timedelta(days=60)),
                *warnings_of(jane, at(0), now=now)]  # fmt: skip

    assert {one.kind for one in warnings} == {"late", "soon", "near", "overlaps"}
    assert re.fullmatch(r"[0-9a-f]{16}(,[0-9a-f]{16})*", tokens(warnings))
    assert len({one.token for one in warnings}) == 4  # late is the same of both


@pytest.mark.parametrize(("minutes", "tag"), [(0, "Same time"), (60, "Too near")])
def test_a_clerk_is_told_and_presses_twice(make_staff, jane, at, clock, minutes, tag):
    slot, clerk = at(minutes), Client()
    clerk.force_login(make_staff(trusts=("RTX",)).user)
    screen = f"/staff/patient/{jane.patient_id}/"

    def press(what, **fields):
        page = text(clerk.get(f"{screen}?referral={jane.pk}"))
        about = re.search(rf'action="{screen}{what}/".*?name="about" value="([^"]+)"', page, re.S)
        about = about or re.search(r'name="about" value="([^"]+)"', page)
        answer = clerk.post(f"{screen}{what}/", {"about": about[1], **fields})
        return text(clerk.get(answer["Location"]))

    assert tag in press("hold", slot=slot.pk)
    asked = press("book", slot=slot.pk, reason="phoned")
    assert "Press again to book it" in asked
    assert Appointment.objects.count() == 1
    press("book", slot=slot.pk, reason="phoned", known=known_in(asked))

    assert Appointment.objects.count() == 2


@pytest.mark.parametrize(("minutes", "status"), [(0, 409), (60, 201), (24 * 60, 201)])
def test_a_partner_is_refused_an_overlap_and_told_of_the_way(
    client, at, trust, now, clock, minutes, status
):
    answer = client.post(
        "/fhir/R4/Appointment",
        wanted(at(minutes)),
        content_type="application/fhir+json",
        headers={"Authorization": f"Bearer {create_key(trust.code, now=now)}"},
    )

    assert answer.status_code == status
    urls = [one["url"] for one in answer.json().get("extension", [])]
    assert ("urn:scan-finder:too-near-another-time" in urls) is (minutes == 60)
    if status == 409:
        assert "another appointment at that time" in answer.json()["issue"][0]["diagnostics"]


def test_a_cancel_is_not_undone_once_another_request_has_its_time(jane, second, make_slot, now):
    slot, other = make_slot(), make_slot()
    holds.hold(jane, slot.pk, now=now)
    made = booking.book(jane, slot.pk, now=now, actor="staff 1")
    booking.cancel(made, made.version, now=now, actor="staff 1", undo_window=undo.UNDO)
    holds.hold(second, other.pk, now=now)
    booking.book(second, other.pk, now=now, actor=PATIENT)

    with pytest.raises(undo.TooLateToUndo):
        undo.undo(made, made.version, now=now, actor="staff 1")

    made.refresh_from_db()
    assert made.status == "cancelled"


# --- at once


@pytest.mark.django_db(transaction=True)
def test_of_two_requests_of_one_patient_at_one_time_one_is_booked(
    jane, second, make_slot, lancaster, now
):
    mine, theirs = make_slot(), make_slot(site=lancaster)
    holds.hold(jane, mine.pk, now=now)
    holds.hold(second, theirs.pk, now=now)

    results = racing.at_once(
        lambda: booking.book(jane, mine.pk, now=now, actor=PATIENT),
        lambda: booking.book(second, theirs.pk, now=now, actor=PATIENT),
        refusals=(TimesOverlap,),
    )

    assert Appointment.objects.count() == 1
    assert sorted(type(one).__name__ for one in results) == ["Appointment", "TimesOverlap"]


@only_postgresql
@pytest.mark.django_db(transaction=True)
def test_who_presses_while_another_time_of_theirs_is_booked_is_asked_again(
    jane, second, make_slot, lancaster, now
):
    """The second press waits for the first booking, and then sees it: nothing is said too late."""
    mine, theirs = make_slot(hour=15), make_slot(site=lancaster, hour=14)
    holds.hold(jane, mine.pk, now=now)
    holds.hold(second, theirs.pk, now=now)
    Slot.objects.filter(pk=theirs.pk).update(held_by=None, free_at=now)  # nothing to warn of yet

    def press():
        with transaction.atomic():
            lock_patient(jane.patient_id)
            require_known(jane, mine.pk, "", now=now)
            return booking.book(jane, mine.pk, now=now, actor=PATIENT)

    with transaction.atomic():
        lock_patient(jane.patient_id)
        rival = Rival(press)
        rival.wait_until_done_or_blocked()
        Slot.objects.filter(pk=theirs.pk).update(held_by=second, free_at=now + holds.HOLD)
        booking.book(second, theirs.pk, now=now, actor=PATIENT)

    with pytest.raises(WarningsNotKnown):
        rival.result()
    assert Appointment.objects.get().referral == second
