"""What a patient needs of a scanner, at every door: what it shows, and why not here."""

import re
from datetime import date, time, timedelta

import pytest
from django.db import transaction
from django.test import Client

from booking.appointments import booking, holds
from booking.exams.questions import file
from booking.exams.questions.answering import answer
from booking.exchange.feeds.keys import create_key
from booking.models import Appointment, Exam, Patient, Slot, WorklistRow
from booking.patients.needs import change_needs
from booking.referrals.exam_change import change_exam
from booking.worklists import rows
from sites import places
from sites.models import Scanner, Site, Stop
from tests.booking.api.conftest import wanted
from tests.booking.patient.conftest import Browser, text
from tests.booking.signing_in import prove

NO_HOIST = "There is no hoist there to lift people onto the scanner."
NOT_KNOWN = "We do not know if the scanner there has a hoist."
LIST = 'id="left-out"'


@pytest.fixture
def clock(time_machine, now):
    """Stand still at `now`."""
    time_machine.move_to(now, tick=False)


@pytest.fixture
def hoists(jane, furness, lancaster, blackburn, clock):
    """Jane needs a hoist; Furness says no, Lancaster nothing, Blackburn yes."""
    Patient.objects.filter(pk=jane.patient_id).update(needs=["hoist"])
    jane.patient.refresh_from_db()
    for site, hoist in ((furness, False), (lancaster, None), (blackburn, True)):
        Scanner.objects.filter(site=site).update(hoist=hoist)
    places.forget()


@pytest.fixture
def patient(jane, hoists):
    browser = Browser()
    prove(browser, jane.code)
    browser.post("/where/", {"postcode": "LA14 4LF"})
    return browser


@pytest.fixture
def desk(make_staff, jane, hoists):
    browser = Client()
    browser.force_login(make_staff(trusts=("RTX",)).user)
    screen = f"/staff/patient/{jane.patient_id}/"

    def desk(query=""):
        return text(browser.get(f"{screen}?{query}"))

    about = re.search(r'name="about" value="([^"]+)"', desk())[1]
    browser.post(f"{screen}from/", {"about": about, "place": "LA14 4LF"})
    return desk


def has_button(page, slot):
    return f'name="slot" value="{slot.pk}"' in page


def test_a_patient_sees_only_times_that_fit_and_why_not_elsewhere(
    patient, make_slot, furness, lancaster, blackburn
):
    here, there, fits = (make_slot(site=site) for site in (furness, lancaster, blackburn))

    page = text(patient.get("/choose/"))

    assert [has_button(page, slot) for slot in (here, there, fits)] == [False, False, True]
    why = page.split(LIST)[1].split("</details>")[0]
    assert "Why not here? 2 places do MRI scans" in why
    assert why.index(NO_HOIST) < why.index(NOT_KNOWN)
    assert "Phone us and we will find out" in why


def test_where_no_place_fits_the_list_says_who_finds_one(patient, make_slot, blackburn, furness):
    Scanner.objects.filter(site=blackburn).update(hoist=False)
    places.forget()
    make_slot(site=blackburn)

    page = text(patient.get("/choose/"))

    assert "No place in our list can do this scan for you without asking first." in page
    assert "New ones are added every day" not in page
    assert "to see more times" not in page, "there are none to see"


def test_who_needs_nothing_is_told_of_nothing_left_out(patient, make_slot, jane):
    Patient.objects.filter(pk=jane.patient_id).update(needs=[])

    assert LIST not in text(patient.get("/choose/"))


def test_a_places_own_page_says_why_it_has_no_times(patient, make_slot, furness, blackburn):
    slot, fits = make_slot(), make_slot(site=blackburn)

    page = text(patient.get("/choose/furness/"))

    assert not has_button(page, slot)
    assert f"You cannot book your scan here. {NO_HOIST}" in page
    assert has_button(text(patient.get("/choose/blackburn/")), fits)


def test_the_large_map_has_the_places_that_fit(patient, make_slot, blackburn):
    make_slot(site=blackburn)

    page = text(patient.get("/map/"))

    assert ("Blackburn" in page, "Furness" in page) == (True, False)


