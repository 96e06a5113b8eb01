"""What patients, clerks and trusts are told is so: each state, by whom it came, on each channel."""

import re
from dataclasses import dataclass, field
from datetime import timedelta

import pytest
import time_machine
from django.db import transaction
from django.test import Client

from booking.appointments import booking, holds, undo
from booking.appointments.time_state import state_of
from booking.appointments.why_off import why_off
from booking.exchange import fhir_resources
from booking.exchange.writeback import partners
from booking.identifiers.actors import PATIENT, Actor, ActorKind
from booking.messages import texts
from booking.models import Appointment, Feed, FeedKey, Referral, ReplyCode, Slot, WorklistRow
from booking.pages.subject import subject_of, subject_token
from booking.patient import text_replies
from booking.patients import record
from booking.referrals import ending
from notifications import opt_outs
from notifications.models import Message, State
from notifications.replies import Reply
from sites.models import Trust
from tests.booking.conftest import NOW

FEED = Actor(ActorKind.FEED, "RTX")
THEN = NOW + timedelta(minutes=5)
"""When what is looked at was done: five minutes after the booking."""


@dataclass(frozen=True)
class Say:
    """Words that must be on a channel, and words that must not."""

    yes: tuple[str, ...] = ()
    no: tuple[str, ...] = ()


@dataclass(frozen=True)
class Case:
    """How a state comes about, and what is then said where."""

    act: object
    patient: Say
    clerk: Say
    text: Say = field(default_factory=Say)
    trust: str = ""
    """HL7's code of who cancelled."""


@pytest.fixture
def staff(make_staff):
    return make_staff(username="carol")


@pytest.fixture(autouse=True)
def keys(trust):
    """A key of the patient's own trust, and one of another that refers here."""
    other = Trust.objects.create(code="RXN", name="Lancashire Teaching Hospitals")
    for code, prefix in ((trust, "ours"), (other, "theirs")):
        FeedKey.objects.create(trust=code, prefix=prefix, created_at=NOW)
    return other


def book(referral, slot, now=NOW, actor=PATIENT, **options):
    holds.hold(referral, slot.pk, now=now)
    return booking.book(referral, slot.pk, now=now, actor=actor, **options)


def clerk(staff, reason):
    return lambda one: booking.cancel(one, 1, now=THEN, actor=staff.actor, reason=reason)


def told_by(prefix, trust, reason=""):
    def tell(one):
        said = partners.TrustAnswer("cancelled", reason, 1)
        partners.answer(one, trust, said, now=THEN, actor=Actor(ActorKind.KEY, prefix))

    return tell


def over(actor, reason):
    return lambda one: ending.end(one.referral, reason, now=THEN, actor=actor)


def patient_sees(code="7KQ49CRB"):
    browser = Client()
    born = {"born[day]": "12", "born[month]": "3", "born[year]": "1961", "about": ""}
    browser.post(f"/a/{code}", born)
    return plain(browser.get("/appointment/"))


def clerk_sees(staff, referral):
    browser = Client()
    browser.force_login(staff.user)
    return plain(browser.get(f"/staff/patient/{referral.patient_id}/"))


def last_text(appointment):
    left = Message.objects.filter(subject=appointment.reference).exclude(state=State.CANCELLED)
    return left.exclude(kind__startswith="reminder").order_by("created_at", "pk").last()


def plain(answer):
    """The words of a page, without its marks and its styles."""
    page = answer.content.decode().partition("<main")[2]
    return " ".join(re.sub(r"<[^>]+>", " ", page).split())


def check(said, say, where):
    for words in say.yes:
        assert words in said, (where, words, said)
    for words in say.no:
        assert words not in said, (where, words, said)


BY_YOU = ("you cancelled", "You cancelled")
GONE = ("gone to somebody else", "somebody else")
BOOKED = ("You are booked", "Your scan is booked")


