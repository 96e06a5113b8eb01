"""Who gets which slot: the answers that are known, and those that brute force finds."""

import random
from datetime import date, timedelta
from itertools import permutations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from booking.models import Referral
from booking.offers.matching import CLASSES, Fit, Fits, Person, costs_left_out, costs_of, match

DAY_0 = date(2026, 11, 24)


def day(number):
    return DAY_0 + timedelta(days=number)


def person(pk, minutes, *, last_day=99, urgency="routine", days=None):
    """Somebody whose minutes to each slot are given, and the day of each."""
    days = days or dict.fromkeys(minutes, 1)
    pairs = {slot: Fit(far, 0, day(days[slot])) for slot, far in minutes.items()}
    return Person(pk, urgency, day(last_day), pairs)


def minutes_of(people, given):
    return sum(one.pairs[given[one.id]].minutes for one in people if one.id in given)


def test_nobody_is_stranded_whom_one_swap_would_place():
    people = [person(1, {1: 10, 2: 20}), person(2, {1: 15})]

    given = match(people, [1, 2])

    assert given == {1: 2, 2: 1}
    assert minutes_of(people, given) == 35


def test_days_and_minutes_are_weighed_as_a_whole():
    days = {1: 1, 2: 2, 3: 10}
    a = person(1, {1: 60, 2: 20, 3: 60}, last_day=3, days=days)
    b = person(2, {1: 10, 2: 15, 3: 10}, last_day=14, days=days)
    c = person(3, {1: 10, 3: 10}, last_day=42, days=days)

    given = match([a, b, c], [1, 2, 3])

    assert given == {1: 2, 2: 1, 3: 3}
    assert minutes_of([a, b, c], given) == 40


def test_of_two_for_whom_it_is_as_urgent_the_nearer_has_it_and_who_moves_by_fewer_days():
    assert match([person(1, {1: 30}), person(2, {1: 10})], [1]) == {2: 1}

    moves = {moved: {1: Fit(10, moved, day(1))} for moved in (0, 5)}
    later, same_day = (
        Person(pk, "routine", day(99), moves[moved]) for pk, moved in ((1, 5), (2, 0))
    )
    assert match([later, same_day], [1]) == {2: 1}


def test_a_time_that_costs_nothing_at_all_is_had():
    assert match([person(1, {1: 0})], [1, 2]) == {1: 1}


def test_a_day_past_the_last_weighs_more_than_any_journey():
    early_far_late_near = {1: 1, 2: 9}
    pressed = person(1, {1: 500, 2: 5}, last_day=3, days=early_far_late_near)
    relaxed = person(2, {1: 5, 2: 500}, last_day=30, days=early_far_late_near)

    assert match([pressed, relaxed], [1, 2]) == {1: 1, 2: 2}


def test_no_sum_of_minutes_outweighs_a_day_of_suspected_cancer():
    cancer = person(99, {1: 300, 2: 5}, last_day=1, urgency="suspected_cancer", days={1: 1, 2: 2})
    others = [person(pk, {1: 1, 2: 600}) for pk in range(1, 50)]

    assert match([cancer, *others], [1, 2])[99] == 1


def test_the_most_pressing_class_chooses_first_even_where_that_leaves_others_without():
    urgent = person(2, {1: 10}, urgency="urgent")
    people = [person(1, {1: 1}), urgent, person(3, {1: 1}, urgency="planned")]

    assert match(people, [1]) == {2: 1}


def test_where_not_all_can_have_one_it_is_whose_last_day_is_nearest_however_late_they_are():
    later = person(1, {1: 5}, last_day=30, days={1: 20})
    late_already = person(2, {1: 90}, last_day=2, days={1: 20})

    assert match([later, late_already], [1]) == {2: 1}


def test_of_two_alike_the_lower_key_is_first():
    alike = [person(pk, {5: 10}) for pk in (7, 3, 9)]

    assert match(alike, [5]) == {3: 5}


def test_what_does_not_fit_is_no_answer():
    assert match([person(1, {}), person(2, {8: 1})], [5, 6]) == {}
    assert match([], [1]) == {}
    assert match([person(1, {1: 1})], []) == {}


