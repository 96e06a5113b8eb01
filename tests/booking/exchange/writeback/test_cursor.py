"""The cursor over a trust's appointments: nothing is ever skipped, whoever writes meanwhile."""

from concurrent.futures import ThreadPoolExecutor, wait
from threading import Event

import pytest
from django.db import transaction

from booking.appointments import booking, holds
from booking.changes import commit_numbers, feed_locks
from booking.exchange.writeback.cursor import changes_after
from booking.models import AppointmentChange, Counter, Referral
from sites.models import Trust
from tests.answers import answered
from tests.racing import Rival, in_thread, only_postgresql

LETTERS = "23456789BCDFGHJKMPQRTVWXY"


def read_on(trust="RTX", number=0, count=500):
    """Return the references of what changed after `number`, and the number to go on from."""
    changes, _ = changes_after(trust, number, count)
    numbers = [change.number for change in changes]
    assert numbers == sorted(numbers)
    return [change.appointment.reference for change in changes], max(numbers, default=number)


@pytest.mark.django_db
def test_each_change_comes_to_the_end_of_the_list_once(jane, tom, make_slot, book, now):
    first, second = book(jane, make_slot(hour=9)), book(tom, make_slot(hour=10))
    seen, number = read_on()

    booking.cancel(first, 1, now=now, actor="patient")

    assert seen == [first.reference, second.reference]
    assert read_on(number=number)[0] == [first.reference]
    assert read_on()[0] == [second.reference, first.reference]


@pytest.mark.django_db
def test_the_clock_may_stand_still_or_go_back(jane, tom, make_slot, book, now):
    book(jane, make_slot(hour=9))
    _, number = read_on()

    later = book(tom, make_slot(hour=10), at=now.replace(hour=9))

    assert read_on(number=number)[0] == [later.reference]


@pytest.mark.django_db
def test_a_trust_hears_of_its_own_sites_and_of_its_own_patients(
    jane, tom, make_slot, blackpool, book, now
):
    Trust.objects.create(code="RXR", name="East Lancashire Hospitals")
    Referral.objects.filter(pk=tom.pk).update(trust="RXL")
    tom.refresh_from_db()
    here, there = book(jane, make_slot(hour=9)), book(jane_elsewhere(jane), make_slot(hour=16))
    theirs, away = book(tom, make_slot(site=blackpool)), None
    booking.cancel(there, 1, now=now, actor="patient")
    holds.hold(jane_elsewhere(jane), (new := make_slot(site=blackpool, hour=17)).pk, now=now)
    away = booking.book(jane_elsewhere(jane), new.pk, now=now, actor="patient")

    assert set(read_on("RTX")[0]) == {here.reference, there.reference, away.reference}
    assert set(read_on("RXL")[0]) == {theirs.reference, away.reference}
    assert read_on("RXR")[0] == []
    assert not any(change.is_over for change in AppointmentChange.objects.all())


def jane_elsewhere(jane):
    """Return a second referral of Jane's, by the same trust."""
    referral, is_new = Referral.objects.get_or_create(
        code="4XRD7JQF",
        defaults={
            "patient": jane.patient, "exam": jane.exam, "trust": jane.trust,
            "urgency": jane.urgency, "clock_start": jane.clock_start, "target_day": jane.target_day,
        },
    )  # fmt: skip
    return answered(referral) if is_new else referral


@pytest.mark.django_db
def test_both_trusts_hear_of_a_move_from_one_to_the_other(jane, make_slot, blackpool, book, now):
    made = book(jane, make_slot())
    _, number = read_on("RTX")

    holds.hold(jane, (new := make_slot(site=blackpool)).pk, now=now)
    booking.book(jane, new.pk, now=now, actor="patient")

    assert read_on("RTX", number)[0] == read_on("RXL")[0] == [made.reference]
    left, came = (AppointmentChange.objects.get(trust_id=trust) for trust in ("RTX", "RXL"))
    assert (left.is_over, came.is_over) == (False, False), "RTX referred her"
    assert left.slot == new
    Referral.objects.update(trust="RXL")
    assert (reread(left).is_over, reread(came).is_over) == (True, False), "had it not"


