"""One caller on one screen: find, hold, book, change, cancel, undo, and what can go wrong."""

from datetime import date, timedelta

import pytest

from booking import reserve
from booking.models import Appointment, AuditEntry, Note, Patient, Slot, WorklistRow
from notifications.models import Message, State
from sites import places
from tests.booking.clerk.conftest import text


@pytest.mark.parametrize(
    "typed",
    ["7KQ49CRB", "7kq4 9crb", "07700 900461", "+44 7700 900461", "Fell 12 3 1961",
     "jane FELL, 12/03/1961", "Fell 12th March 1961", "1961-03-12 fell"],
)  # fmt: skip
def test_the_box_finds_by_reference_phone_and_name(clerk, jane, typed):
    answer = clerk.post("/staff/desk/", {"who": typed})

    assert answer["Location"] == f"/staff/patient/{jane.patient_id}/"


def test_the_box_finds_by_nhs_number_and_knows_a_wrong_check_digit(clerk, make_referral):
    jane = make_referral(nhs_number="9990000018")

    right = clerk.post("/staff/desk/", {"who": "999 000 0018"})
    wrong = clerk.post("/staff/desk/", {"who": "999 000 0019"})

    assert right["Location"] == f"/staff/patient/{jane.patient_id}/"
    assert wrong.status_code == 400
    assert "a digit is wrong" in text(wrong)


def test_the_box_finds_by_the_reference_of_an_appointment(clerk, jane, make_slot, now):
    slot = make_slot()
    reserve.hold(jane, slot.pk, now=now)
    booked = reserve.book(jane, slot.pk, now=now, actor="patient")

    answer = clerk.post("/staff/desk/", {"who": booked.reference})

    assert answer["Location"] == f"/staff/patient/{jane.patient_id}/"


@pytest.mark.parametrize(
    ("typed", "says"),
    [
        ("", "Type a reference"),
        ("Fell", "Type a date of birth after the name"),
        ("12 3 1961", "Type the family name"),
        ("Fell 31 2 1961", "not a real date"),
        ("7KQ4 9CRC", "Nobody has this reference"),
        ("07700 900999", "Nobody has this phone"),
        ("🙂" * 400, "Type a date of birth"),
        ("' OR 1=1 -- 12 3 1961", "Nobody has this name"),
    ],
)
def test_what_the_box_does_not_understand_is_said(clerk, jane, typed, says):
    answer = clerk.post("/staff/desk/", {"who": typed})

    assert answer.status_code == 400
    assert says in text(answer)


def test_two_patients_with_one_phone_are_both_offered(clerk, jane, tom):
    page = text(clerk.post("/staff/desk/", {"who": "07700900461"}))

    assert "2 people have this phone" in page
    assert "Jane Fell" in page
    assert "Tom Fell" in page


@pytest.mark.parametrize(
    ("family", "typed"),
    [
        ("O’Neill-Rahman", "o'neill rahman 12 3 1961"),
        ("O’Neill-Rahman", "ONEILLRAHMAN 12 3 1961"),
        ("van der Berg", "Van der Berg 12 3 1961"),
        ("العربية", "العربية 12 3 1961"),
        ("Núñez Müller", "nunez muller 12 3 1961"),
        ("N" * 200, "n" * 200 + " 12 3 1961"),
    ],
)
def test_names_are_found_however_they_are_typed(clerk, make_referral, family, typed):
    referral = make_referral(family_name=family)

    answer = clerk.post("/staff/desk/", {"who": typed})

    assert answer["Location"] == f"/staff/patient/{referral.patient_id}/"
    page = text(clerk.get(answer["Location"]))
    assert f"<bdi>Jane {family}</bdi>" in page


def test_a_name_cannot_write_into_the_page(clerk, make_referral):
    referral = make_referral(given_name="<script>alert(1)</script>", family_name="O'Neill\"")

    page = text(clerk.get(f"/staff/patient/{referral.patient_id}/"))

    assert "<script>alert" not in page


@pytest.mark.parametrize(
    "typed",
    ["7KQ49CRB", "9990000018", "07700900461", "Fell 12 3 1961"],
)
def test_a_find_takes_two_queries(jane, typed, django_assert_max_num_queries):
    from booking.find import find

    Patient.objects.filter(pk=jane.patient_id).update(nhs_number="9990000018")
    with django_assert_max_num_queries(2):
        found = find(typed)
        assert [one.trust.name for one in found.patients[0].referrals.all()]


