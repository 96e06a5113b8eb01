"""One caller on one screen: hold, book, change, cancel, and what can go wrong."""

from datetime import timedelta

import pytest

from booking.appointments import holds
from booking.models import Appointment, AuditEntry, Note, Patient, Slot, WorklistRow
from notifications.models import Message
from sites import places
from tests.booking.clerk.conftest import confirm_of, form_of, problems, text


def test_the_screen_shows_needs_first_then_days_and_times_side_by_side(
    at_desk, jane, make_slot, lancaster, clerk
):
    make_slot(hour=14)
    make_slot(hour=10, site=lancaster)
    at_desk("needs", needs=["claustrophobia", "carer", "nonsense"])

    page = at_desk.screen()

    assert page.index("Comes with a carer") < page.index("Jane Fell")
    assert "Target Tuesday 5 January" in page
    assert "breach Tuesday 5 January 2027" in page
    assert page.index('desk-place__name">Furness') < page.index('desk-place__name">Lancaster')
    assert Patient.objects.get().needs == ["carer", "claustrophobia"]


def test_times_go_by_travel_from_any_place_that_the_caller_names(
    at_desk, jane, make_slot, lancaster, clerk
):
    make_slot()
    make_slot(site=lancaster)

    answer = at_desk("from", place="LA1 4RP")
    page = at_desk.screen()
    by_name = at_desk("from", place="lancas")
    by_town = at_desk("from", place="Kendal")
    from_kendal = at_desk.screen()
    wrong = at_desk("from", place="Atlantis")

    assert "LA1" not in answer["Location"]
    assert page.index('desk-place__name">Lancaster') < page.index('desk-place__name">Furness')
    assert by_name.status_code == by_town.status_code == 302
    assert 'value="Kendal"' in from_kendal
    page = at_desk.after(wrong)
    assert page.count("Enter a postcode") == 2, "in the summary and at the box"
    assert 'value="Atlantis"' in page


def test_what_the_caller_said_is_shown_if_it_was_put_right(at_desk, make_slot):
    make_slot()

    at_desk("from", place="Millum")
    guessed = at_desk.screen()
    at_desk("from", place="Millom")
    sure = at_desk.screen()
    several = at_desk("from", place="Warton")

    assert 'We took “Millum” as <b>Millom</b>. <a href="#place">Change' in guessed
    assert "We took" not in sure
    assert "Warton near Kirkham or Warton near Carnforth" in at_desk.after(several)


def test_places_can_be_narrowed_by_what_the_caller_needs_there(at_desk, make_slot, lancaster):
    make_slot()
    make_slot(site=lancaster)
    lancaster.facilities = ["hearing_loop"]
    lancaster.save()
    places.forget()

    answer = at_desk("times", need=["hearing_loop"], daypart="afternoon")
    page = at_desk.after(answer)

    assert "hearing" not in answer["Location"]
    assert "daypart=afternoon" in answer["Location"]

    assert 'desk-place__name">Lancaster' in page
    assert 'desk-place__name">Furness' not in page


def test_filters_work_as_the_patients_do(at_desk, make_slot):
    make_slot(hour=10)
    make_slot(hour=18)

    evening = at_desk.screen(query="?daypart=evening")
    wrong = at_desk.screen(query="?from=yesterday")

    hold = '<span class="nhsuk-u-visually-hidden">Hold </span>'
    assert f"{hold}6pm" in evening
    assert f"{hold}10am" not in evening
    assert "Type the first date like" in wrong


def test_a_hold_has_a_name_that_other_clerks_see(
    at_desk, clerk, jane, make_slot, sign_in, clock, settings
):
    settings.STAFF_IDLE_MINUTES = 60
    slot = make_slot()
    at_desk("hold", slot=slot.pk)
    bob = sign_in(username="bob")

    mine = at_desk.screen()
    theirs = at_desk.screen(bob)
    desk = text(bob.get("/staff/desk/"))

    assert "by you until 10:15am" in " ".join(mine.split())
    assert "by carol until 10:15am" in " ".join(theirs.split())
    assert "held by carol until 10:15am" in desk
    assert "carol looked at this patient" in theirs
    clock.shift(timedelta(minutes=10))
    at_desk("keep", slot=slot.pk)
    assert "by you until 10:25am" in " ".join(at_desk.screen().split())
    clock.shift(timedelta(minutes=16))
    assert "No time is held" in text(bob.get("/staff/desk/"))


