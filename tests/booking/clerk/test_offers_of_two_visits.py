"""A scan in two visits is offered: the text and the desk say when both are."""

from datetime import timedelta

import pytest
from django.db import transaction

from booking.models import Exam, Offer
from booking.offers import making, showing
from booking.offers.making import Terms
from notifications.models import Message

HOUR = timedelta(hours=1)


@pytest.fixture
def offer(jane, make_slot, now):
    Exam.objects.filter(pk=jane.exam_id).update(
        visits=2, second_minutes=30, gap_min_minutes=60, gap_max_minutes=240
    )
    jane.exam.refresh_from_db()
    first = make_slot(day=8, hour=9)
    make_slot(day=8, hour=12)
    terms = Terms(Offer.Why.DISPLACED, now + 4 * HOUR)
    return making.make(jane, first.pk, terms, now=now, actor="staff 1")


def test_the_text_and_the_desk_say_both(at_desk, offer, now):
    with transaction.atomic():
        making.tell(offer, now=now)
    assert "9am, and again at midday on Wednesday 2 December" in Message.objects.get().body
    page = at_desk.screen()
    assert "<b>9am, and again at midday, Wednesday 2 December" in page
    assert "We are keeping 9am, and again at midday on Wednesday 2 December" in page


def test_once_it_is_not_kept_it_is_its_slot_alone(offer, now):
    later = now + 5 * HOUR
    assert showing.kept_visits(offer, now=later) == [(offer.slot.start, offer.slot.end)]


def test_a_scan_of_one_visit_is_not_looked_up(offer, now, django_assert_num_queries):
    offer.referral.exam.visits = 1
    with django_assert_num_queries(0):
        assert len(showing.kept_visits(offer, now=now)) == 1
