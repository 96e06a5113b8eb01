"""Who of a day's people came, said at once on the sheet of the day list."""

import re
from datetime import UTC, datetime, timedelta

import pytest

from booking.appointments import booking, holds, trust_answers
from booking.models import Appointment, AuditEntry, Referral, WorklistRow
from booking.worklists import chasing
from tests.booking.clerk.conftest import text

DAY = "/staff/day/?place=furness&day=2026-11-25"
CODES = [f"{first}{second}22222B" for first in "23456" for second in "23456"]


@pytest.fixture
def day(make_referral, make_slot, now, clock, clerk):
    """Book as many people tomorrow from 8am, half an hour apart, and be there in the evening."""

    def day(count):
        made = []
        for n in range(count):
            person = make_referral(CODES[n], f"Ann{n:02}", mobile=f"+4477009{n:05}")
            slot = make_slot(day=1, hour=8)
            start = slot.start + timedelta(minutes=30 * n)
            slot.start, slot.end = start, start + timedelta(minutes=30)
            slot.save()
            holds.hold(person, slot.pk, now=now)
            made.append(booking.book(person, slot.pk, now=now, actor="patient"))
        clock.shift(timedelta(days=1, hours=10))
        clerk.force_login(clerk.staff.user)
        return made

    return day


LATER = datetime(2026, 11, 25, 20, 5, tzinfo=UTC)


def sheet_of(browser):
    """What the sheet carries."""
    return re.search(r'name="people" value="([^"]*)"', text(browser.get(DAY)))[1]


def press(browser, do, people=None, **chosen):
    sent = {
        "do": do,
        "people": people or sheet_of(browser),
        "place": "furness",
        "day": "2026-11-25",
    }
    return browser.post("/staff/day/mark/", {**sent, **chosen})


def statuses():
    return list(Appointment.objects.order_by("start").values_list("status", flat=True))


def plain(answer):
    return " ".join(re.sub(r"<[^>]*>", " ", text(answer)).split())


def test_those_who_did_not_come_are_chosen_and_everybody_else_came(clerk, day):
    made = day(5)
    missed = made[2]

    answer = press(clerk, "rest", **{f"came_{missed.pk}": "no"})

    assert answer.status_code == 200
    assert "5 people are marked: 4 came, 1 did not" in plain(answer)
    assert statuses() == ["attended", "attended", "did_not_attend", "attended", "attended"]
    assert "Ann02 Fell , 9am : Phone or text with another time" in plain(answer)
    assert Referral.objects.exclude(ended_at=None).count() == 4, "as single acts do"
    assert WorklistRow.objects.get(kind="not_rebooked").appointment == missed
    assert AuditEntry.objects.filter(action="attended", actor=clerk.staff.actor).count() == 4


def test_only_what_is_chosen_is_said(clerk, day):
    made = day(3)

    answer = press(clerk, "save", **{f"came_{made[0].pk}": "yes"})

    assert "1 person is marked: 1 came, 0 did not" in plain(answer)
    assert statuses() == ["attended", "booked", "booked"]


def test_of_20_people_3_changed_meanwhile_and_17_are_done(clerk, sign_in, day):
    made = day(20)
    people = sheet_of(clerk)
    for one in made[4:6]:
        trust_answers.missed(one, one.version, now=LATER, actor="staff 9")
    Appointment.objects.filter(pk=made[6].pk).update(version=7)

    answer = press(clerk, "rest", people)

    assert answer.status_code == 200
    assert "17 people are marked: 17 came, 0 did not" in plain(answer)
    assert "3 changed meanwhile: nothing was done with them." in plain(answer)
    assert all(f"Ann0{n} Fell" in text(answer) for n in (4, 5, 6))
    assert statuses()[4:7] == ["did_not_attend", "did_not_attend", "booked"]
    again = press(clerk, "rest", people)
    assert "0 people are marked" in plain(again)
    assert "17 stood so already." in plain(again)
    assert again.status_code == 409
    assert Appointment.objects.filter(status="attended", version=2).count() == 17, "none twice"


def test_a_mistake_is_put_right_on_the_same_sheet(clerk, day):
    (made,) = day(1)
    press(clerk, "save", **{f"came_{made.pk}": "yes"})
    page = text(clerk.get(DAY))
    assert re.search(rf'id="came_{made.pk}-yes"[^>]* checked', page)

    answer = press(clerk, "save", **{f"came_{made.pk}": "no"})

    assert "1 person is marked: 0 came, 1 did not" in plain(answer)
    assert statuses() == ["did_not_attend"]
    assert Referral.objects.get().ended_at is None
    assert WorklistRow.objects.filter(kind="not_rebooked", closed_at=None).exists()


def test_nobody_is_marked_before_their_time_has_come(clerk, day, clock):
    made = day(3)
    people = sheet_of(clerk)
    clock.move_to(made[1].start)

    page = text(clerk.get(DAY))
    assert f"came_{made[1].pk}-yes" in page
    assert f"came_{made[2].pk}-yes" not in page
    assert "1 whose time has not come yet is not here." in page
    answer = press(clerk, "rest", people)

    assert "2 people are marked" in plain(answer)
    assert "1 has not begun yet, so nothing was said of it." in plain(answer)
    assert statuses() == ["attended", "attended", "booked"]


def test_the_row_did_they_come_closes_and_the_day_is_marked(clerk, day, clock):
    day(2)
    clock.move_to(LATER)
    chasing.open_due_rows(now=LATER)
    assert WorklistRow.objects.filter(kind="unmarked", closed_at=None).count() == 2
    overview = plain(clerk.get("/staff/day/?day=2026-11-26"))
    assert "Wednesday 25 November 2026, Furness : 2 people" in overview

    press(clerk, "rest")

    assert not WorklistRow.objects.filter(kind="unmarked", closed_at=None).exists()
    overview = plain(clerk.get("/staff/day/?day=2026-11-26"))
    assert "Everybody whose time is over is marked." in overview


@pytest.mark.parametrize(
    ("sent", "said"),
    [
        ({"do": "save"}, "Choose who came first"),
        ({"do": "else"}, "Press one of the buttons"),
        ({"do": "rest", "people": "forged"}, "Open the list again"),
    ],
    ids=["nothing chosen", "no button of ours", "not ours"],
)
def test_a_press_that_cannot_be_done_says_why(clerk, day, sent, said):
    day(2)

    answer = press(clerk, **sent)

    assert answer.status_code == 400
    assert said in plain(answer)
    assert statuses() == ["booked", "booked"]


def test_somebody_who_was_not_on_the_sheet_is_not_marked_by_a_button(clerk, day):
    made = day(2)
    people = sheet_of(clerk).split(",")[0]

    press(clerk, "save", people, **{f"came_{made[0].pk}": "yes", f"came_{made[1].pk}": "no"})

    assert statuses() == ["attended", "booked"]


def test_another_trusts_sheet_marks_nobody(clerk, sign_in, day, other_trust):
    day(2)
    people = sheet_of(clerk)
    stranger = sign_in(trusts=("RXR",), username="sam")

    answer = press(stranger, "rest", people)

    assert answer.status_code == 409
    assert "2 changed meanwhile" in plain(answer)
    assert "Ann0" not in text(answer)
    assert statuses() == ["booked", "booked"]


def test_the_imaging_team_marks_too(sign_in, day):
    day(1)
    imaging = sign_in("imaging", username="iris")

    press(imaging, "rest")

    assert statuses() == ["attended"]
