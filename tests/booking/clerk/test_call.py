"""The call on the patient's screen: who calls, what is sure, what may be said, and its end."""

import re
from datetime import date, timedelta

import pytest

from booking.models import Appointment, AuditEntry, Call, Contact, Note, Patient, WorklistRow
from tests.booking.clerk.conftest import problems, text

TWO = ["born", "address"]


@pytest.fixture
def seen(at_desk):
    """What the form of the call carries now."""

    def seen(name="call_seen", **options):
        found = re.search(rf'name="{name}" value="([^"]*)"', at_desk.screen(**options))
        return found[1]

    return seen


@pytest.fixture
def say(at_desk, seen):
    """Save who calls, as the screen is now; return the screen after it."""

    def say(checked=TWO, caller="patient", **fields):
        fields = {"call_seen": seen(), **fields}
        answer = at_desk("call", checked=checked, caller=caller, **fields)
        return plain(at_desk.after(answer))

    return say


@pytest.fixture
def mary(jane):
    return Contact.objects.create(
        patient=jane.patient, key="mary", name="Mary Fell", relationship="daughter",
        may_speak=True, agreed="times and places", agreed_on=date(2026, 3, 3),
    )  # fmt: skip


def plain(page):
    return " ".join(re.sub(r"<[^>]*>", " ", page.partition("<main")[2]).split())


def box(page):
    return page.partition("The call ")[2].partition("Who is calling")[0]


def test_before_anything_is_checked_nothing_may_be_said_and_nothing_is_begun(at_desk):
    page = plain(at_desk.screen())

    assert "Not checked yet Say nothing about a scan yet" in page
    assert "End the call" not in page
    assert not Call.objects.exists()


def test_two_of_three_make_sure_who_calls_and_it_is_written_down(clerk, jane, say, now):
    page = say(["born", "number"])

    assert "Checked On the phone: the patient . They gave: date of birth, a number" in page
    assert "Say nothing" not in page
    call = Call.objects.get()
    assert (call.patient, call.staff, call.began_at) == (jane.patient, clerk.staff, now)
    assert call.checked == ["born", "number"]
    entry = AuditEntry.objects.get(action="caller checked")
    assert entry.detail == {"call": call.pk, "caller": "patient", "checked": ["born", "number"]}


@pytest.mark.parametrize("checked", [[], ["born"], ["born", "born"]])
def test_one_of_three_or_one_twice_is_not_enough(checked, say):
    page = say(checked)

    assert "Not checked yet" in page
    assert "Say nothing about a scan yet" in page


@pytest.mark.parametrize(
    ("typed", "ticked"),
    [
        ("Fell 12 3 1961", {"born"}),
        ("Fell 12 3 1961 LA14 4LF", {"born", "address"}),
        ("7KQ4-9CRB", {"number"}),
        ("07700 900461", {"number"}),
    ],
)
def test_what_the_caller_gave_to_be_found_is_ticked(clerk, at_desk, typed, ticked):
    clerk.post("/staff/desk/", {"who": typed})

    page = at_desk.screen()

    found = re.findall(r'name="checked"[^>]*value="(\w+)"[^>]*checked', page)
    assert set(found) == ticked
    assert not Call.objects.exists(), "ticked is not yet said"


def test_what_was_given_is_of_that_search_of_that_patient_and_for_half_an_hour(
    clerk, at_desk, clock, tom
):
    clerk.post("/staff/desk/", {"who": "7KQ4-9CRB"})
    assert "Ticked is what they gave" not in at_desk.screen().replace("Ticked", "", 1)
    assert "Ticked is what they gave" in at_desk.screen()
    assert "Ticked" not in text(clerk.get(f"/staff/patient/{tom.patient_id}/"))
    clock.shift(timedelta(minutes=14))
    at_desk.screen()
    clock.shift(timedelta(minutes=14))
    at_desk.screen()
    clock.shift(timedelta(minutes=3))
    assert "Ticked is what they gave" not in at_desk.screen()


def test_a_record_without_an_address_offers_no_check_of_it(at_desk, jane, seen):
    Patient.objects.update(postcode="", address="")

    assert 'value="address"' not in at_desk.screen()
    answer = at_desk("call", checked=["born", "address"], caller="patient", call_seen=seen())
    assert "Choose one of these" in plain(at_desk.after(answer))
    assert not Call.objects.exists()


def test_who_may_speak_is_said_with_what_about_and_since_when(say, mary):
    page = say(caller=f"contact-{mary.pk}")

    assert "On the phone: Mary Fell" in page
    assert "May speak for the patient: times and places . The patient said so on" in page
    assert "3 March 2026" in page


@pytest.mark.parametrize("may_speak", [None, False])
def test_somebody_who_may_not_be_told_is_told_nothing_even_if_all_is_right(may_speak, say, mary):
    day = None if may_speak is None else date(2026, 3, 3)
    Contact.objects.update(may_speak=may_speak, agreed_on=day)

    page = say(["born", "address", "number"], caller=f"contact-{mary.pk}")

    assert "May not be told On the phone: Mary Fell" in page
    assert "not that there is one. Take a message" in page
    assert ("Do not speak with Mary Fell" in page) == (may_speak is False)


