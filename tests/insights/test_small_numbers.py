"""Nobody reads another trust's small number: not by looking, and not by taking away.

The attacks are played here: from all that somebody may see, with their own trust's as it is.
"""

from dataclasses import replace
from datetime import date
from itertools import product

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from insights.models import TrustMonth
from insights.models.figures import Age, Hours, Needs
from insights.reading import Amount, Filters, amounts, amounts_in_parts
from insights.small_numbers import (
    AS_IT_IS,
    NOTHING,
    ROUNDED,
    SMALL,
    count,
    is_small,
    mean,
    percent,
    rounded,
    rounded_sum,
    seen_by,
)
from sites.models import Site, Trust

TRUSTS = ("RTX", "RXL", "RXN", "RXR")
SCANS = ("CT", "MR", "US")
CUTS = {
    "decile": 3, "age": int(Age.OLD), "needs": int(Needs.INTERPRETER), "urgency": "urgent",
    "hours": int(Hours.WEEKEND), "kind": "cdc",
}  # fmt: skip
COUNTS = st.integers(0, 30) | st.integers(0, 9) | st.integers(0, 5000)
WORLDS = st.fixed_dictionaries(dict.fromkeys(product(TRUSTS, SCANS), COUNTS))
HALF_OPEN = settings(max_examples=300, suppress_health_check=[HealthCheck.function_scoped_fixture])


@pytest.fixture
def places(db):
    """A place of each of four trusts, by trust."""
    made = {}
    for code in TRUSTS:
        trust, _ = Trust.objects.get_or_create(code=code, defaults={"name": f"Trust {code}"})
        made[code] = Site.objects.create(
            trust=trust, slug=f"place-{code.lower()}", name=code, kind="hospital",
            postcode="LA14 4LF", lat=54.1, lon=-3.2,
        ).pk  # fmt: skip
    return made


# --- one number -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("n", "said"),
    [(0, "0"), (1, "*"), (7, "*"), (8, "10"), (12, "10"), (13, "15"), (17, "15"), (18, "20"),
     (1382, "1,380")],
)  # fmt: skip
def test_a_number_of_others_is_hidden_to_seven_and_else_to_the_nearest_five(n, said):
    assert count(n, exact=False) == said
    assert count(n, exact=True) == f"{n:,}"


@given(st.integers(0, 10**7))
def test_rounding_is_out_by_two_at_most_and_hides_nothing_but_small_ones(n):
    said = rounded(n)

    assert (said is None) == (1 <= n <= SMALL)
    if said is not None:
        assert said % 5 == 0
        assert abs(said - n) <= 2


@pytest.mark.parametrize("refused", [lambda: rounded(-1), lambda: rounded_sum([10, -1])])
def test_a_count_below_zero_is_refused(refused):
    with pytest.raises(ValueError, match="count"):
        refused()


def test_a_percentage_is_of_the_rounded_counts_and_hidden_with_either_of_them():
    assert percent(13, 38, exact=True) == "34.2%"
    assert percent(13, 38, exact=False) == "37.5%"  # 15 of 40
    assert percent(7, 38, exact=False) == percent(3, 7, exact=False) == "*"
    assert percent(0, 38, exact=False) == "0.0%"
    assert percent(0, 0, exact=False) == percent(0, 0, exact=True) == ""


def test_a_mean_of_others_is_whole_and_not_of_a_few():
    assert mean(171, 8, exact=False) == "21"
    assert mean(171, 8, exact=True) == "21.4"
    assert mean(140, 7, exact=False) == "*"
    assert mean(140, 7, exact=True) == "20.0"
    assert mean(0, 0, exact=False) == ""


# --- sums -------------------------------------------------------------------------------------


@given(st.lists(COUNTS, max_size=24))
def test_a_sum_is_near_the_true_one_or_not_said(parts):
    said, small = rounded_sum(parts), sum(map(is_small, parts))

    if said is not None:
        assert said % 5 == 0
        assert abs(said - sum(parts)) <= 2 + 3 * small <= 2 + said / 10
    assert said is not None or small


