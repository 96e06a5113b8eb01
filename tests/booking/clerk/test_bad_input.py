"""Two at one thing, Back, a row that closes while it is read, a role taken away: no harm."""

import re

import pytest
from django.db import transaction

from booking.models import Appointment, Attempt, Call, Slot, Staff, WorklistRow
from booking.worklists import rows, subjects
from tests.booking.clerk.conftest import problems, text

ROW = "/staff/lists/row/{}/"


@pytest.fixture
def row(jane, now, clock):
    with transaction.atomic():
        about = subjects.of_referral(jane)
        return rows.open_row("not_booked", about, "Phone them.", now=now, actor="clock")


@pytest.fixture
def on_row(clerk, row):
    """What the forms of the row's page carry, as it is now."""

    def on_row(browser=clerk):
        page = text(browser.get(ROW.format(row.pk)))
        return {"about": re.findall(r'name="about" value="([^"]+)"', page)[-1]}

    return on_row


@pytest.fixture
def on_list(clerk):
    """Press a button under the list, all its rows ticked, as a page that was loaded before."""

    def on_list(page, do, browser=clerk):
        ticked = re.findall(r'name="row" type="checkbox" value="([^"]+)"', page)
        listed = re.search(r'name="listed" value="([^"]*)"', page)[1]
        sent = {"do": do, "kind": "not_booked", "row": ticked, "listed": listed}
        return browser.post("/staff/lists/bulk/", sent)

    return on_list


@pytest.fixture
def tried(at_desk):
    """Say on Jane's screen what came of a call, with the rows that the screen showed."""

    def tried(rows_seen=None, **fields):
        if rows_seen is None:
            rows_seen = re.search(r'name="rows_seen" value="([^"]*)"', at_desk.screen())[1]
        return at_desk("call/tried", rows_seen=rows_seen, **fields)

    return tried


# --- one row


@pytest.mark.parametrize("do", ["take", "close"])
def test_a_row_that_closed_while_it_was_read_stays_as_it_was_closed(clerk, row, on_row, now, do):
    shown = on_row()
    rows.close_row(row, "sent_back", now=now, actor="staff 9")

    sent = {"do": do, "note": "Rings at six", "outcome": "could_not_reach", **shown}
    page = text(clerk.get(clerk.post(ROW.format(row.pk), sent)["Location"]))

    assert problems(page)["main-content"].startswith("Somebody else has ")
    assert "Closed</strong> Sent back" in page, "the page is of the row as it is now"
    row.refresh_from_db()
    assert (row.outcome, row.owner) == ("sent_back", None)
    assert not row.events.filter(detail="Rings at six").exists()


def test_of_two_clerks_who_close_one_row_the_second_is_told(clerk, row, on_row, sign_in):
    bob = sign_in(username="bob")
    first, second = on_row(), on_row(bob)

    clerk.post(ROW.format(row.pk), {"do": "close", "outcome": "could_not_reach", **first})
    late = bob.post(ROW.format(row.pk), {"do": "close", "outcome": "reached", **second})

    page = text(bob.get(late["Location"]))
    assert problems(page) == {"main-content": "Somebody else has closed this"}
    assert WorklistRow.objects.get().outcome == "could_not_reach"
    assert row.events.filter(action="closed").count() == 1


def test_back_to_a_row_that_one_closed_closes_nothing_again(clerk, row, on_row):
    sent = {"do": "close", "outcome": "could_not_reach", "note": "Rang twice", **on_row()}

    for _ in range(2):
        assert clerk.post(ROW.format(row.pk), sent).status_code == 302

    assert row.events.filter(action="closed").count() == 1
    assert row.events.filter(detail="Rang twice").count() == 1


# --- one list


def test_of_two_clerks_who_take_one_list_at_once_the_first_has_it(clerk, row, on_list, sign_in):
    bob = sign_in(username="bob")
    page = text(clerk.get("/staff/lists/not_booked/?many=1"))
    other = text(bob.get("/staff/lists/not_booked/?many=1"))

    taken = on_list(page, "mine")
    late = on_list(other, "mine", bob)

    assert (taken.status_code, late.status_code) == (200, 409)
    assert f'href="{ROW.format(row.pk)}"' in text(late), "named, with the way to it"
    assert WorklistRow.objects.get().owner == clerk.staff.user


def test_back_to_a_list_that_was_texted_texts_nobody_again(clerk, row, on_list):
    page = text(clerk.get("/staff/lists/not_booked/?many=1"))

    assert on_list(page, "text").status_code == 200
    assert on_list(page, "text").status_code == 409
    assert row.events.filter(action="texted").count() == 1


# --- a role or a trust taken away


def test_who_is_a_clerk_no_more_holds_books_and_works_nothing(
    clerk, at_desk, row, on_row, on_list, make_slot
):
    slot, shown = make_slot(), on_row()
    page = text(clerk.get("/staff/lists/not_booked/?many=1"))
    about, call_about = at_desk.carried("hold"), at_desk.carried("call")
    Staff.objects.filter(pk=clerk.staff.pk).update(role="trust_admin")

    answers = [
        at_desk("hold", slot=slot.pk, about=about),
        at_desk("call", checked=["born"], caller="patient", call_seen="0", about=call_about),
        clerk.post(ROW.format(row.pk), {"do": "take", **shown}),
        on_list(page, "mine"),
        clerk.post("/staff/lists/next/", {}),
    ]

    assert [one.status_code for one in answers] == [403] * 5
    assert not Appointment.objects.exists()
    assert not Call.objects.exists()
    assert Slot.objects.get().held_by is None
    assert WorklistRow.objects.get().owner is None


def test_whose_trust_was_taken_away_does_nothing_with_its_rows(
    clerk, row, on_row, on_list, other_trust
):
    shown, page = on_row(), text(clerk.get("/staff/lists/not_booked/?many=1"))
    clerk.staff.trusts.set([other_trust])

    taken = clerk.post(ROW.format(row.pk), {"do": "take", **shown})
    many = on_list(page, "mine")

    assert (taken.status_code, many.status_code) == (404, 409)
    assert "Jane" not in text(taken) + text(many), "nothing is said of theirs any more"
    assert WorklistRow.objects.get().owner is None


# --- calls that reach nobody


@pytest.mark.parametrize("press", ["no_answer", "call_back"])
def test_a_call_about_rows_that_are_others_now_is_not_counted(tried, row, now, clerk, press):
    before = f"{row.pk}.{row.version}"
    rows.take(row, clerk.staff.user, now=now, actor="staff 9")

    late = tried(before, tried=press, call_day="25/11/2026", call_time="10:30")

    assert late.status_code == 409
    assert not Attempt.objects.exists()
    assert not Call.objects.exists()


def test_a_call_about_no_row_is_not_counted_on_one_that_came_meanwhile(tried, row):
    assert tried("", tried="no_answer").status_code == 409
    assert not Attempt.objects.exists()


@pytest.mark.parametrize(("day", "time"), [("24/11/2026", "08:00"), ("25/11/2027", "10:30")])
@pytest.mark.parametrize("has_row", [True, False])
def test_a_call_back_too_early_or_too_late_is_said_and_what_was_typed_stays(
    at_desk, tried, has_row, day, time, request
):
    if has_row:
        request.getfixturevalue("row")

    page = at_desk.after(tried(tried="call_back", call_day=day, call_time=time))

    assert re.match("The time must be later than now, and by .* on ", problems(page)["call_day"])
    assert f'value="{"-".join(reversed(day.split("/")))}"' in page, "as a box for days has it"
    assert WorklistRow.objects.count() == has_row, "none is left that was opened for it"
    assert not Attempt.objects.exists()
