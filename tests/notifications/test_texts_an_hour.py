"""One number is sent so many texts about bookings in an hour: what is more waits, none is lost."""

from datetime import timedelta

import pytest

from notifications import opt_outs, outbox
from notifications.models import Kind, Message, State
from tests.notifications.conftest import NOON, NUMBER

HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)


@pytest.fixture(autouse=True)
def _three(settings, db):
    settings.TEXTS_AN_HOUR = 3


def due_minutes(texts):
    return [round((one.due_at - NOON) / MINUTE) for one in texts]


@pytest.fixture
def book(enqueue):
    """Book once more, `minutes` after noon; return the text."""
    count = iter(range(10_000))

    def book(minutes=0, **fields):
        at = NOON + minutes * MINUTE
        return enqueue(subject=f"B{next(count)}", **{"now": at, "due_at": at, **fields})

    return book


def test_three_go_and_the_next_waits_until_the_first_is_an_hour_old(book):
    texts = [book(minute) for minute in (0, 10, 20, 30, 40)]

    assert [one.state for one in texts] == [State.READY] * 3 + [State.SCHEDULED] * 2
    assert due_minutes(texts) == [0, 10, 20, 60, 70]


def test_never_more_than_three_in_any_hour(book):
    due = due_minutes([book(minute // 3) for minute in range(30)])

    assert all(later - first >= 60 for first, later in zip(due, due[3:], strict=False))


def test_the_next_hour_has_room_again(book):
    for minute in (0, 1, 2):
        book(minute)
    assert book(61).state == State.READY


def test_a_newer_text_about_the_same_takes_the_place_of_one_that_waits(book, enqueue):
    for _ in range(3):
        book()
    first = enqueue(subject="X", version=1, now=NOON, due_at=NOON)
    outbox.cancel_unsent("X", before_version=2, now=NOON + MINUTE)
    second = enqueue(subject="X", version=2, now=NOON + MINUTE, due_at=NOON + MINUTE)

    assert Message.objects.get(pk=first.pk).state == State.CANCELLED
    assert due_minutes([second]) == [60]


def test_what_was_taken_back_before_it_went_takes_no_room(book, enqueue):
    book(), book()
    enqueue(subject="X", version=1)
    outbox.cancel_unsent("X", before_version=2, now=NOON)

    assert enqueue(subject="X", version=2).state == State.READY


def test_a_text_to_who_wants_none_takes_no_room(book):
    opt_outs.opt_out(opt_outs.hash_of(NUMBER), source="reply", now=NOON)
    assert {book().state for _ in range(4)} == {State.SUPPRESSED}
    opt_outs.opt_in(opt_outs.hash_of(NUMBER), now=NOON)
    assert book().state == State.READY


@pytest.mark.parametrize("kind", [Kind.DISPLACED, Kind.REMINDER_2_DAYS, Kind.OFFER_URGENT])
def test_what_nobody_pressed_a_button_for_waits_for_nothing(book, kind):
    for _ in range(3):
        book()
    assert book(kind=kind).state == State.READY


@pytest.mark.parametrize("an_hour", [0, 3])
def test_one_that_there_is_room_for_is_due_when_it_was(enqueue, settings, an_hour):
    settings.TEXTS_AN_HOUR = an_hour

    assert enqueue(due_at=NOON - MINUTE).due_at == NOON - MINUTE


def test_another_number_is_not_kept_waiting(book):
    for _ in range(3):
        book()
    assert book(to="+447700900999").state == State.READY


def test_nought_is_no_limit(book, settings):
    settings.TEXTS_AN_HOUR = 0
    assert {book().state for _ in range(9)} == {State.READY}