def test_a_sum_of_one_part_is_that_number_as_others_see_it():
    assert [rounded_sum([n]) for n in range(500)] == [rounded(n) for n in range(500)]
    assert rounded_sum([]) == 0


def test_a_sum_of_small_parts_alone_is_not_said():
    assert rounded_sum([1, 0, 0]) is None
    assert rounded_sum([7] * 24) is None


@given(st.lists(COUNTS, min_size=1, max_size=24), st.data())
def test_a_sum_says_nothing_of_which_small_number_a_part_is(parts, data):
    at = data.draw(st.integers(0, len(parts) - 1))
    said = {rounded_sum([*parts[:at], n, *parts[at + 1 :]]) for n in range(1, SMALL + 1)}

    assert len(said) == 1


# --- who sees what ----------------------------------------------------------------------------


def test_ones_own_trust_and_its_places_are_exact_however_they_are_asked_for(places, make_staff):
    for role in ("clerk", "lead", "imaging", "trust_admin", "network_admin"):
        staff = make_staff(role, ["RTX"])
        for cut, value in CUTS.items():
            assert seen_by(staff, Filters(trust="RTX", **{cut: value})) == AS_IT_IS
        assert seen_by(staff, Filters(site=places["RTX"])) == AS_IT_IS


def test_the_network_is_rounded_for_everybody_who_is_not_of_all_its_trusts(places, make_staff):
    for staff in (None, make_staff("clerk", ["RTX"]), make_staff("network_admin", TRUSTS[:3])):
        assert seen_by(staff, Filters()) == ROUNDED
        for cut, value in CUTS.items():
            assert seen_by(staff, Filters(modality="MR", **{cut: value})) == ROUNDED


def test_who_is_of_all_trusts_sees_everything_as_it_is(places, make_staff):
    staff = make_staff("network_admin", TRUSTS)

    assert seen_by(staff, Filters()) == AS_IT_IS
    assert seen_by(staff, Filters(trust="RXR", decile=1)) == AS_IT_IS


def test_who_is_of_no_trust_sees_nothing_as_it_is_also_in_an_empty_network(db, make_staff):
    assert seen_by(make_staff("network_admin", []), Filters()) == ROUNDED
    assert seen_by(None, Filters()) == ROUNDED


def test_another_trust_is_shown_to_who_may_compare_rounded_and_by_scan_alone(places, make_staff):
    lead, clerk = make_staff("lead", ["RTX"]), make_staff("clerk", ["RTX"])
    for filters in (Filters(trust="RXR"), Filters(trust="RXR", modality="CT")):
        assert seen_by(lead, filters) == ROUNDED
        assert seen_by(clerk, filters) == NOTHING
        assert seen_by(None, filters) == NOTHING


def test_another_trusts_people_and_places_are_not_shown(places, make_staff):
    lead = make_staff("lead", ["RTX"])
    for cut, value in CUTS.items():
        assert seen_by(lead, Filters(trust="RXR", **{cut: value})) == NOTHING
    for site in (places["RXR"], 10**6):
        assert seen_by(lead, Filters(site=site)) == NOTHING
        assert seen_by(lead, Filters(trust="RXR", site=site)) == NOTHING
        assert seen_by(None, Filters(site=site)) == NOTHING


def test_who_is_of_two_trusts_sees_both_as_they_are_and_no_third(places, make_staff):
    staff = make_staff("lead", ["RTX", "RXR"])

    assert seen_by(staff, Filters(trust="RXR", age=5)) == AS_IT_IS
    assert seen_by(staff, Filters(trust="RXL", age=5)) == NOTHING


# --- the attack -------------------------------------------------------------------------------


QUESTIONS = [
    Filters(trust=trust, modality=scan) for trust in (None, *TRUSTS) for scan in (None, *SCANS)
]


def everything(staff, world):
    """All that somebody may see of what was counted: by trust, by scan, and the network's."""
    for filters in QUESTIONS:
        seen = seen_by(staff, filters)
        parts = [
            n
            for (trust, scan), n in world.items()
            if filters.trust in (None, trust) and filters.modality in (None, scan)
        ]
        if seen.is_shown:
            yield filters, sum(parts) if seen.exact else rounded_sum(parts)