def test_the_screen_shows_needs_first_then_days_and_times_side_by_side(
    at_desk, jane, make_slot, lancaster, clerk
):
    make_slot(hour=14)
    make_slot(hour=10, site=lancaster)
    at_desk("needs", needs=["hoist", "wheelchair", "nonsense"])

    page = at_desk.screen()

    assert page.index("Uses a wheelchair") < page.index("Jane Fell")
    assert "Target Tuesday 5 January" in page
    assert "breach Tuesday 5 January 2027" in page
    assert page.index('desk-place__name">Furness') < page.index('desk-place__name">Lancaster')
    assert Patient.objects.get().needs == ["wheelchair", "hoist"]


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
    assert wrong.status_code == 400
    assert "Enter a postcode" in text(wrong)


def test_places_can_be_narrowed_by_what_the_caller_needs_there(at_desk, make_slot, lancaster):
    make_slot()
    make_slot(site=lancaster)
    lancaster.facilities = ["hearing_loop"]
    lancaster.save()
    places.clear()

    page = at_desk.screen(query="?need=hearing_loop")

    assert 'desk-place__name">Lancaster' in page
    assert 'desk-place__name">Furness' not in page


def test_filters_work_as_the_patients_do(at_desk, make_slot):
    make_slot(hour=10)
    make_slot(hour=18)

    evening = at_desk.screen(query="?daypart=evening")
    wrong = at_desk.screen(query="?from=yesterday")

    assert ">6pm<" in evening.replace(' <span class="nhsuk-u-visually-hidden">Hold </span>', "")
    assert "10am<" not in evening
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


def test_a_booking_is_read_back_and_its_text_waits_for_the_undo(at_desk, jane, make_slot, now):
    slot = make_slot()
    at_desk("hold", slot=slot.pk)

    at_desk("book", slot=slot.pk, seen="", reason="phoned")

    booked = Appointment.objects.get()
    assert booked.slot_id == slot.pk
    page = at_desk.screen()
    assert "You are booked for an MRI scan of your knee on Wednesday 2 December 2026 at 2pm" in page
    text_row = Message.objects.get(kind="confirmation")
    assert text_row.due_at == now + timedelta(seconds=30)
    assert text_row.state == State.SCHEDULED
    assert AuditEntry.objects.get(action="booked").detail["reason"] == "phoned"


def test_a_double_click_on_book_makes_one(at_desk, jane, make_slot):
    slot = make_slot()
    at_desk("hold", slot=slot.pk)

    first = at_desk("book", slot=slot.pk, seen="", reason="phoned")
    second = at_desk("book", slot=slot.pk, seen="", reason="phoned")

    assert (first.status_code, second.status_code) == (302, 302)
    assert Appointment.objects.count() == 1
    assert Message.objects.filter(kind="confirmation").count() == 1


def test_a_booking_needs_a_reason_from_the_list(at_desk, make_slot):
    slot = make_slot()
    at_desk("hold", slot=slot.pk)

    answer = at_desk("book", slot=slot.pk, seen="", reason="because")

    assert answer.status_code == 400
    assert "Choose a reason" in text(answer)
    assert not Appointment.objects.exists()


def test_two_clerks_want_one_slot_and_the_second_sees_the_nearest_three(
    at_desk, clerk, jane, tom, make_slot, sign_in
):
    slot = make_slot(hour=14)
    for hour in (9, 13, 15, 18):
        make_slot(hour=hour)
    at_desk("hold", slot=slot.pk)

    answer = at_desk("hold", browser=sign_in(username="bob"), referral=tom, slot=slot.pk)

    page = text(answer)
    assert answer.status_code == 409
    assert "has just been taken" in page
    assert page.count("desk-offer__place") == 3
    assert "1pm, Wednesday" in page


def test_a_hold_that_ran_out_is_offered_again(at_desk, jane, make_slot, clock, settings):
    settings.STAFF_IDLE_MINUTES = 60
    slot = make_slot()
    at_desk("hold", slot=slot.pk)
    clock.shift(timedelta(minutes=15, seconds=1))
    at_desk.screen()

    answer = at_desk("book", slot=slot.pk, seen="", reason="phoned")

    assert answer.status_code == 410
    assert "Hold 2pm again" in text(answer)


@pytest.fixture
def booked(at_desk, make_slot, clock):
    slot = make_slot()
    at_desk("hold", slot=slot.pk)
    at_desk("book", slot=slot.pk, seen="", reason="phoned")
    clock.shift(timedelta(minutes=1))
    return Appointment.objects.get()