def test_a_caller_who_hangs_up_leaves_the_time_to_the_clerks_choice(at_desk, jane, make_slot, now):
    slot = make_slot()
    at_desk("hold", slot=slot.pk)

    at_desk("let-go")

    slot.refresh_from_db()
    assert slot.free_at < now
    assert "Held" not in at_desk.screen().split("Referrals")[0]


def test_a_double_click_on_book_makes_one(at_desk, jane, make_slot):
    slot = make_slot()
    at_desk("hold", slot=slot.pk)

    press = {"about": at_desk.carried("book"), "slot": slot.pk, "reason": "phoned"}
    first = at_desk("book", **press)
    second = at_desk("book", **press)

    assert (first.status_code, second.status_code) == (302, 302)
    assert Appointment.objects.count() == 1
    assert Message.objects.filter(kind="confirmation").count() == 1


def test_a_booking_needs_a_reason_from_the_list(at_desk, make_slot):
    slot = make_slot()
    at_desk("hold", slot=slot.pk)

    answer = at_desk("book", slot=slot.pk, reason="because")

    page = at_desk.after(answer)
    assert problems(page)["reason"].startswith("Choose a reason")
    assert "Held by you" in page
    assert not Appointment.objects.exists()


def test_two_clerks_want_one_slot_and_the_second_sees_the_nearest_three(
    at_desk, clerk, jane, tom, make_slot, sign_in
):
    slot = make_slot(hour=14)
    for hour in (9, 13, 15, 18):
        make_slot(hour=hour)
    at_desk("hold", slot=slot.pk)

    bob = sign_in(username="bob")
    answer = at_desk("hold", browser=bob, referral=tom, slot=slot.pk)

    page = at_desk.after(answer, bob)
    assert "2pm on Wednesday 2 December has just been taken" in page
    assert not Slot.objects.filter(held_by=tom).exists()
    assert page.count("desk-offer__place") == 3
    assert "1pm, Wednesday" in page


def test_a_hold_that_ran_out_is_offered_again(at_desk, jane, make_slot, clock, settings):
    settings.STAFF_IDLE_MINUTES = 60
    slot = make_slot()
    at_desk("hold", slot=slot.pk)
    clock.shift(timedelta(minutes=15, seconds=1))
    at_desk.screen()

    answer = at_desk("book", slot=slot.pk, reason="phoned")

    page = at_desk.after(answer)
    assert "The 15 minutes ran out, but the time is still free" in page
    assert "Hold 2pm again" in page
    assert not Appointment.objects.exists()


def test_a_clerk_keeps_a_time_for_an_hour_at_most(at_desk, make_slot, clock, settings):
    settings.STAFF_IDLE_MINUTES = 60
    slot = make_slot()
    at_desk("hold", slot=slot.pk)
    for _ in range(5):
        clock.shift(timedelta(minutes=10))
        at_desk("keep", slot=slot.pk)

    last = at_desk.screen()
    clock.shift(timedelta(minutes=10))
    over = at_desk.after(at_desk("keep", slot=slot.pk))

    assert "the longest that a time is kept" in last
    assert "Keep 15 minutes more" not in last
    assert "The 60 minutes for which a time is kept at most ran out" in over
    assert "Hold 2pm again" in over


