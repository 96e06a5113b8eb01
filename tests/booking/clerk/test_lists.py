"""Lists that nobody can lose: what puts a row on them, whose it is, and how it leaves."""

import re
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from uuid import uuid4

import pytest
from django.db import connection, transaction

from booking.appointments import booking, holds
from booking.models import AuditEntry, Counter, Patient, Referral, WorklistRow
from booking.referrals import ending
from booking.worklists import chasing, rows
from booking.worklists.subjects import RowSubject, Topic, of_referral
from booking.worklists.tasks import forget_drafts, open_due_rows
from notifications import replies
from tests.booking.clerk.conftest import abouts, problems, text


@pytest.fixture
def row(jane, now, clock):
    with transaction.atomic():
        return rows.open_row(
            "needs_person",
            RowSubject(Topic.REPLY, "1", referral=jane),
            "Said yes and no.",
            now=now,
            actor="reply",
        )


@pytest.fixture
def press(clerk, row):
    """Press a button of the row's page, as it is now."""

    def press(do, browser=clerk, **fields):
        page = f"/staff/lists/row/{row.pk}/"
        fields.setdefault("about", abouts(text(browser.get(page))).get("", ""))
        return browser.post(page, {"do": do, **fields})

    return press


def test_urgency_then_due_time_orders_a_list(clerk, make_referral, now):
    for code, urgency, hours in [
        ("2222222B", "routine", 0), ("2222222C", "suspected_cancer", 2),
        ("2222222D", "urgent", 0), ("2222222F", "suspected_cancer", 0),
    ]:  # fmt: skip
        referral = make_referral(code=code, given_name=code)
        Referral.objects.filter(pk=referral.pk).update(urgency=urgency)
        referral.refresh_from_db()
        with transaction.atomic():
            opened = now + timedelta(hours=hours)
            rows.open_row("displaced", of_referral(referral), "x", now=opened, actor="feed RTX")

    page = text(clerk.get("/staff/lists/displaced/"))

    order = ["2222222F", "2222222C", "2222222D", "2222222B"]
    assert sorted(order, key=page.index) == order


def test_counts_stand_on_the_desk_with_what_is_overdue(clerk, row, clock):
    clock.shift(timedelta(days=3))
    clerk.force_login(clerk.staff.user)

    page = " ".join(text(clerk.get("/staff/desk/")).split())

    assert ">1</b> <span>Needs a person</span> <span" in page
    assert "1 overdue" in page


def test_a_row_is_taken_and_given_back_and_says_whose_it_is(clerk, row, sign_in, press):
    bob = sign_in(username="bob")
    page = f"/staff/lists/row/{row.pk}/"

    press("take")
    taken = press("take", bob)

    assert problems(text(bob.get(taken["Location"]))) == {
        "main-content": "Somebody else has taken this"
    }
    assert problems(text(bob.get(page))) == {}, "said once"
    assert "carol has it" in text(bob.get(page))
    press("give", bob)
    assert "Nobody has it yet" in text(clerk.get(page))
    assert "given back by bob" in text(clerk.get(page))


def test_nothing_leaves_a_list_without_an_outcome(clerk, row, press):
    page = f"/staff/lists/row/{row.pk}/"

    about = abouts(text(clerk.get(page)))[""]
    none = press("close", outcome="")
    odd = press("close", outcome="lost")
    press("close", outcome="reached", note="Comes on Friday")
    again = press("close", about=about, outcome="booked", note="Or not")

    assert (none.status_code, odd.status_code) == (400, 400)
    assert problems(text(none)) == {"outcome": "Choose what became of it"}
    assert problems(text(clerk.get(again["Location"]))) == {
        "main-content": "Somebody else has closed this"
    }
    row.refresh_from_db()
    assert (row.outcome, row.closed_at is not None) == ("reached", True)
    history = text(clerk.get(page))
    assert "closed by carol: Spoke to the patient" in history
    assert "Comes on Friday" in history