def test_a_no_that_comes_during_the_call_counts_at_once(at_desk, say, mary):
    say(caller=f"contact-{mary.pk}")

    Contact.objects.update(may_speak=False)

    assert "May not be told" in plain(at_desk.screen())
    Contact.objects.all().delete()
    assert "May not be told On the phone: Mary Fell" in plain(at_desk.screen())


def test_a_parent_speaks_for_a_child_alone_and_says_their_name(at_desk, jane, say, seen):
    assert "A parent or guardian" not in at_desk.screen()
    refused = at_desk("call", checked=TWO, caller="parent", caller_name="Ann", call_seen=seen())
    assert "Choose who is calling" in plain(at_desk.after(refused))

    Patient.objects.update(born=date(2015, 3, 12))
    page = at_desk.after(at_desk("call", checked=TWO, caller="parent", call_seen=seen()))
    assert problems(page) == {"caller_name": "Type the name of the parent or guardian"}
    assert "Checked On the phone: Ann Fell, a parent" in say(
        caller="parent", caller_name="Ann Fell"
    )


def test_an_interpreter_speaks_with_the_patient_there(say):
    page = say(caller="interpreter", caller_name="Li")

    assert "Checked On the phone: the patient, with an interpreter Li" in page


def test_a_name_too_long_is_refused_and_kept_and_one_of_200_letters_is_taken(at_desk, seen, say):
    refused = at_desk("call", checked=TWO, caller="other", caller_name="x" * 201, call_seen=seen())

    page = at_desk.after(refused)

    assert problems(page) == {"caller_name": "Type at most 200 letters"}
    assert "x" * 201 in page
    assert 'value="born" checked' in page.replace('type="checkbox" ', "")
    say(caller="other", caller_name="x" * 200)
    assert Call.objects.get().caller_name == "x" * 200


def test_a_booking_for_who_may_not_speak_is_asked_once_more(at_desk, jane, make_slot, say):
    say(caller="other", caller_name="Rob")
    slot = make_slot()
    at_desk("hold", slot=slot.pk)

    held = at_desk.screen()
    first = at_desk("book", slot=slot.pk, reason="phoned")
    again = at_desk.after(first)

    assert "Who is calling may not speak for this patient" in held
    assert not Appointment.objects.exists()
    assert "Yes, all the same" in again
    known = re.search(r'name="known" value="([^"]+)"', again)[1]
    at_desk("book", slot=slot.pk, reason="phoned", known=known)
    assert Appointment.objects.exists()


def test_a_time_after_the_target_and_a_caller_who_may_not_are_both_asked_once(
    at_desk, jane, make_slot, say
):
    jane.target_day = date(2026, 11, 25)
    jane.save()
    say(caller="other")
    slot = make_slot()
    at_desk("hold", slot=slot.pk)

    again = at_desk.after(at_desk("book", slot=slot.pk, reason="phoned"))
    known = re.search(r'name="known" value="([^"]+)"', again)[1]
    at_desk("book", slot=slot.pk, reason="phoned", known=known)

    assert len(known.split(",")) == 2
    assert Appointment.objects.exists()


def test_nothing_is_asked_of_a_booking_while_nobody_was_asked_who_calls(at_desk, make_slot):
    slot = make_slot()
    at_desk("hold", slot=slot.pk)
    at_desk("book", slot=slot.pk, reason="phoned")

    assert Appointment.objects.exists()


def test_the_end_leads_to_the_desk_and_says_what_was_done(at_desk, clerk, say, seen, make_slot):
    say()
    slot = make_slot()
    at_desk("hold", slot=slot.pk)
    at_desk("book", slot=slot.pk, reason="phoned")
    at_desk("note", note="Deaf in one ear")

    answer = at_desk("call/end", call_seen=seen())

    assert answer["Location"] == "/staff/desk/"
    said = "The call is ended: a time was booked; a note was written."
    assert said in plain(text(clerk.get("/staff/desk/")))
    assert Call.objects.get().ended_at is not None
    assert AuditEntry.objects.filter(action="call ended").count() == 1
    assert "Not checked yet" in plain(at_desk.screen())


@pytest.mark.parametrize("carried", ["²", "²²²", "٣.1", "9" * 19, "9" * 40, "-1.1", "x", "", "."])
def test_an_end_of_no_call_that_there_is_ends_none(at_desk, say, carried):
    say()

    assert at_desk("call/end", call_seen=carried).status_code == 409
    assert Call.objects.get().ended_at is None


def test_a_second_press_of_the_end_does_nothing_more(at_desk, say, seen):
    say()
    carried = {"call_seen": seen(), "about": at_desk.carried("call/end")}

    at_desk("call/end", **carried)
    again = at_desk("call/end", **carried)

    assert again["Location"] == "/staff/desk/"
    assert AuditEntry.objects.filter(action="call ended").count() == 1