def test_a_new_time_after_the_old_one_has_passed_is_booked_not_changed(
    at_desk, booked, make_slot, now
):
    Slot.objects.filter(pk=booked.slot_id).update(start=now - timedelta(hours=1))
    Appointment.objects.filter(pk=booked.pk).update(start=now - timedelta(hours=1))
    new = make_slot(day=9)
    at_desk("hold", slot=new.pk)

    page = " ".join(at_desk.screen().split())
    answer = at_desk("book", slot=new.pk, reason="phoned")

    assert "has passed. If you book this one, we note that the patient did not attend it" in page
    assert "Book now" in page
    assert "is kept until" not in page
    assert answer.status_code == 302
    statuses = Appointment.objects.order_by("pk").values_list("status", flat=True)
    assert list(statuses) == ["did_not_attend", "booked"]


def test_a_change_keeps_the_old_time_until_the_new_one_is_booked(at_desk, booked, make_slot):
    new = make_slot(day=9)

    at_desk("hold", slot=new.pk)
    assert Appointment.objects.get().slot_id == booked.slot_id
    at_desk("book", slot=new.pk, reason="sooner")

    moved = Appointment.objects.get()
    assert moved.slot_id == new.pk
    assert Slot.objects.get(pk=booked.slot_id).free_at is not None
    assert AuditEntry.objects.get(action="moved").detail["reason"] == "sooner"


def test_two_clerks_on_one_patient_the_second_is_told_and_changes_nothing(
    at_desk, jane, make_slot, sign_in
):
    first, second = make_slot(), make_slot(day=9)
    bob = sign_in(username="bob")
    before = at_desk.carried("hold", bob)
    at_desk("hold", slot=first.pk)
    at_desk("book", slot=first.pk, reason="phoned")
    at_desk("hold", browser=bob, slot=second.pk)

    answer = at_desk("book", browser=bob, about=before, slot=second.pk, reason="phoned")

    page = text(answer)
    assert answer.status_code == 409
    assert "Somebody changed this a moment ago" in page
    assert "Nothing of yours was done" in page
    assert f'href="/staff/patient/{jane.patient_id}/"' in page
    assert "Somebody changed this" not in at_desk.screen(bob)
    assert Appointment.objects.get().slot_id == first.pk


def test_a_cancellation_has_a_reason_and_a_row_on_the_list(at_desk, booked):
    none = at_desk("cancel", **form_of(booked), cancel_reason="")
    page = at_desk.after(none)
    assert Appointment.objects.get().status == "booked"
    at_desk("cancel", **form_of(booked), cancel_reason="unwell")

    assert problems(page)["cancel_reason"].startswith("Choose why it is cancelled")
    assert Appointment.objects.get().status == "cancelled"
    assert AuditEntry.objects.get(action="cancelled").detail["reason"] == "unwell"
    assert "Cancelled or missed, not rebooked" in at_desk.screen()


def test_the_details_are_texted_again_as_often_as_asked(at_desk, booked, jane):
    at_desk("text", **form_of(booked))
    at_desk("text", **form_of(booked))

    again = Message.objects.filter(kind="details")
    assert [one.to for one in again] == ["+447700900461"] * 2
    assert "here are your details again" in again[0].body


def test_a_corrected_number_takes_the_waiting_texts_with_it(at_desk, booked, jane):
    at_desk("mobile", mobile="07700 900 123")

    assert Patient.objects.get().mobile == "+447700900123"
    assert set(Message.objects.values_list("to", flat=True)) == {"+447700900123"}
    entry = AuditEntry.objects.get(action="mobile corrected")
    assert "900123" not in str(entry.detail)


@pytest.mark.parametrize(
    ("typed", "says"),
    [
        ("01524 65944", "This is a landline"),
        ("070 1234 5678", "070 number"),
        ("hello", "Use only digits"),
        ("0770", "not a UK number"),
    ],
)
def test_a_number_that_cannot_be_texted_is_refused_in_words(at_desk, jane, typed, says):
    answer = at_desk("mobile", mobile=typed)

    page = at_desk.after(answer)
    assert page.count(says) == 2, "in the summary and at the box"
    assert f'value="{typed}"' in page
    assert f'value="{typed}"' not in at_desk.screen(), "said once"
    assert Patient.objects.get().mobile == "+447700900461"


