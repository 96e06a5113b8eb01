"""Rules of transactions: each raises where it is broken, in a test's own transaction and without.

`db` runs a test inside a transaction of Django's, `transactional_db` in none, as production does.
"""

from datetime import timedelta

import pytest
from django.db import connection, transaction

from booking.appointments import booking, displacing, holds
from booking.changes import change_log, commit_numbers, feed_locks, transactions
from booking.changes.transactions import TransactionRuleBroken
from booking.exchange.feeds import freshness, places_changed
from booking.exchange.feeds.write_turns import WriteTransactions
from booking.identifiers.actors import CLOCK
from booking.messages import offer_texts, texts
from booking.models import Feed, Offer, Slot, WorklistRow
from booking.offers.making import Terms, make
from booking.worklists import rows
from booking.worklists.subjects import RowSubject, Topic
from sites.imports import apply
from sites.models import Scanner
from tests.booking.exchange.feeds.conftest import VAN_SCHEDULE, push, van, van_slot  # noqa: F401


@pytest.fixture(params=["db", "transactional_db"])
def either(request):
    """Run the test inside a test's transaction, then without one."""
    request.getfixturevalue(request.param)


def roll_back():
    transaction.set_rollback(True)


def test_a_tests_own_transaction_does_not_count(db):
    assert connection.in_atomic_block
    assert not transactions.in_transaction()

    with transaction.atomic():
        assert transactions.in_transaction()


def test_inside_and_outside_are_told_apart(either):
    with pytest.raises(TransactionRuleBroken, match="A lock belongs inside"):
        transactions.must_be_in_transaction("A lock")
    transactions.must_not_be_in_transaction("A hold")
    with transaction.atomic():
        transactions.must_be_in_transaction("A lock")
        with pytest.raises(TransactionRuleBroken, match="A hold belongs in no"):
            transactions.must_not_be_in_transaction("A hold")


def test_what_was_done_is_forgotten_when_the_transaction_ends_however_it_ends(either):
    with transaction.atomic():
        transactions.remember("locked")
        with transaction.atomic():
            assert transactions.has_done("locked")
    assert not transactions.has_done("locked")

    with transaction.atomic():
        assert not transactions.has_done("locked")
        transactions.remember("locked")
        roll_back()
    with transaction.atomic():
        assert not transactions.has_done("locked")


def test_what_a_savepoint_did_is_forgotten_when_it_is_rolled_back(either):
    with transaction.atomic():
        with transaction.atomic():
            transactions.remember("locked")
            roll_back()
        assert not transactions.has_done("locked")


@pytest.mark.parametrize(
    "act",
    [
        lambda now, slot: feed_locks.lock_feed_exclusively("RTX"),
        lambda now, slot: feed_locks.lock_feeds_shared(["RTX"]),
        lambda now, slot: commit_numbers.next_numbers(["a"], now=now),
        lambda now, slot: commit_numbers.raise_all(["a"], now=now),
        lambda now, slot: change_log.record_slot_changes("RTX", [slot.start], now=now),
        lambda now, slot: displacing.cancel_by_trust([slot.pk], now=now, actor=CLOCK),
        lambda now, slot: displacing.withdraw_slots([slot.pk], now=now, actor=CLOCK),
        lambda now, slot: rows.open_row(
            rows.Kind.BREACH, RowSubject(Topic.FEED, "1"), "x", now=now, actor=CLOCK
        ),
        lambda now, slot: texts.help_with_reply("answer", "answer_help", "", "1", now),
    ],
)
def test_what_belongs_inside_a_transaction_raises_outside(either, make_slot, now, act):
    slot = make_slot()
    with pytest.raises(TransactionRuleBroken):
        act(now, slot)
    assert Slot.objects.get().status == "free"
    assert not WorklistRow.objects.exists()

    with transaction.atomic():
        act(now, slot)


def test_texts_about_a_patient_belong_inside_the_transaction_of_their_news(
    either, jane, make_slot, now
):
    slot = make_slot()
    holds.hold(jane, slot.pk, now=now)
    booked = booking.book(jane, slot.pk, now=now, actor=CLOCK)
    terms = Terms(Offer.Why.SOONER, now + timedelta(hours=1))
    offer = make(jane, make_slot(day=3).pk, terms, now=now, actor=CLOCK)

    for tell in (
        lambda: texts.notify_change(booked, "changed", now),
        lambda: texts.send_invitation(jane, now),
        lambda: offer_texts.ask(offer, now),
        lambda: texts.resend_details(booked, 1, now),
        lambda: texts.answer_reply(booked, "answer_yes", "1", now),
    ):
        with pytest.raises(TransactionRuleBroken):
            tell()