def cases(staff):
    ours = "University Hospitals of Morecambe Bay"
    free = ("This time is free again", "Take this time again")
    return {
        "patient": Case(
            lambda one: booking.cancel(one, 1, now=THEN, actor=PATIENT),
            Say(("You cancelled it on Tuesday 24 November", *free), GONE),
            Say(("cancelled by the patient",), BOOKED),
            Say(("you cancelled your scan", "Book another time")),
            "pat",
        ),
        "clerk, cannot come": Case(
            clerk(staff, "cannot_come"),
            Say(("Our booking team cancelled it", "you could not come then", *free), BY_YOU),
            Say(("cancelled by a clerk: patient cannot come then",)),
            Say(("is cancelled",), BY_YOU),
            "pat",
        ),
        "clerk, another reason": Case(
            clerk(staff, "other"),
            Say(("Our booking team cancelled it", "phone us"), BY_YOU),
            Say(("cancelled by a clerk",), ("another reason",)),
            Say(("is cancelled",), BY_YOU),
            "other",
        ),
        "the hospital, as the patient asked": Case(
            told_by("ours", "RTX", "pat"),
            Say((f"{ours} cancelled it for you",), BY_YOU),
            Say(("cancelled by the hospital: the patient told it",)),
            Say(("is cancelled",), BY_YOU),
            "pat",
        ),
        "the hospital, without a reason": Case(
            told_by("ours", "RTX"),
            Say((f"{ours} cancelled it on Tuesday 24 November",), (*BY_YOU, "for you")),
            Say(("cancelled by the hospital",)),
            Say(("is cancelled",), BY_YOU),
            "prov",
        ),
        "the hospital cannot": Case(
            told_by("ours", "RTX", "prov"),
            Say(
                (f"{ours} told us on Tuesday 24 November that it cannot see you",),
                (*BY_YOU, "take your time away"),
            ),
            Say(("refused by the hospital",)),
            Say(("cannot go ahead",), BY_YOU),
            "prov",
        ),
        "the feed took it away": Case(
            withdraw,
            Say((f"{ours} took this time away", "Choose another time"), (*BY_YOU, *GONE, *free)),
            Say(("taken away by the hospital",)),
            Say(("cannot go ahead",), BY_YOU),
            "prov",
        ),
        "the scanner moved": Case(
            lambda one: withdraw(one, actor=Actor(ActorKind.STOPS)),
            Say(("The mobile scanner will not be there then",), BY_YOU),
            Say(("taken away by the hospital",)),
            Say(("cannot go ahead",)),
            "prov",
        ),
        "the referrer": Case(
            over(FEED, "withdrawn"),
            Say(
                ("is not needed any more", "is cancelled. Please do not come", f"by {ours}"),
                (*BY_YOU, *free),
            ),
            Say(("cancelled by the trust that referred: withdrawn by the referrer",)),
            Say(("is cancelled, and the request for it is closed",), BY_YOU),
            "other",
        ),
        "a clerk, for the referrer": Case(
            over(staff.actor, "withdrawn"),
            Say(("is not needed any more", "by our booking team"), BY_YOU),
            Say(("cancelled by the trust that referred: withdrawn by the referrer",)),
            Say(("is cancelled, and the request for it is closed",), BY_YOU),
            "other",
        ),
        "the patient has died": Case(
            over(staff.actor, "died"),
            Say(("This request is closed", "is cancelled"), ("died", "text", *BY_YOU)),
            Say(("Do not phone or text", "cancelled by a clerk: the patient has died"), BOOKED),
            Say((), ("cancel", "book another")),
            "pat-dec",
        ),
        "ended, then open again": Case(
            end_and_reopen,
            Say(("had been sent to us twice, or by mistake", "request for a scan is still open")),
            Say(("cancelled by a clerk: sent twice or by mistake",)),
            Say(("the request for it is closed",)),
            "other",
        ),
        "undone": Case(
            undone(staff),
            Say(("Our booking team booked this time by mistake", *free), (*BY_YOU, *BOOKED)),
            Say(("booked by mistake, taken back",), ("Booked. Read", "Undo")),
            Say((), ("your scan is at",)),
            "oth-err",
        ),
    }  # fmt: skip