def test_back_to_a_call_that_has_ended_begins_no_other_one_unseen(at_desk, say, seen):
    say()
    carried = {"call_seen": seen(), "about": at_desk.carried("call")}
    at_desk("call/end", **carried)

    answer = at_desk("call", checked=TWO, caller="other", caller_name="Rob", **carried)

    assert answer.status_code == 409
    assert Call.objects.count() == 1
    assert "Rob" in at_desk.screen(), "what was typed is kept"


def test_a_press_twice_is_one_call(at_desk, seen):
    carried = {"call_seen": seen(), "about": at_desk.carried("call")}

    for _ in range(2):
        answer = at_desk("call", checked=TWO, caller="patient", **carried)
        assert answer.status_code == 302

    assert Call.objects.get().version == 1


def test_two_clerks_each_have_their_own_call_and_see_the_others(at_desk, sign_in, say, jane):
    say()
    sam = sign_in(username="sam")

    page = plain(at_desk.screen(browser=sam))
    assert "Also in a call carol" in page
    assert "Not checked yet" in page
    at_desk("call", browser=sam, checked=["born"], caller="patient", call_seen="0")

    assert Call.objects.filter(ended_at=None).count() == 2
    assert "Also in a call sam" in plain(at_desk.screen())
    mine = Call.objects.get(staff__user__username="carol")
    stolen = at_desk("call/end", browser=sam, call_seen=f"{mine.pk}.1")
    assert stolen.status_code == 409


def test_a_call_left_open_overnight_counts_no_more(at_desk, clerk, say, seen, clock):
    say()
    carried = {"call_seen": seen(), "about": at_desk.carried("call")}
    clock.shift(timedelta(hours=20))
    clerk.force_login(clerk.staff.user)

    assert "Not checked yet" in plain(at_desk.screen())
    assert at_desk("call", checked=["born"], caller="patient", **carried).status_code == 409
    page = say(["born"])

    assert "Not checked yet" in page
    old, new = Call.objects.order_by("pk")
    assert old.ended_at - old.began_at == timedelta(hours=2)
    assert new.ended_at is None


def test_imaging_sees_whom_not_to_speak_with_and_has_no_call(at_desk, sign_in, mary):
    Contact.objects.update(may_speak=False)
    team = sign_in("imaging", username="ida")

    page = at_desk.screen(browser=team)

    assert "Do not speak with" in page
    assert "Check who is calling" not in page
    assert at_desk("call", browser=team, about="", call_seen="0").status_code == 403


@pytest.mark.parametrize("tried", ["no_answer", "left_message"])
def test_a_call_of_ours_that_reaches_nobody_is_counted_also_without_a_row(
    at_desk, clerk, seen, tried
):
    at_desk("call/tried", tried=tried, rows_seen=seen("rows_seen"))

    assert "1 call without an answer" in plain(at_desk.screen())
    assert not WorklistRow.objects.exists()
    assert Call.objects.get().tried == tried
    assert "Also in a call" not in plain(at_desk.screen(browser=clerk))


@pytest.mark.parametrize("press", ["", "phone_on", "letter_sent", "<b>"])
def test_no_other_button_is_taken(at_desk, seen, press):
    answer = at_desk("call/tried", tried=press, rows_seen=seen("rows_seen"))

    assert "Press one of the buttons" in at_desk.after(answer)
    assert not Call.objects.exists()


def test_who_asks_to_be_called_is_on_the_list_then(at_desk, clerk, jane, seen):
    answer = at_desk(
        "call/tried", tried="call_back", call_day="25/11/2026", call_time="10:30",
        rows_seen=seen("rows_seen"),
    )  # fmt: skip

    assert "Phone them at 10:30am on Wednesday 25 November 2026." in at_desk.after(answer)
    row = WorklistRow.objects.get()
    assert (row.kind, row.referral, row.call_at) == ("needs_person", jane, row.due_at)
    listed = plain(text(clerk.get("/staff/lists/needs_person/")))
    assert "To phone later, at a time that was agreed" in listed


def test_no_call_back_where_no_request_is_open(at_desk, jane, seen, now):
    jane.ended_at, jane.end_reason = now, "not_wanted"
    jane.save()

    answer = at_desk(
        "call/tried", tried="call_back", call_day="25/11/2026", call_time="10:30",
        rows_seen=seen("rows_seen"),
    )  # fmt: skip

    assert "Write a note instead" in problems(at_desk.after(answer))["call_day"]
    assert not WorklistRow.objects.exists()


def test_what_to_say_stands_there_but_for_who_may_not_hear_it(at_desk, booked, say):
    page = at_desk.screen()
    words = page.partition('id="to-say">')[2].partition("</details>")[0]

    assert "Check first who is calling." in words
    assert "You are booked for an MRI scan of your knee on Wednesday 2 December" in words
    say(caller="other")
    assert 'id="to-say"' not in at_desk.screen()


def test_nothing_of_the_call_is_in_an_address_or_in_the_audit(say, at_desk, seen):
    say(caller="other", caller_name="Rob Secret")
    at_desk("call/end", call_seen=seen())

    assert not any("Rob" in str(entry.detail) for entry in AuditEntry.objects.all())
    assert not Note.objects.exists()
