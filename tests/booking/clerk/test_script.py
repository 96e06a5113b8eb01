"""What is read to a caller, by how the request stands, what was just done, and whether texts go."""

from dataclasses import replace
from datetime import timedelta

import pytest

from booking.appointments import booking, holds
from booking.clerk.script import Standing, script_of, what_to_say
from booking.messages.outlook import News, NoText, Outlook
from booking.models import AuditAction, Offer, StopQuestion

WHEN = "Wednesday 2 December 2026 at 2pm"
BOOKED = f"You are booked for an MRI scan of your knee on {WHEN}, at Furness, Long Street."
KEPT = "We have kept 2pm on Wednesday 2 December 2026 for an MRI scan of your knee"
NOT_YET = "It is not booked yet: the hospital has to say yes. Please do not come until it has."
AWAY = f"The hospital had to take away your appointment on {WHEN}. Please do not come then."
CANCELLED = f"Your appointment on {WHEN} is cancelled."
UNBOOKED = "You are not booked for an MRI scan of your knee."


@pytest.fixture
def one(jane, make_slot, now):
    slot = make_slot()
    holds.hold(jane, slot.pk, now=now)
    return booking.book(jane, slot.pk, now=now, actor="patient")


@pytest.mark.parametrize(
    ("status", "says", "never"),
    [
        ("booked", [BOOKED], [UNBOOKED, KEPT, "cancelled"]),
        ("pending", [KEPT, NOT_YET], ["You are booked", UNBOOKED]),
        ("cancelled", [CANCELLED, UNBOOKED], ["You are booked", "We have kept"]),
        ("displaced", [AWAY, UNBOOKED], ["You are booked", "cancelled"]),
        ("did_not_attend", [f"We noted that you did not come on {WHEN}.", UNBOOKED], [BOOKED]),
        ("attended", [f"We noted that you came on {WHEN}."], [BOOKED]),
    ],
)
def test_how_a_request_stands(one, jane, now, status, says, never):
    one.status = status
    at = {"live": one} if one.is_live else {"last": one}

    said = " ".join(what_to_say(Standing(jane, now, **at)))

    assert all(words in said for words in says), said
    assert not any(words in said for words in never), said


def test_nothing_was_ever_booked(jane, now):
    said = " ".join(what_to_say(Standing(jane, now, questions_left=3)))

    assert said.startswith(UNBOOKED)
    assert "Take off anything metal." in said
    assert "I must ask you some questions before the scan." in said


def test_a_time_that_has_come_is_asked_about(one, jane):
    said = what_to_say(Standing(jane, one.start + timedelta(hours=1), live=one, journey="Far."))

    assert said == [f"Your appointment was on {WHEN}, at Furness, Long Street. Did you come?"]


def test_a_place_that_moved_is_asked_about_and_not_said_as_booked(one, jane, now, lancaster):
    stop = StopQuestion(appointment=one, version=1, was_at=lancaster)

    said = " ".join(what_to_say(Standing(jane, now, live=one, stop=stop)))

    assert f"on {WHEN} was going to be at Lancaster. It will be at Furness, Long Street." in said
    assert "Does that place suit you?" in said
    assert "You are booked" not in said


def test_a_time_that_is_kept_for_them_is_offered_and_one_that_waits_is_not_theirs(
    one, jane, now, make_slot
):
    slot = make_slot(day=3, hour=9)
    offer = Offer(referral=jane, slot=slot, until=now + timedelta(hours=4))
    standing = Standing(jane, now, live=one, offer=offer)

    asked = " ".join(what_to_say(standing))
    waits = " ".join(what_to_say(replace(standing, waits=True)))
    lost = " ".join(what_to_say(replace(standing, live=None)))

    kept = "We are keeping 9am on Friday 27 November 2026, at Furness, for you until 2pm"
    assert kept in asked
    assert "You keep the time that you have unless you say yes." in asked
    assert BOOKED in asked
    assert "It is not yours yet" in waits
    assert "Would you like it?" not in waits
    assert "You keep the time" not in lost


def test_what_has_ended_is_over_and_of_the_dead_nothing_is_read(one, jane, now):
    jane.ended_at, jane.end_reason = now, "withdrawn"

    assert what_to_say(Standing(jane, now, last=one)) == [
        "This request is over: withdrawn by the referrer. No time is booked."
    ]
    assert what_to_say(Standing(jane, now, live=one, why_not=NoText.DIED)) == []


def test_the_way_there_and_that_no_text_comes_are_said_of_a_time_to_come(one, jane, now):
    standing = Standing(jane, now, live=one, why_not=NoText.NO_MOBILE, journey="20 minutes by car.")

    said = what_to_say(standing)

    assert said[-2:] == [
        "20 minutes by car.",
        "We have no mobile number for you, so no text comes.",
    ]


LATER = "from 8am on Wednesday 25 November."
OUTLOOKS = {
    "going": (Outlook(None, News.GOING), "We will text you {}."),
    "gone": (Outlook(None, News.GONE), "We have texted you {}."),
    "failed": (Outlook(None, News.FAILED), "Our text did not get through."),
    "held": (Outlook(None, News.HELD), "Our texts are late today: please write this down."),
    "no mobile": (Outlook(NoText.NO_MOBILE), "We have no mobile number for you, so no text comes."),
    "opted out": (Outlook(NoText.OPTED_OUT), "You asked us for no more texts, so none comes."),
}


@pytest.mark.parametrize("outlook", OUTLOOKS)
@pytest.mark.parametrize(
    ("status", "action", "title", "says", "told"),
    [
        ("booked", "booked", "Booked. Read this to the caller", BOOKED, "the details"),
        ("booked", "moved", "Changed. Read this to the caller", BOOKED, "the details"),
        (
            "pending", "booked", "Kept, not confirmed yet. Read this to the caller", KEPT,
            "this, and again when the hospital has answered",
        ),
        (
            "pending", "moved", "Changed, not confirmed yet. Read this to the caller", KEPT,
            "this, and again when the hospital has answered",
        ),
        ("cancelled", "cancelled", "Cancelled", CANCELLED, "to say so"),
        ("cancelled", "booked", "Cancelled", CANCELLED, "to say so"),
        ("displaced", "booked", "Taken away by the hospital", AWAY, "to say so"),
        ("displaced", "moved", "Taken away by the hospital", AWAY, "to say so"),
    ],
)  # fmt: skip
def test_what_was_just_done(one, status, action, title, says, told, outlook):
    one.status = status
    of_text, words = OUTLOOKS[outlook]

    script = script_of(one, AuditAction(action), of_text)

    assert script.title == title
    assert script.words.startswith(says)
    assert words.format(told) in script.words
    assert ("You are booked" in script.words) == (status == "booked")


def test_a_text_that_waits_for_the_morning_says_from_when(one, now):
    outlook = Outlook(None, News.LATER, now + timedelta(hours=22))

    script = script_of(one, AuditAction.BOOKED, outlook)

    assert script.words.endswith(f"We will text you the details, {LATER}")