def withdraw(one, actor=FEED):
    with transaction.atomic():
        booking.withdraw_slots([one.slot_id], now=THEN, actor=actor)


def end_and_reopen(one):
    actor = Actor(ActorKind.STAFF, 99)
    ending.end(one.referral, "duplicate", now=THEN, actor=actor)
    ending.reopen(Referral.objects.get(pk=one.referral_id), now=THEN, actor=actor)


def undone(staff):
    def take_back(one):
        undo.undo(one, 1, now=THEN, actor=staff.actor)

    return take_back


NAMES = list(cases(type("S", (), {"actor": ""})))


@pytest.mark.parametrize("name", NAMES)
def test_who_took_it_off_and_why_is_said_alike_everywhere(name, jane, make_slot, staff):
    case, slot = cases(staff)[name], make_slot()
    at = {"now": THEN, "actor": staff.actor, "undo_window": undo.UNDO} if name == "undone" else {}
    one = book(jane, slot, **at)

    with time_machine.travel(THEN + timedelta(minutes=2), tick=False):
        case.act(one)
        made = Appointment.objects.select_related("site", "slot", "referral__exam").get(pk=one.pk)
        text = last_text(made)
        check(patient_sees(), case.patient, "patient")
        check(clerk_sees(staff, jane), case.clerk, "clerk")
        check(text.body if text else "", case.text, "text")
        off = why_off([made])[made.pk]
    told = fhir_resources.appointment(made, reader="RTX", slot=made.slot, off=off)
    assert told["cancelationReason"]["coding"][0]["code"] == case.trust


WITH_TEXTS, NO_MOBILE, LANDLINE, STOPPED = "+447700900461", "", "+441524555012", "opted out"
NO_TEXT = {
    NO_MOBILE: "We have no mobile number for you, so",
    LANDLINE: "The number that we have for you is not a UK mobile, so",
    STOPPED: "You asked us for no more texts, so",
}
PROMISES = ("We will text", "We text you", "We are sending you a text", "confirm by text")


@pytest.mark.parametrize("number", [WITH_TEXTS, NO_MOBILE, LANDLINE, STOPPED])
@pytest.mark.parametrize("confirms", [False, True], ids=["booked", "pending"])
def test_a_time_is_booked_only_once_it_is_and_texts_are_promised_only_if_they_go(
    number, confirms, jane, make_slot, staff, trust
):
    Feed.objects.filter(trust=trust).update(confirms=confirms, confirm_hours=24)
    jane.patient.mobile = WITH_TEXTS if number == STOPPED else number
    jane.patient.save()
    if number == STOPPED:
        opt_outs.opt_out(opt_outs.hash_of(WITH_TEXTS), source="reply", now=NOW)
    slot, later = make_slot(), make_slot(day=9)
    with time_machine.travel(NOW, tick=False) as clock:
        holds.hold(jane, slot.pk, now=NOW)
        held = clerk_sees(staff, jane)
        booking.book(jane, slot.pk, now=NOW, actor=staff.actor, undo_window=undo.UNDO)
        script, page = read_back(clerk_sees(staff, jane)), patient_sees()
        book(jane, later, actor=staff.actor, undo_window=undo.UNDO)
        moved = read_back(clerk_sees(staff, jane))
        clock.shift(timedelta(minutes=2))
        Message.objects.filter(
            subject_version=2, state=State.SCHEDULED, due_at__lte=NOW + undo.UNDO
        ).update(state=State.DELIVERED)
        gone = patient_sees()

    check(script, *live_words(confirms, number))
    check(moved, *live_words(confirms, number))
    not_yet = "Waiting for the hospital to confirm"
    check(
        page,
        Say((not_yet,), BOOKED) if confirms else Say(("Your scan is booked",), (not_yet,)),
        "patient",
    )
    if number == WITH_TEXTS:
        assert "confirm by text" in held
        assert ("We text you when" if confirms else "We are sending you a text") in page
        assert (
            confirms
            or "We have sent you a text with these details. We will text you again on" in gone
        )
    else:
        for said in (page, script, moved, held, gone):
            check(said, Say((), PROMISES), "no text goes")
        check(page, Say((NO_TEXT[number],)), "patient")