def form_of(appointment):
    return {"appointment": appointment.reference, "version": appointment.version}


def seen(appointment):
    return f"{appointment.reference}.{appointment.version}"


def test_a_change_keeps_the_old_time_until_the_new_one_is_booked(at_desk, booked, make_slot):
    new = make_slot(day=9)

    at_desk("hold", slot=new.pk)
    assert Appointment.objects.get().slot_id == booked.slot_id
    at_desk("book", slot=new.pk, seen=seen(booked), reason="sooner")

    moved = Appointment.objects.get()
    assert moved.slot_id == new.pk
    assert Slot.objects.get(pk=booked.slot_id).free_at is not None
    assert AuditEntry.objects.get(action="moved").detail["reason"] == "sooner"


def test_two_clerks_on_one_patient_the_second_is_told_and_changes_nothing(
    at_desk, jane, make_slot, sign_in
):
    first, second = make_slot(), make_slot(day=9)
    bob = sign_in(username="bob")
    at_desk("hold", slot=first.pk)
    at_desk("book", slot=first.pk, seen="", reason="phoned")
    at_desk("hold", browser=bob, slot=second.pk)

    answer = at_desk("book", browser=bob, slot=second.pk, seen="", reason="phoned")

    assert answer.status_code == 409
    assert "Somebody changed this a moment ago" in text(answer)
    assert Appointment.objects.get().slot_id == first.pk


def test_a_cancellation_has_a_reason_and_a_row_on_the_list(at_desk, booked):
    none = at_desk("cancel", **form_of(booked), cancel_reason="")
    at_desk("cancel", **form_of(booked), cancel_reason="unwell")

    assert none.status_code == 400
    assert Appointment.objects.get().status == "cancelled"
    assert AuditEntry.objects.get(action="cancelled").detail["reason"] == "unwell"
    assert "Cancelled or missed, not rebooked" in at_desk.screen()


def test_undo_of_a_booking_frees_the_time_and_no_text_goes(at_desk, jane, make_slot):
    slot = make_slot()
    at_desk("hold", slot=slot.pk)
    at_desk("book", slot=slot.pk, seen="", reason="phoned")

    at_desk("undo", **form_of(Appointment.objects.get()))

    assert Appointment.objects.get().status == "cancelled"
    assert Slot.objects.get().free_at is not None
    assert not Message.objects.exclude(state=State.CANCELLED).exists()


def test_undo_of_a_change_takes_the_old_time_back(at_desk, booked, make_slot):
    new = make_slot(day=9)
    at_desk("hold", slot=new.pk)
    at_desk("book", slot=new.pk, seen=seen(booked), reason="sooner")

    at_desk("undo", **form_of(Appointment.objects.get()))

    back = Appointment.objects.get()
    assert (back.slot_id, back.start, back.status) == (booked.slot_id, booked.start, "booked")
    assert Slot.objects.get(pk=new.pk).free_at is not None
    assert Slot.objects.get(pk=booked.slot_id).free_at is None
    waiting = Message.objects.filter(state=State.SCHEDULED).values_list("kind", flat=True)
    assert sorted(waiting) == ["confirmation", "reminder_2_days", "reminder_7_days"]


def test_undo_of_a_cancellation_books_it_again(at_desk, booked, jane):
    at_desk("cancel", **form_of(booked), cancel_reason="unwell")

    at_desk("undo", **form_of(Appointment.objects.get()))

    assert Appointment.objects.get().status == "booked"
    assert Slot.objects.get().free_at is None
    assert "On the lists" not in at_desk.screen()


def test_undo_says_so_if_somebody_took_the_old_time(at_desk, booked, make_slot, tom, clock, now):
    at_desk("cancel", **form_of(booked), cancel_reason="unwell")
    reserve.hold(tom, booked.slot_id, now=now + timedelta(minutes=1))

    answer = at_desk("undo", **form_of(Appointment.objects.get()))

    assert answer.status_code == 409
    assert Appointment.objects.get().status == "cancelled"


@pytest.mark.parametrize("seconds", [31, 300])
def test_undo_ends_after_thirty_seconds(at_desk, booked, clock, seconds):
    at_desk("cancel", **form_of(booked), cancel_reason="unwell")
    clock.shift(timedelta(seconds=seconds))

    answer = at_desk("undo", **form_of(Appointment.objects.get()))

    assert "too late to undo" in text(answer)
    assert Appointment.objects.get().status == "cancelled"


