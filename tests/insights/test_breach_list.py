"""Who will have waited too long in six weeks: each day, each urgency, booked or not."""

from datetime import timedelta

import pytest

from booking.appointments import booking, holds
from booking.identifiers.actors import Actor, ActorKind
from insights import breach_list
from insights.models import BreachToCome

CLERK = Actor(ActorKind.STAFF, 12)


def listed():
    return list(BreachToCome.objects.order_by("pk").values_list("referral", flat=True))


@pytest.mark.parametrize(
    ("urgency", "days", "there"),
    [
        ("routine", 43, False), ("routine", 42, True), ("routine", 1, True), ("routine", 0, False),
        ("urgent", 42, True), ("urgent", 43, False), ("planned", 1, True),
        ("suspected_cancer", 28, True), ("suspected_cancer", 29, False),
        ("suspected_cancer", 0, True), ("suspected_cancer", -13, True),
        ("suspected_cancer", -14, False),
    ],
)  # fmt: skip
def test_breach_days_from_today_to_six_weeks_on_are_listed(wait, now, urgency, days, there):
    """The 42nd day after the last one that is listed is 42 days from today."""
    made = wait(now.date() - timedelta(days=days), urgency=urgency)

    breach_list.build(now)

    assert listed() == ([made.pk] if there else [])


@pytest.mark.parametrize(("day", "there"), [(8, False), (9, True)])
def test_a_time_on_the_breach_day_is_in_time_one_the_day_after_is_not(
    wait, make_slot, now, day, there
):
    made = wait(now.date() - timedelta(days=34))
    slot = make_slot(day=day)
    holds.hold(made, slot.pk, now=now)
    booking.book(made, slot.pk, now=now, actor=CLERK)

    breach_list.build(now)

    rows = BreachToCome.objects.values_list(
        "trust", "modality", "urgency", "breach_day", "booked_for", "built_at"
    )
    comes, later = (now.date() + timedelta(days=n) for n in (8, day))
    assert list(rows) == ([("RTX", "MR", "routine", comes, later, now)] if there else [])


def test_who_has_been_scanned_or_ended_is_not_listed_and_a_cancelled_time_is_none(wait, scan, now):
    since = now.date() - timedelta(days=30)
    scan(now.date() - timedelta(days=1), now.time(), waited=29)
    wait(since, ended_at=now, end_reason="withdrawn")
    off = scan(now.date() + timedelta(days=2), now.time(), waited=32, status="cancelled")
    missed = scan(now.date() - timedelta(days=2), now.time(), waited=28, status="did_not_attend")

    assert breach_list.build(now) == 2

    assert listed() == [off.referral_id, missed.referral_id]
    assert set(BreachToCome.objects.values_list("booked_for", flat=True)) == {None}


def test_building_again_replaces_the_list_and_reads_in_few_queries(
    wait, now, django_assert_max_num_queries
):
    gone, stays = (wait(now.date() - timedelta(days=30)) for _ in range(2))
    breach_list.build(now)
    type(gone).objects.filter(pk=gone.pk).update(ended_at=now, end_reason="died")

    with django_assert_max_num_queries(6):
        assert breach_list.build(now + timedelta(hours=1)) == 1

    assert listed() == [stays.pk]
    assert [BreachToCome.objects.of_trust(one).count() for one in ("RTX", "RXR")] == [1, 0]