def test_another_trusts_row_is_not_there(row, sign_in, other_trust):
    stranger = sign_in(trusts=("RXR",), username="sam")

    assert stranger.get(f"/staff/lists/row/{row.pk}/").status_code == 404
    assert "Said yes and no" not in text(stranger.get("/staff/lists/needs_person/"))


def test_a_row_about_no_patient_is_on_every_trusts_list(sign_in, other_trust, now):
    with transaction.atomic():
        rows.open_row(
            "needs_person", RowSubject(Topic.REPLY, "in 7"), "Unknown number.", now=now, actor="x"
        )
    stranger = sign_in(trusts=("RXR",), username="sam")

    assert "Unknown number" in text(stranger.get("/staff/lists/needs_person/"))


def heard(body, number, now):
    """What a phone wrote, handled: it is a clerk's to read, and its row stands on the list."""
    reply = replies.keep(f"SM{uuid4().hex}", number=number, body=body, opt_out_type="", now=now)
    replies.handle(reply, now)
    return reply


@pytest.mark.parametrize("number", ["+447700900461", "+447700900999"], ids=["Jane", "a stranger"])
def test_a_row_shows_who_wrote_what_and_from_which_phone(clerk, jane, clock, now, number):
    heard("Is it <b>safe</b> with my pacemaker?", number, now)
    heard("Please ring me about it", number, now + timedelta(minutes=5))
    row = WorklistRow.objects.get(kind="needs_person")

    listed = " ".join(text(clerk.get("/staff/lists/needs_person/")).split())
    page = " ".join(text(clerk.get(f"/staff/lists/row/{row.pk}/")).split())

    phone = f"0{number[3:7]} {number[7:]}"
    for said in (listed, page):
        assert "Please ring me about it" in said
        assert phone in said
        assert ("Jane Fell" in said) == (number == jane.patient.mobile)
    assert "and 1 more before" in listed
    assert "Is it &lt;b&gt;safe&lt;/b&gt; with my pacemaker?" in page
    assert "Everything said with this phone" in page
    seen = AuditEntry.objects.filter(action="texts seen", patient=jane.patient)
    assert seen.exists() == (number == jane.patient.mobile)


def test_what_another_trusts_patient_may_have_written_is_not_shown(
    clerk, jane, tom, other_trust, clock, now
):
    Referral.objects.filter(pk=tom.pk).update(trust=other_trust)
    Patient.objects.filter(pk=tom.patient_id).update(mobile=jane.patient.mobile)
    heard("My knee hurts", jane.patient.mobile, now)
    row = WorklistRow.objects.get(kind="needs_person")

    for page in ("/staff/lists/needs_person/", f"/staff/lists/row/{row.pk}/"):
        said = text(clerk.get(page))
        assert "My knee hurts" not in said
        assert "another trust has this number too" in said
        assert not re.search(r"\bTom\b", said)


def test_words_that_are_forgotten_are_said_to_be(clerk, jane, clock, now):
    reply = heard("Please ring me", jane.patient.mobile, now)
    row = WorklistRow.objects.get(kind="needs_person")
    type(reply).objects.update(body="", number="", number_hash="")

    for page in ("/staff/lists/needs_person/", f"/staff/lists/row/{row.pk}/"):
        assert "Words that are older than 30 days are not kept" in text(clerk.get(page))


def test_a_list_of_fifty_one_says_so_and_leads_to_the_last(clerk, now, trust):
    for number in range(51):
        with transaction.atomic():
            rows.open_row("feed_late", RowSubject(Topic.FEED, str(number)), "x", now=now, actor="x")

    first = text(clerk.get("/staff/lists/feed_late/"))
    further = re.search(r'<a href="([^"]*)" rel="next">', first)[1]
    second = text(clerk.get(f"/staff/lists/feed_late/{further}"))

    assert (first.count("Not matched"), second.count("Not matched")) == (50, 1)
    assert "Showing 50 of 51." in first
    assert "Showing 51 to 51 of 51." in second


