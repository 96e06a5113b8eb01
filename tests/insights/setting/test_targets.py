"""Which target holds, where charts begin anew; nothing is lost, and of two at once one is told."""

from datetime import date

import pytest
from django.db import connection

from booking.models import AuditAction, AuditEntry
from insights import targets
from insights.models import Rebase, Target
from insights.models.act import NeverChanged
from insights.targets import About, ActsChanged, last_number, parts_of, standing, target_of
from tests.insights.setting.conftest import NOW
from tests.racing import at_once, only_postgresql

APRIL, JUNE = date(2026, 4, 1), date(2026, 6, 1)
NEXT_YEAR = date(2027, 1, 1)


@pytest.fixture
def by(two_trusts, make_staff):
    return make_staff("network_admin", ["RTX"])


@pytest.fixture
def aim(by):
    """Set a target, having seen all that was set before."""

    def aim(value, trust="", month=APRIL, why="The board"):
        about, seen = About("invented", trust, month), last_number(Target)
        return targets.set_target(about, value, why=why, seen=seen, now=NOW, by=by)

    return aim


@pytest.fixture
def anew(by):
    def anew(month, trust=""):
        about = About("invented", trust, month)
        return targets.rebase(about, why="New CDC", seen=last_number(Rebase), now=NOW, by=by)

    return anew


def take_away(act, by):
    take = targets.take_target_away if isinstance(act, Target) else targets.take_rebase_away
    return take(act, why="A mistake", seen=last_number(type(act)), now=NOW, by=by)


def test_without_one_that_is_set_the_measures_own_target_holds(invented, db):
    assert target_of(invented) == target_of(invented, "RTX") == 1.0
    assert parts_of(invented) == []


def test_a_trusts_own_target_goes_before_the_networks_also_a_later_one(invented, aim):
    aim(2.0)
    aim(3.0, trust="RTX")
    aim(4.0, month=JUNE)

    assert target_of(invented, month=JUNE) == target_of(invented, "RXR", month=JUNE) == 4.0
    assert target_of(invented, "RTX", month=JUNE) == 3.0


def test_a_target_holds_from_its_month_on(invented, aim, standing_clock):
    aim(2.0, month=APRIL)
    aim(0.5, month=NEXT_YEAR)

    assert target_of(invented, month=date(2026, 3, 1)) == 1.0
    assert target_of(invented, month=APRIL) == 2.0
    assert target_of(invented) == 2.0
    assert target_of(invented, month=NEXT_YEAR) == 0.5


def test_one_of_the_same_month_takes_the_place_of_what_was_set_before(invented, aim):
    aim(2.0)
    aim(5.0)

    assert [one.value for one in standing(Target)] == [5.0]
    assert target_of(invented, month=APRIL) == 5.0
    assert [one.value for one in targets.history(Target)] == [5.0, 2.0]


def test_what_is_taken_away_lets_hold_what_was_before(invented, aim, by):
    aim(2.0)
    own = aim(3.0, trust="RTX")
    take_away(own, by)
    assert target_of(invented, "RTX", month=JUNE) == 2.0

    take_away(standing(Target)[0], by)
    assert target_of(invented, "RTX", month=JUNE) == 1.0
    assert len(targets.history(Target)) == 4


def test_a_trusts_chart_begins_anew_where_the_networks_does_and_where_its_own_does(
    invented, anew, by
):
    anew(JUNE)
    anew(APRIL, trust="RTX")
    anew(JUNE, trust="RTX")

    assert parts_of(invented) == parts_of(invented, "RXR") == [JUNE]
    assert parts_of(invented, "RTX") == [APRIL, JUNE]
    take_away(standing(Rebase)[0], by)
    assert parts_of(invented) == []


def test_another_measures_acts_are_not_this_ones(invented, aim, by):
    about = About("other", "", APRIL)
    targets.set_target(about, 9.0, why="x", seen=0, now=NOW, by=by)

    assert target_of(invented, month=APRIL) == 1.0


def test_of_two_at_once_the_second_is_told_and_nothing_of_theirs_is_done(invented, aim, by):
    seen = last_number(Target)
    aim(2.0)

    with pytest.raises(ActsChanged):
        targets.set_target(About("invented", "", APRIL), 9.0, why="x", seen=seen, now=NOW, by=by)
    with pytest.raises(ActsChanged):
        targets.take_target_away(standing(Target)[0], why="x", seen=seen, now=NOW, by=by)
    with pytest.raises(ActsChanged):
        targets.set_target(About("invented", "", APRIL), 9.0, why="x", seen=-1, now=NOW, by=by)
    assert target_of(invented, month=APRIL) == 2.0
    assert AuditEntry.objects.count() == 1


@only_postgresql
@pytest.mark.django_db(transaction=True)
def test_of_two_in_the_same_moment_one_is_told(invented, by):
    def setting(value, seen):
        about = About("invented", "", APRIL)
        return lambda: targets.set_target(about, value, why="x", seen=seen, now=NOW, by=by)

    for seen in range(5):
        ended = at_once(*(setting(float(n), seen) for n in range(6)), refusals=(ActsChanged,))
        assert sum(isinstance(one, Target) for one in ended) == 1
        assert Target.objects.count() == AuditEntry.objects.count() == seen + 1


def test_no_act_is_ever_changed_or_deleted(aim):
    act = aim(2.0)
    act.value = 3.0

    with pytest.raises(NeverChanged):
        act.save()
    with pytest.raises(NeverChanged):
        act.delete()
    assert Target.objects.get().value == 2.0


def test_each_act_is_in_the_audit_with_who_and_why(aim, anew, by):
    take_away(aim(2.0, trust="RTX", why="A new scanner"), by)
    take_away(anew(JUNE), by)

    entries = list(AuditEntry.objects.order_by("pk"))
    assert [one.action for one in entries] == [
        AuditAction.TARGET_SET, AuditAction.TARGET_TAKEN_AWAY, AuditAction.REBASED,
        AuditAction.REBASE_TAKEN_AWAY,
    ]  # fmt: skip
    assert {one.actor for one in entries} == {by.actor}
    assert entries[0].detail == {
        "reason": "A new scanner", "measure": "invented", "trust": "RTX", "month": "2026-04-01",
        "value": 2.0,
    }  # fmt: skip


def test_the_number_of_an_act_is_kept_by_the_database(db):
    with connection.cursor() as cursor:
        for table in ("insights_target", "insights_rebase"):
            found = connection.introspection.get_constraints(cursor, table).values()
            assert any(one["unique"] and one["columns"] == ["number"] for one in found)