CASES = st.lists(
    st.tuples(
        st.sampled_from(CLASSES),
        st.integers(0, 12),
        st.dictionaries(st.integers(1, 5), st.integers(0, 90), max_size=5),
    ),
    max_size=5,
)
SLOT_DAYS = {1: 1, 2: 2, 3: 6, 4: 10, 5: 12}


def people_of(case):
    return [
        person(pk, minutes, last_day=last, urgency=urgency, days=SLOT_DAYS)
        for pk, (urgency, last, minutes) in enumerate(case, 1)
    ]


def cost_of(person, fit):
    return int(costs_of(person, Fits.of({1: fit}))[0])


def total(people, given):
    if not people:
        return 0
    fits = [(one, fit) for one in people for fit in one.pairs.values()]
    left_out = costs_left_out(people, max((cost_of(*one) for one in fits), default=0))
    return sum(
        cost_of(one, one.pairs[given[one.id]]) if one.id in given else left_out[n]
        for n, one in enumerate(people)
    )


def cheapest(people, slots):
    """Try every way of giving these slots to people of one class."""
    chairs = [*slots, *[None] * len(people)]
    ways = []
    for order in permutations(chairs, len(people)):
        pairs = dict(zip([one.id for one in people], order, strict=True))
        given = {pk: slot for pk, slot in pairs.items() if slot is not None}
        if all(slot in one.pairs for one in people if (slot := given.get(one.id))):
            ways.append(total(people, given))
    return min(ways, default=0)


@settings(max_examples=150, deadline=None)
@given(CASES)
def test_class_by_class_nothing_is_cheaper_than_the_answer(case):
    people, left = people_of(case), [1, 2, 3, 4, 5]

    given = match(people, left)

    assert len(set(given.values())) == len(given), "nobody shares a slot"
    for urgency in CLASSES:
        of_class = [one for one in people if one.urgency == urgency]
        own = {one.id: given[one.id] for one in of_class if one.id in given}
        assert all(own[one.id] in one.pairs for one in of_class if one.id in own)
        assert total(of_class, own) == cheapest(of_class, left)
        left = [slot for slot in left if slot not in own.values()]


@settings(max_examples=100, deadline=None)
@given(CASES, st.randoms(use_true_random=False))
def test_the_order_in_which_they_come_says_nothing(case, dice):
    people, slots = people_of(case), [1, 2, 3, 4, 5]
    shuffled, mixed = dice.sample(people, len(people)), dice.sample(slots, 5)

    assert match(shuffled, mixed) == match(people, slots)


def crowd(number, places, share, dice):
    """Many people, of whom each fits a share of the slots."""
    urgencies = dice.choices(CLASSES, [5, 15, 70, 10], k=number)
    slot_days = {slot: dice.randrange(1, 60) for slot in range(1, places + 1)}
    for pk, urgency in enumerate(urgencies, 1):
        fits = dice.sample(range(1, places + 1), int(places * share))
        minutes = {slot: dice.randrange(5, 120) for slot in fits}
        yield person(pk, minutes, last_day=dice.randrange(5, 90), urgency=urgency, days=slot_days)


def test_sixty_people_of_a_lost_day_are_all_placed_where_fifteen_in_a_hundred_times_fit():
    people = list(crowd(60, 66, 0.15, random.Random(14)))

    given = match(people, range(1, 67))

    assert len(given) >= 58
    assert given == match(people[::-1], range(66, 0, -1))


@pytest.mark.parametrize("urgency", Referral.Urgency.values)
def test_each_class_alone_is_placed(urgency):
    assert match([person(1, {1: 1}, urgency=urgency)], [1]) == {1: 1}


def test_what_fits_reads_as_a_mapping_does():
    pairs = {9: Fit(5, 1, day(3)), 2: Fit(7, 0, day(1))}

    fits = Fits.of(pairs)

    assert dict(fits) == pairs
    assert list(fits) == [2, 9]
    assert Fits.of(fits) is fits
    assert 5 not in fits
    assert 10 not in fits
    assert not Fits.of({})