# --- what the clock puts on the lists -----------------------------------------------------------


@pytest.fixture
def waiting(jane, now):
    def waiting(days, urgency="routine"):
        Referral.objects.filter(pk=jane.pk).update(
            created_at=now - timedelta(days=days),
            clock_start=(now - timedelta(days=days)).date(),
            urgency=urgency,
        )

    return waiting


def kinds():
    return sorted(WorklistRow.objects.filter(closed_at=None).values_list("kind", flat=True))


@pytest.mark.parametrize(
    ("urgency", "days", "listed"),
    [
        ("suspected_cancer", 0, ["not_booked"]),
        ("suspected_cancer", 1, ["not_booked"]),
        ("suspected_cancer", 21, ["breach", "not_booked"]),
        ("routine", 6, []),
        ("routine", 7, ["not_booked"]),
        ("routine", 28, ["breach", "not_booked"]),
        ("planned", 13, []),
    ],
)
def test_who_has_not_booked_is_listed_by_urgency(waiting, clock, urgency, days, listed):
    waiting(days, urgency)

    open_due_rows()
    open_due_rows()

    assert kinds() == listed


@pytest.mark.django_db(transaction=True)
def test_hundreds_are_listed_while_others_write(waiting, clock, jane, now, monkeypatch):
    """Who writes on SQLite while still reading fails, once another wrote in between."""
    waiting(30)
    many = [Referral.objects.get(pk=jane.pk) for _ in range(600)]
    for number, copy in enumerate(many):
        copy.pk, copy.code = None, f"X{number:07}"
    Referral.objects.bulk_create(many)
    open_due = chasing.open_not_booked

    def between(*args, **options):
        with ThreadPoolExecutor(1) as other:
            other.submit(write).result()
        return open_due(*args, **options)

    def write():
        try:
            Counter.objects.create(name=str(uuid4()), value=1)
        finally:
            connection.close()

    monkeypatch.setattr(chasing, "open_not_booked", between)

    assert chasing.open_due_rows(now=now) == 602


def test_a_booking_takes_both_rows_off(waiting, clock, jane, make_slot, now):
    waiting(30)
    open_due_rows()
    slot = make_slot(day=3)
    holds.hold(jane, slot.pk, now=now)

    booking.book(jane, slot.pk, now=now, actor="patient")
    open_due_rows()

    assert kinds() == []


def test_who_is_booked_after_the_breach_day_is_about_to_breach(
    waiting, clock, jane, make_slot, now
):
    slot = make_slot(day=20)
    holds.hold(jane, slot.pk, now=now)
    booking.book(jane, slot.pk, now=now, actor="patient")
    waiting(30)

    open_due_rows()

    assert WorklistRow.objects.get(kind="breach").reason.startswith("Booked too late")


def test_a_row_that_a_clerk_closed_comes_back_only_after_a_while(waiting, clock, jane, now):
    waiting(8)
    open_due_rows()
    row = WorklistRow.objects.get()
    rows.close_row(row, "could_not_reach", now=now, actor="staff 1")

    open_due_rows()
    assert kinds() == []
    clock.shift(timedelta(days=8))
    open_due_rows()
    assert kinds() == ["not_booked"]


def test_a_scan_that_is_not_wanted_is_asked_for_again_unless_its_referral_ended(
    waiting, clock, jane, now
):
    waiting(8)
    open_due_rows()
    rows.close_row(WorklistRow.objects.get(), "not_wanted", now=now, actor="staff 1")
    clock.shift(timedelta(days=8))
    open_due_rows()
    assert "not_booked" in kinds()

    ending.end(jane, "not_wanted", now=now, actor="staff 1")
    clock.shift(timedelta(days=60))
    open_due_rows()

    assert kinds() == []


def test_the_names_that_beat_knows_are_kept(settings):
    known = {beat["task"] for beat in settings.CELERY_BEAT_SCHEDULE.values()}
    assert {open_due_rows.name, forget_drafts.name} <= known