def test_a_clerk_sees_the_same_and_what_each_scanner_can_do(
    desk, jane, make_slot, furness, blackburn
):
    unfit, fits = make_slot(), make_slot(site=blackburn)

    page = desk(f"referral={jane.pk}&times=1")

    assert [has_button(page, slot) for slot in (unfit, fits)] == [False, True]
    assert "Why not here? 2 places are left out" in page
    assert "There is no hoist there to lift people onto the scanner." in page
    assert "hoist: yes; not said: contrast, table, bore" in page


def taken_from(jane, tom, make_slot, site, now):
    slot = make_slot(site=site)
    holds.hold(tom, slot.pk, now=now)
    return slot


def test_who_was_too_late_is_offered_only_what_fits(
    patient, jane, tom, make_slot, furness, blackburn, now
):
    lost = taken_from(jane, tom, make_slot, blackburn, now)
    unfit, fits = make_slot(hour=15), make_slot(site=blackburn, hour=16)

    page = text(patient.post("/hold/", {"slot": lost.pk}))

    assert [has_button(page, slot) for slot in (unfit, fits)] == [False, True]


def test_a_clerk_who_was_too_late_is_offered_only_what_fits(
    desk, jane, tom, make_slot, furness, blackburn, now
):
    lost = taken_from(jane, tom, make_slot, blackburn, now)
    unfit, fits = make_slot(hour=15), make_slot(site=blackburn, hour=16)

    page = desk(f"referral={jane.pk}&taken={lost.pk}")

    assert [has_button(page, slot) for slot in (unfit, fits)] == [False, True]


def test_a_partner_who_was_too_late_is_offered_only_what_fits(
    client, hoists, jane, tom, trust, make_slot, furness, blackburn, now
):
    lost = taken_from(jane, tom, make_slot, blackburn, now)
    unfit, fits = make_slot(hour=15), make_slot(site=blackburn, hour=16)

    answer = client.post(
        "/fhir/R4/Appointment",
        wanted(lost),
        content_type="application/fhir+json",
        headers={"Authorization": f"Bearer {create_key(trust.code, now=now)}"},
    )

    said = [issue["diagnostics"] for issue in answer.json()["issue"]]
    assert answer.status_code == 409
    assert [f"Slot/{slot.pk} " in " ".join(said) for slot in (unfit, fits)] == [False, True]


def test_a_move_to_where_it_cannot_be_done_is_refused_and_the_old_time_kept(
    jane, hoists, make_slot, blackburn, now
):
    had, unfit = make_slot(site=blackburn), make_slot(hour=15)
    holds.hold(jane, had.pk, now=now)
    made = booking.book(jane, had.pk, now=now, actor="patient")

    with pytest.raises(holds.SlotNotSuitable):
        holds.hold(jane, unfit.pk, now=now)
    Slot.objects.filter(pk=unfit.pk).update(held_by=jane, free_at=unfit.start)
    with pytest.raises(holds.SlotNotSuitable), transaction.atomic():
        booking.book(jane, unfit.pk, now=now, actor="patient")

    made.refresh_from_db()
    assert (made.slot_id, Appointment.objects.count()) == (had.pk, 1)


@pytest.mark.parametrize("by", ["record", "answer"])
def test_who_needs_more_since_they_booked_is_a_row_once(jane, hoists, make_slot, furness, now, by):
    Patient.objects.update(needs=[])
    slot, version = make_slot(), file.current().version
    jane.patient.refresh_from_db()
    holds.hold(jane, slot.pk, now=now)
    made = booking.book(jane, slot.pk, now=now, actor="patient")

    def say_so():
        if by == "record":
            change_needs(jane.patient, ["hoist"], shown=[], now=now, actor="staff 1")
        else:
            answer(jane, "transfer", "yes", version=version, now=now, actor="patient")
            answer(jane, "hoist", "yes", version=version, now=now, actor="patient")

    say_so()
    row = WorklistRow.objects.get(closed_at=None)
    assert row.reason.startswith(f"{NO_HOIST} This is new since they booked")
    assert len(row.reason) <= 200
    rows.close_row(row, "resolved", now=now, actor="staff 1")
    answer(jane, "small_spaces", "yes", version=version, now=now, actor="patient")

    assert not WorklistRow.objects.filter(closed_at=None).exists()
    made.refresh_from_db()
    assert made.is_live