def test_nobody_undoes_what_a_colleague_did(at_desk, booked, sign_in):
    at_desk("cancel", **form_of(booked), cancel_reason="unwell")

    at_desk("undo", browser=sign_in(username="bob"), **form_of(Appointment.objects.get()))

    assert Appointment.objects.get().status == "cancelled"


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

    assert answer.status_code == 400
    assert says in text(answer)
    assert f'value="{typed}"' in text(answer)
    assert Patient.objects.get().mobile == "+447700900461"


def test_a_note_is_kept_once_with_its_writer(at_desk, clerk):
    at_desk("note", note="Daughter’s phone. <b>Ring twice</b>")
    at_desk("note", note="Daughter’s phone. <b>Ring twice</b>")
    empty = at_desk("note", note="  ")

    assert Note.objects.get().user == clerk.staff.user
    assert "&lt;b&gt;Ring twice" in at_desk.screen()
    assert empty.status_code == 400


def test_the_next_of_the_family_is_one_press_away(at_desk, jane, tom):
    page = at_desk.screen()

    assert f'href="/staff/patient/{tom.patient_id}/"' in page
    assert "Same phone" in page


def test_attendance_by_hand_says_the_next_step(at_desk, booked, clock, sign_in):
    early = at_desk("attend", **form_of(booked), came="no")
    clock.move_to(booked.start + timedelta(hours=1))
    radiographer = sign_in("imaging")
    at_desk("attend", browser=radiographer, **form_of(booked), came="no")

    assert early.status_code == 409
    assert Appointment.objects.get().status == "did_not_attend"
    row = WorklistRow.objects.get(kind="not_rebooked")
    assert "missed twice: send back" in row.reason
    again = {**form_of(booked), "version": booked.version + 1}
    at_desk("attend", browser=radiographer, **again, came="yes")
    assert Appointment.objects.get().status == "attended"
    assert WorklistRow.objects.get(kind="not_rebooked").outcome == "resolved"


def test_another_patients_appointment_is_not_touched_through_ones_own(
    at_desk, booked, tom, make_slot, now
):
    answer = at_desk("cancel", referral=tom, **form_of(booked), cancel_reason="unwell")
    assert answer.status_code == 409
    assert Appointment.objects.get().status == "booked"


def test_a_slot_of_another_kind_of_scan_is_refused(at_desk, make_slot):
    slot = make_slot(modality="DX")

    answer = at_desk("hold", slot=slot.pk)

    assert answer.status_code == 400
    assert "not for this kind of scan" in text(answer)


def test_born_on_a_leap_day_is_found(clerk, make_referral):
    make_referral(born=date(2000, 2, 29))

    assert clerk.post("/staff/desk/", {"who": "Fell 29/2/2000"}).status_code == 302


def gone_out(kind, now):
    """The text is with the provider: the thirty seconds were over in the same moment."""
    Message.objects.filter(kind=kind).update(state="accepted", wire_at=now)


def test_undo_of_a_change_whose_text_has_just_gone_says_the_old_time_again(
    at_desk, booked, make_slot, now
):
    gone_out("confirmation", now)
    new = make_slot(day=9)
    at_desk("hold", slot=new.pk)
    at_desk("book", slot=new.pk, seen=seen(booked), reason="sooner")
    gone_out("changed", now)

    at_desk("undo", **form_of(Appointment.objects.get()))

    again = Message.objects.get(kind="changed", state__in=["ready", "scheduled"])
    assert again.subject_version == 3
    assert Appointment.objects.get().slot_id == booked.slot_id


def test_undo_of_a_cancellation_whose_text_has_just_gone_says_that_it_stands(at_desk, booked, now):
    gone_out("confirmation", now)
    at_desk("cancel", cancel_reason="unwell", **form_of(booked))
    gone_out("cancelled_by_you", now)

    at_desk("undo", **form_of(Appointment.objects.get()))

    again = Message.objects.get(kind="confirmation", state__in=["ready", "scheduled"])
    assert again.subject_version == 3


def test_nobody_is_texted_about_a_patient_who_has_died(at_desk, booked):
    at_desk("cancel", cancel_reason="died", **form_of(booked))

    assert Appointment.objects.get().status == "cancelled"
    assert not Message.objects.filter(state__in=["ready", "scheduled"]).exists()