def reread(change):
    return AppointmentChange.objects.get(pk=change.pk)


@pytest.mark.django_db
def test_what_is_rolled_back_leaves_no_change(jane, make_slot, now):
    holds.hold(jane, (slot := make_slot()).pk, now=now)

    @transaction.atomic
    def book_and_fail():
        booking.book(jane, slot.pk, now=now, actor="patient")
        raise RuntimeError

    with pytest.raises(RuntimeError):
        book_and_fail()

    assert read_on()[0] == []
    assert not Counter.objects.exists()


@pytest.mark.django_db
def test_pages_join_without_gap(make_referral, make_slot, book):
    for n, letter in enumerate(LETTERS[:9]):
        book(make_referral(code=f"7KQ49CR{letter}"), make_slot(hour=8 + n))
    seen, number = [], 0
    while True:
        page, number = read_on(number=number, count=4)
        if not page:
            break
        seen += page

    assert seen == read_on()[0]
    assert len(set(seen)) == 9


def overtake(jane, tom, make_slot, book):
    """Jane's booking is written but not committed when Tom's is made; read in between, and on.

    Return what a reader has seen in the end, and what there was to see.
    """
    slots = make_slot(hour=9), make_slot(hour=10)
    written, go_on = Event(), Event()

    def slow():
        with transaction.atomic():
            feed_locks.lock_feeds_shared(["RTX"])
            made = book(jane, slots[0])
            written.set()
            assert go_on.wait(30)
        return made.reference

    first = Rival(slow)
    assert written.wait(30)
    second = Rival(lambda: book(tom, slots[1]).reference)
    second.wait_until_done_or_blocked()
    seen, number = read_on()
    go_on.set()
    there_are = {first.result(), second.result()}
    while True:
        more, number = read_on(number=number)
        if not more:
            return set(seen), there_are
        seen += more


def by_the_clock(names, *, now):
    """Number changes as a clock or a sequence would: at once, waiting for nobody."""
    by_the_clock.last = getattr(by_the_clock, "last", 0) + 1
    return [by_the_clock.last for _ in names]


@only_postgresql
@pytest.mark.django_db(transaction=True)
def test_a_booking_that_commits_late_is_not_skipped(jane, tom, make_slot, book):
    seen, there_are = overtake(jane, tom, make_slot, book)

    assert seen == there_are


@only_postgresql
@pytest.mark.django_db(transaction=True)
def test_a_cursor_by_clock_or_sequence_would_skip_it(jane, tom, make_slot, book, monkeypatch):
    """The test above has teeth: with the numbers given out at once, it fails."""
    monkeypatch.setattr(commit_numbers, "next_numbers", by_the_clock)
    monkeypatch.setattr(commit_numbers, "raise_all", by_the_clock)

    seen, there_are = overtake(jane, tom, make_slot, book)

    assert seen < there_are


@pytest.mark.django_db(transaction=True)
def test_a_reader_among_eight_writers_misses_nothing(make_referral, make_slot, book, now):
    people = [make_referral(code=f"7KQ49CR{letter}") for letter in LETTERS]
    slots = [make_slot(day=8 + n // 8, hour=9 + n % 8) for n in range(len(people))]

    def write(numbers):
        for n in numbers:
            made = book(people[n], slots[n])
            if n % 3 == 0:
                booking.cancel(made, 1, now=now, actor="patient")

    seen, number = {}, 0
    with ThreadPoolExecutor(8) as pool:
        writers = [
            pool.submit(in_thread(lambda k=k: write(range(k, len(people), 8)))) for k in range(8)
        ]
        done = False
        while not done:
            done = not wait(writers, timeout=0).not_done
            changes, _ = changes_after("RTX", number, 3)
            while changes:
                seen |= {c.appointment.reference: c.version for c in changes}
                number = changes[-1].number
                changes, _ = changes_after("RTX", number, 3)
        for writer in writers:
            writer.result()

    changes, _ = changes_after("RTX", 0, 99)
    there_are = {c.appointment.reference: c.appointment.version for c in changes}
    assert len(there_are) == len(people)
    assert seen == there_are