def test_a_note_is_kept_once_with_its_writer(at_desk, clerk):
    at_desk("note", note="Daughter’s phone. <b>Ring twice</b>")
    at_desk("note", note="Daughter’s phone. <b>Ring twice</b>")
    empty = at_desk("note", note="  ")

    assert Note.objects.get().user == clerk.staff.user
    assert problems(at_desk.after(empty))["note"].startswith("Type the note")
    assert "&lt;b&gt;Ring twice" in at_desk.screen()


def test_the_next_of_the_family_is_one_press_away(at_desk, jane, tom):
    page = at_desk.screen()

    assert f'href="/staff/patient/{tom.patient_id}/"' in page
    assert "Same phone" in page


def test_attendance_by_hand_says_the_next_step(at_desk, booked, clock, sign_in):
    early = at_desk("attend", **form_of(booked), came="no")
    page = at_desk.after(early)
    assert Appointment.objects.get().status == "booked"
    clock.move_to(booked.start + timedelta(hours=1))
    radiographer = sign_in("imaging")
    at_desk("attend", browser=radiographer, **form_of(booked), came="no")

    assert "Nothing of yours was done" in page
    assert Appointment.objects.get().status == "did_not_attend"
    row = WorklistRow.objects.get(kind="not_rebooked")
    assert "missed twice: send back" in row.reason
    booked.refresh_from_db()
    at_desk("attend", browser=radiographer, **form_of(booked), came="yes")
    assert Appointment.objects.get().status == "attended"
    assert WorklistRow.objects.get(kind="not_rebooked").outcome == "resolved"


def test_another_patients_appointment_is_not_touched_through_ones_own(at_desk, booked, tom, clerk):
    answer = at_desk("cancel", referral=tom, **form_of(booked), cancel_reason="unwell")

    assert answer.status_code == 409
    assert "That page was about somebody else" in text(answer)
    assert "Nothing of yours was done" in text(answer)
    assert Appointment.objects.get().status == "booked"


def test_a_slot_of_another_kind_of_scan_is_refused(at_desk, make_slot):
    slot = make_slot(modality="DX")

    answer = at_desk("hold", slot=slot.pk)

    assert problems(at_desk.after(answer))["times"].startswith(
        "That time is not for this kind of scan"
    )
    assert not Slot.objects.exclude(held_by=None).exists()


def test_nobody_is_texted_about_a_patient_who_has_died(clerk, at_desk, booked):
    asked = at_desk("cancel", cancel_reason="died", **form_of(booked))
    assert Appointment.objects.get().status == "booked"  # the next page asks first
    page = clerk.get(asked["Location"])
    clerk.post(asked["Location"], {"reason": "died", "confirm": confirm_of(page)})

    assert Appointment.objects.get().status == "cancelled"
    assert not Message.objects.filter(state__in=["ready", "scheduled"]).exists()


def test_a_lost_time_stays_lost_when_loaded_again_and_goes_with_the_next_choice(
    at_desk, jane, tom, make_slot, now
):
    slot, near = make_slot(hour=14), make_slot(hour=15)
    holds.hold(tom, slot.pk, now=now)
    lost = at_desk("hold", slot=slot.pk, filters="daypart=afternoon")

    address = lost["Location"].partition("?")[2]
    assert "has just been taken" in at_desk.screen(query=f"?{address}")
    assert "has just been taken" in at_desk.screen(query=f"?{address}")
    held = at_desk("hold", slot=near.pk, filters=address)

    page = at_desk.after(held)
    assert "Held by you" in page
    assert "has just been taken" not in page
    assert "daypart=afternoon" in held["Location"], "the search is kept"


def test_a_time_that_one_has_by_now_is_not_said_to_be_lost(at_desk, jane, make_slot):
    slot = make_slot()
    at_desk("hold", slot=slot.pk)
    assert "has just been taken" not in at_desk.screen(query=f"?taken={slot.pk}")

    at_desk("book", slot=slot.pk, reason="phoned")

    assert "has just been taken" not in at_desk.screen(query=f"?taken={slot.pk}")
    assert "There is no such" not in at_desk.screen(query="?taken=nonsense")