@pytest.mark.parametrize("role", ["clerk", "lead", "trust_admin", "network_admin"])
@pytest.mark.parametrize("own", [["RTX"], ["RTX", "RXL"], ["RTX", "RXL", "RXN"], []])
def test_no_small_number_of_another_trust_can_be_told_from_another(places, make_staff, role, own):
    """Their own taken off the network's, the trusts one by one, the scans off the whole."""
    staff = make_staff(role, own)
    look_at = [one for one in product(TRUSTS, SCANS) if one[0] not in own]

    @HALF_OPEN
    @given(WORLDS, st.sampled_from(look_at), st.integers(1, SMALL), st.integers(1, SMALL))
    def attack(world, cell, one, other):
        with_one, with_other = ({**world, cell: n} for n in (one, other))
        seen = [dict(everything(staff, where)) for where in (with_one, with_other)]
        assert seen[0] == seen[1]

    with pytest.MonkeyPatch.context() as patch:  # who sees what does not hang on the numbers
        answers = {filters: seen_by(staff, filters) for filters in QUESTIONS}
        patch.setitem(globals(), "seen_by", lambda _staff, filters: answers[filters])
        attack()


def test_the_one_trust_that_is_not_ones_own_is_not_read_off_the_network(places, make_staff):
    """Three trusts' as they are, and the network's: what is left is one trust's."""
    staff = make_staff("lead", TRUSTS[:3])
    said = set()
    for n in range(1, SMALL + 1):
        world = {**dict.fromkeys(product(TRUSTS, SCANS), 18), ("RXR", "CT"): n}
        said.add(tuple(everything(staff, world)))

    assert len(said) == 1


def test_everybody_who_does_not_see_it_exact_sees_the_same_number(places, make_staff):
    """The page, its file, its print, the board's pack, the public's page and a colleague's."""
    world = {**dict.fromkeys(product(TRUSTS, SCANS), 18), ("RXR", "CT"): 3}
    numbers = {}
    for staff in (None, make_staff("clerk", ["RXR"]), make_staff("lead", ["RTX"])):
        for filters, n in everything(staff, world):
            if not seen_by(staff, filters).exact:
                numbers.setdefault(filters, set()).add(n)

    assert len(numbers) == 16
    assert all(len(said) == 1 for said in numbers.values())


def test_a_cut_of_the_network_says_nothing_of_a_small_number_in_it(places, make_staff):
    """By decile, age, hours: the same, within one cut."""
    staff = make_staff("lead", ["RTX"])
    seen = seen_by(staff, Filters(decile=3))

    assert seen == ROUNDED
    assert {rounded_sum([112, 40, n, 25]) for n in range(1, 8)} == {180}


def test_what_is_not_protected_two_cuts_of_one_number_may_narrow_a_third():
    """Written down in docs/insights.md: 17 in all, of whom 8 and 8 and 1 are of three ages."""
    assert [rounded_sum([n]) for n in (17, 8, 8, 1)] == [15, 10, 10, None]


# --- what the parts are read from -------------------------------------------------------------


def test_the_parts_of_a_number_are_read_in_one_query_and_add_up(places, django_assert_num_queries):
    month = date(2026, 10, 1)
    for at, (trust, scan) in enumerate(product(TRUSTS, SCANS)):
        TrustMonth.objects.create(
            counter="scans", trust=trust, modality=scan, month=month, n=at, total=2 * at
        )
        TrustMonth.objects.create(
            counter="scans", trust=trust, modality=scan, month=month, n=1, urgency="urgent"
        )
    with django_assert_num_queries(2):  # and what came after which trust
        found = amounts_in_parts(["scans"], "month", ROUNDED.parts, Filters())
    parts = found["scans", ""][month]

    assert parts["RXR", "US"] == Amount(12, 22)
    assert len(parts) == 12
    alone = amounts(["scans"], "month", replace(Filters(), trust="RXR"))["scans", ""][month]
    assert sum(one.n for (trust, _), one in parts.items() if trust == "RXR") == alone.n