def live_words(confirms, number):
    if confirms:
        promise = ("We will text you this, and again when the hospital has answered",)
        yes, no = ("We have kept", "not confirmed yet", "the hospital has to say yes"), BOOKED
    else:
        promise, yes, no = ("We will text you the details",), ("You are booked",), ("kept",)
    if number != WITH_TEXTS:
        promise = (NO_TEXT[number],)
    return Say((*yes, *promise), no), "clerk"


def read_back(page):
    """The box of the last act on a clerk's screen, up to its button."""
    found = re.search(r"(?:Booked|Kept|Changed|Cancelled).{0,400}? Undo this", page)
    return found[0] if found else ""


def test_details_texted_again_say_that_the_hospital_has_yet_to_confirm(jane, make_slot, trust):
    Feed.objects.filter(trust=trust).update(confirms=True)
    one = book(jane, make_slot())

    record.text_details(one, now=THEN, actor=Actor(ActorKind.STAFF, 1))

    check(last_text(one).body, Say(("We have kept", "has yet to confirm it"), ("CANCEL",)), "text")
    assert not texts.was_given_code(one)


def test_nobody_is_told_that_a_time_that_has_passed_cannot_go_ahead(jane, make_slot):
    one = book(jane, make_slot())
    with transaction.atomic():
        booking.withdraw_slots([one.slot_id], now=one.start + timedelta(hours=1), actor=FEED)

    one.refresh_from_db()
    assert one.status == "displaced"
    assert not Message.objects.filter(kind="displaced").exists()


def test_of_the_dead_nothing_is_texted_whatever_comes_after(jane, make_slot, now):
    one = book(jane, make_slot())
    ending.end(jane, "died", now=THEN, actor=FEED)
    one.referral.refresh_from_db()
    one.referral.patient.refresh_from_db()
    count = Message.objects.count()

    with transaction.atomic():
        texts.notify_change(one, "displaced", THEN)
        texts.resend_details(one, 1, THEN)
        texts.send_invitation(one.referral, THEN, again="2")
    code = ReplyCode.objects.get(version=1).code
    said = Reply("1", one.referral.patient.mobile, "hash", "yes", code, False)
    with transaction.atomic():
        done = text_replies.act(None, said, THEN)
    assert done == "for a clerk to read; the patient has died"

    assert Message.objects.count() == count
    assert WorklistRow.objects.get(closed_at=None).reason == text_replies.FROM_THE_FAMILY


@pytest.fixture
def two(jane, make_slot, make_referral):
    """Jane's two requests, and a time for each."""
    second = Referral.objects.create(
        code="8XRD7JQF", patient=jane.patient, exam=jane.exam, trust=jane.trust,
        urgency="routine", clock_start=jane.clock_start, target_day=jane.target_day,
    )  # fmt: skip
    return (jane, make_slot(day=9)), (second, make_slot(day=8))


LATER_ACTS = {
    "a colleague books": lambda one, other, staff: book(*other, now=THEN, actor="staff 98"),
    "the patient books online": lambda one, other, staff: book(*other, now=THEN),
    "the hospital takes it away": lambda one, other, staff: withdraw(one),
    "the hospital cancels it": lambda one, other, staff: told_by("ours", "RTX", "pat")(one),
    "the other request ends": lambda one, other, staff: ending.end(
        other[0], "withdrawn", now=THEN, actor=FEED
    ),
    "the patient cancels by text": lambda one, other, staff: booking.cancel(
        one, 1, now=THEN, actor=PATIENT
    ),
}


@pytest.mark.parametrize("act", LATER_ACTS)
def test_only_the_last_act_on_a_patient_is_read_back_and_undone(act, two, staff):
    (referral, slot), other = two
    one = book(referral, slot, now=THEN, actor=staff.actor, undo_window=undo.UNDO)
    with time_machine.travel(THEN + timedelta(seconds=5), tick=False):
        assert "You are booked" in read_back(clerk_sees(staff, referral))
        LATER_ACTS[act](one, other, staff)

        assert read_back(clerk_sees(staff, referral)) == ""
        with pytest.raises((undo.TooLateToUndo, holds.ReferralEnded)):
            undo.undo(one, one.version, now=THEN, actor=staff.actor)