def test_a_hold_belongs_in_no_transaction_but_one_that_keeps_imports_out(
    either, jane, make_slot, now
):
    first, second = make_slot(), make_slot()
    with transaction.atomic(), pytest.raises(TransactionRuleBroken, match="lock_feeds_shared"):
        holds.hold(jane, first.pk, now=now)
    with transaction.atomic():
        feed_locks.lock_feeds_shared(["RXL"])  # another trust's
        with pytest.raises(TransactionRuleBroken, match="lock_feeds_shared"):
            holds.hold(jane, first.pk, now=now)

    with transaction.atomic():
        feed_locks.lock_feeds_shared(["RTX"])
        holds.hold(jane, first.pk, now=now)
        assert holds.hold(jane, second.pk, now=now) == second
    with transaction.atomic(), pytest.raises(TransactionRuleBroken, match="lock_feeds_shared"):
        holds.release(jane, now=now)
    holds.release(jane, now=now)
    assert not Slot.objects.exclude(held_by=None).exists()


@pytest.mark.parametrize(
    "act",
    [
        lambda now, slot: feed_locks.lock_feed_exclusively("RTX"),
        lambda now, slot: feed_locks.lock_feeds_shared(["RTX"]),
        lambda now, slot: displacing.cancel_by_trust([slot.pk], now=now, actor=CLOCK),
        lambda now, slot: displacing.withdraw_slots([slot.pk], now=now, actor=CLOCK),
    ],
)
def test_what_waits_for_others_comes_before_the_commit_numbers(either, make_slot, now, act):
    slot = make_slot()
    with transaction.atomic():
        change_log.record_slot_changes("RTX", [slot.start], now=now)
        with pytest.raises(TransactionRuleBroken, match="before the commit numbers"):
            act(now, slot)


def test_bookings_and_cancellations_come_before_the_commit_numbers(
    either, jane, tom, make_slot, now
):
    slot, other = make_slot(), make_slot(hour=16)
    holds.hold(jane, slot.pk, now=now)
    holds.hold(tom, other.pk, now=now)
    booked = booking.book(jane, slot.pk, now=now, actor=CLOCK)
    for act in (
        lambda: booking.cancel(booked, 1, now=now, actor=CLOCK),
        lambda: booking.book(tom, other.pk, now=now, actor=CLOCK),
    ):
        with transaction.atomic():
            change_log.record_slot_changes("RTX", [slot.start], now=now)
            with pytest.raises(TransactionRuleBroken, match="before the commit numbers"):
                act()


def test_an_import_takes_its_turns_in_a_test_as_it_does_without(either, trust, now):
    turns = WriteTransactions("RTX", now)
    with turns.transaction():
        turns.changed([now], [])
    with turns.transaction():
        assert commit_numbers.read([change_log.week_counter(change_log.week_of(now), "RTX")])


def test_the_row_of_a_late_feed_is_opened_with_its_history(either, trust, now):
    Feed.objects.update(last_contact_at=None)

    freshness.watch(now=now)

    assert WorklistRow.objects.get().events.get().action == "opened"


@pytest.fixture
def two_vans(push, van, now, time_machine):  # noqa: F811
    time_machine.move_to(now, tick=False)
    Scanner.objects.create(code="van-2", trust=van.trust, modality="MR", name="The other van")
    push(VAN_SCHEDULE, van_slot(2))


def test_two_scanners_of_one_file_are_followed_at_once(
    either, two_vans, lancaster, furness, jane, now, monkeypatch
):
    slot = Slot.objects.get()
    holds.hold(jane, slot.pk, now=now)
    booked = booking.book(jane, slot.pk, now=now, actor=CLOCK)
    followed = []

    def count(before, after, effects):
        followed.append([pk for pk in after.scanners if before.scanners[pk] != after.scanners[pk]])

    monkeypatch.setattr("sites.changes.followers", [count, places_changed.follow])

    changes = apply.apply([(1, stop("van-1", lancaster)), (2, stop("van-2", furness))])

    assert [change.became for change in changes] == ["changed", "created"]
    assert [len(scanners) for scanners in followed] == [2]
    booked.refresh_from_db()
    slot.refresh_from_db()
    assert (booked.status, booked.site, slot.site) == ("booked", lancaster, lancaster)


def stop(code, site):
    return {
        "what": "stop", "id": "x", "scanner": code, "site": site.slug, "from": "2026-11-30",
        "to": "2026-12-05", "opens": "08:00", "closes": "18:00",
    }  # fmt: skip