def test_a_hold_is_not_renewed_once_the_scanner_cannot(jane, hoists, make_slot, blackburn, now):
    slot = make_slot(site=blackburn)
    holds.hold(jane, slot.pk, now=now)
    Scanner.objects.filter(site=blackburn).update(hoist=False)

    with pytest.raises(holds.SlotNotSuitable):
        holds.renew(jane, slot.pk, now=now)


@pytest.mark.parametrize(
    ("contrast", "status", "says"),
    [
        (True, "booked", "Its time is long enough"),
        (None, "booked", "We do not know if the scanner there can give a dye (contrast): find out"),
        (False, "cancelled", "Offer another"),
    ],
)
def test_another_exam_keeps_the_time_but_where_the_scanner_surely_cannot(
    jane, hoists, make_slot, blackburn, now, contrast, status, says
):
    slot = make_slot(site=blackburn)
    holds.hold(jane, slot.pk, now=now)
    made = booking.book(jane, slot.pk, now=now, actor="patient")
    Scanner.objects.filter(site=blackburn).update(contrast=contrast)
    other = Exam.objects.create(
        code="MR-HEAD", name="an MRI scan of your head", modality="MR", body_part="head",
        minutes=30, contrast=True,
    )  # fmt: skip

    with transaction.atomic():
        change_exam(jane, other, now=now, actor="staff 1")

    made.refresh_from_db()
    assert made.status == status
    assert says in WorklistRow.objects.get(closed_at=None).reason


def test_another_exam_does_not_keep_a_time_that_the_patient_never_fitted(
    jane, hoists, make_slot, blackburn, now
):
    slot = make_slot(site=blackburn)
    holds.hold(jane, slot.pk, now=now)
    made = booking.book(jane, slot.pk, now=now, actor="patient")
    Scanner.objects.filter(site=blackburn).update(hoist=False)
    other = Exam.objects.create(
        code="MR-HIP", name="an MRI scan of your hip", modality="MR", body_part="hip", minutes=30
    )

    with transaction.atomic():
        change_exam(jane, other, now=now, actor="staff 1")

    made.refresh_from_db()
    assert made.status == "cancelled"


def test_who_is_scanned_in_a_van_reads_so_before_and_after_booking(
    patient, trust, jane, make_slot, now
):
    bay = Site.objects.create(
        slug="bay", name="The Bay", kind="mobile", trust=trust, address="1 Shore Road",
        postcode="LA14 4LF", lat=54.13, lon=-3.2, entrance="By the north gate",
    )  # fmt: skip
    van = Scanner.objects.create(
        code="van-1", trust=trust, modality="MR", name="The van", hoist=True, step_free=False
    )
    Stop.objects.create(
        scanner=van, site=bay, first_day=date(2026, 12, 1), last_day=date(2026, 12, 5),
        opens=time(8), closes=time(18),
    )  # fmt: skip
    places.forget()
    slot = make_slot(site=bay)
    in_a_van = "The scanner is in a van outside. There are steps up to the van, and no lift."
    found = "To find it: By the north gate. We are not told of a toilet here."

    listed = text(patient.get("/choose/"))
    times = text(patient.get("/choose/bay/"))
    patient.post("/hold/", {"slot": slot.pk})
    checked = text(patient.get("/check/"))
    linked = text(patient.get(f"/slot/{slot.pk}/"))
    booking.book(jane, slot.pk, now=now + timedelta(minutes=1), actor="patient")
    booked = text(patient.get("/appointment/"))
    public = text(patient.get("/places/bay"))

    assert in_a_van in listed
    for page in (checked, linked, booked):
        assert f"{in_a_van} {found}" in page
        assert "The van is here from 8am to 6pm." in page
    for page in (times, public):
        assert "<li>There are steps up to the van, and no lift.</li>" in page
        assert "<li>To find it: By the north gate.</li>" in page
    Scanner.objects.create(site=bay, modality="MR", name="MRI 1", hoist=True)
    make_slot(site=bay, day=3)
    places.forget()
    both = text(patient.get("/choose/"))
    assert "The mobile MRI scanner is here" in both
    assert "in a van outside" not in both, "nobody knows which of the two it will be"