def test_of_ones_own_two_acts_the_last_is_read_back_and_undone(two, staff):
    (first, slot), (second, sooner) = two
    at = {"now": THEN, "actor": staff.actor, "undo_window": undo.UNDO}
    book(second, sooner, **at)  # the sooner time, which the list of appointments has last
    last = book(first, slot, **at)
    with time_machine.travel(THEN, tick=False):
        assert "Thursday 3 December" in read_back(clerk_sees(staff, first))
        undo.undo(last, 1, now=THEN, actor=staff.actor)
        assert read_back(clerk_sees(staff, first)) == ""


def withdrawn(slot, tom):
    Slot.objects.filter(pk=slot.pk).update(status="withdrawn", free_at=None)


STATES = {
    "free": (lambda slot, tom: None, "This time is free again", "Take this time"),
    "chosen": (
        lambda slot, tom: holds.hold(tom, slot.pk, now=THEN),
        "Somebody else is choosing", "just now",
    ),
    "taken": (
        lambda slot, tom: book(tom, slot, now=THEN),
        "somebody else", "Somebody else has booked",
    ),
    "withdrawn": (withdrawn, "The hospital does not give", "not in our list any more"),
    "moved": (
        lambda slot, tom: Slot.objects.filter(pk=slot.pk).update(start=slot.start + timedelta(1)),
        "The hospital does not give", "",
    ),
}  # fmt: skip


@pytest.mark.parametrize("state", STATES)
def test_a_former_time_is_said_to_be_somebody_elses_only_if_it_is(
    state, jane, tom, make_slot, staff
):
    slot = make_slot()
    one = book(jane, slot)
    booking.cancel(one, 1, now=NOW, actor=PATIENT)
    become, said, gone = STATES[state]
    become(slot, tom)

    with time_machine.travel(THEN, tick=False):
        page = patient_sees()
        assert said in page
        for words in ("gone to somebody else", "is free again", "does not give"):
            assert words in page or words not in said
            assert words not in page or words in said or state == "taken"
        assert ("gone to somebody else" in page) == (state == "taken")
        assert ("Take this time again" in page) == (state == "free")
        if state != "moved":
            browser = Client()
            browser.force_login(staff.user)
            lost = plain(browser.get(f"/staff/patient/{jane.patient_id}/?taken={slot.pk}"))
            assert ("is free again" in lost) == (state == "free")
            assert ("has just been taken" in lost) == (state in ("taken", "chosen"))
            assert ("does not give" in lost) == (state == "withdrawn")
            answer = pressed(slot, jane)
            assert "/check/" in answer if state == "free" else gone in answer


def pressed(slot, referral):
    """What the patient's browser says when the time is pressed."""
    browser = Client()
    browser.post(f"/a/{referral.code}", {
        "born[day]": "12", "born[month]": "3", "born[year]": "1961", "about": "",
    })  # fmt: skip
    about = subject_token(subject_of(referral, booking.live_appointment(referral)))
    answer = browser.post("/hold/", {"slot": slot.pk, "about": about})
    return answer.get("Location", "") or plain(answer)


def test_a_time_with_room_for_two_is_free_while_one_seat_is(jane, tom, make_slot):
    first, second = (make_slot(external_id="both", seat=seat) for seat in (0, 1))
    book(tom, first)
    assert state_of(first, jane, now=THEN) == "free"
    assert state_of(first, tom, now=THEN) == "yours"
    holds.hold(jane, second.pk, now=NOW)
    assert state_of(first, jane, now=THEN) == "kept"
    assert state_of(second, None, now=THEN) == "chosen"


def test_ones_own_time_is_never_somebody_elses(jane, make_slot):
    slot = make_slot()
    book(jane, slot)
    with time_machine.travel(NOW, tick=False):
        assert pressed(slot, jane) == "/appointment/"
