"""Who stands at a place at a moment, why somebody cannot be told, and what of a rota is kept."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import User

from booking.alerts import rota as rotas
from booking.alerts.rota import NewShift, ShiftInvalid, add_shift, remove_shift, set_phone
from booking.identifiers.actors import Actor, ActorKind
from booking.models import AuditEntry, Shift, Staff
from notifications import opt_outs
from notifications.models import DeadNumber
from sites.models import Trust

H, SECOND = timedelta(hours=1), timedelta(seconds=1)
LEAD = Actor(ActorKind.STAFF, 1)


@pytest.fixture
def other_trust(db):
    return Trust.objects.create(code="RXR", name="East Lancashire Hospitals")


def on_call(moment, trust="RTX"):
    return rotas.duties(trust, moment)["on_call"]


def test_a_shift_counts_from_its_first_moment_until_before_its_last(team, shift, now):
    made = shift("on_call", team["on_call"], now, now + H)

    assert [on_call(at).shift for at in (now - SECOND, now, now + H - SECOND, now + H)] == [
        None, made, made, None,
    ]  # fmt: skip
    assert on_call(now) == rotas.Duty("on_call", made, "")
    assert (on_call(now).person, on_call(now + H).person) == (team["on_call"], None)
    assert on_call(now + H).why_not == "Nobody is on the rota."


def test_each_place_and_each_trust_has_its_own(team, shift, rota, other_trust, now):
    assert {level: duty.person for level, duty in rotas.duties("RTX", now).items()} == team
    assert not any(duty.person for duty in rotas.duties("RXR", now).values())


def test_shifts_are_told_in_their_order_and_those_that_only_touch_are_not(team, shift, now):
    third, first, second, before, after = (
        shift("on_call", team["on_call"], now + begins * H, now + ends * H)
        for begins, ends in [(3, 5), (1, 2), (3, 4), (0, 1), (6, 7)]
    )

    begins, ends = now + H, now + 6 * H
    assert rotas.shifts_between("RTX", begins, ends) == [first, third, second]
    assert before in rotas.shifts_between("RTX", begins - SECOND, ends)
    assert after in rotas.shifts_between("RTX", begins, ends + SECOND)


# --- what is wrong with the days ahead


def gaps(now, ahead=9 * H):
    found = [one for one in rotas.gaps("RTX", now, ahead) if one.level == "on_call"]
    return [
        ((one.begins_at - now) // H, (one.ends_at - now) // H, one.person and one.person.name,
         one.why_not)
        for one in found
    ]  # fmt: skip


NOBODY, NO_MOBILE = "Nobody is on the rota.", "No mobile number is known."


def test_gaps_of_a_kind_are_one_and_of_two_kinds_are_two(team, shift, now):
    Staff.objects.filter(pk=team["second"].pk).update(phone="")
    shift("on_call", team["second"], now + H, now + 2 * H)
    shift("on_call", team["second"], now + 2 * H, now + 3 * H)
    shift("on_call", team["on_call"], now + 4 * H, now + 5 * H)
    shift("on_call", team["second"], now + 6 * H, now + 20 * H)

    assert gaps(now) == [
        (0, 1, None, NOBODY),
        (1, 3, "second", NO_MOBILE),
        (3, 4, None, NOBODY),
        (5, 6, None, NOBODY),
        (6, 9, "second", NO_MOBILE),
    ]


def test_two_who_cannot_be_told_for_one_reason_are_two_gaps(team, shift, now):
    Staff.objects.update(phone="")
    shift("on_call", team["second"], now - H, now + H)
    shift("on_call", team["lead"], now + H, now + 20 * H)

    assert gaps(now) == [(0, 1, "second", NO_MOBILE), (1, 9, "lead", NO_MOBILE)]


def test_who_stands_there_now_and_to_the_end_leaves_no_gap(team, shift, now):
    shift("on_call", team["on_call"], now, now + 9 * H)

    assert gaps(now) == []
    assert len(rotas.gaps("RTX", now, 9 * H)) == 3, "the other places"


def test_a_gap_is_of_its_place_and_a_week_ahead(trust, now):
    found = rotas.gaps("RTX", now)

    assert [one.label for one in found] == ["On call", "Second", "Lead", "Duty manager"]
    assert {(one.begins_at, one.ends_at) for one in found} == {(now, now + timedelta(days=7))}


# --- who


def lose_account(person):
    User.objects.filter(pk=person.user_id).update(is_active=False)


def opt_out(person):
    opt_outs.opt_out(opt_outs.hash_of(person.phone), source="reply", now=person.seen_at)


def die(person):
    number = opt_outs.hash_of(person.phone)
    DeadNumber.objects.create(number_hash=number, code=30005, at=person.seen_at)


@pytest.mark.parametrize(
    ("lose", "why"),
    [
        (lambda person: None, ""),
        (lose_account, "Their account is closed."),
        (lambda person: person.trusts.clear(), "They do not work for this trust any more."),
        (lambda person: Staff.objects.update(role="clerk"), "Their role has changed."),
        (lambda person: Staff.objects.update(phone=""), "No mobile number is known."),
        (opt_out, "Their number wants no texts."),
        (lambda person: Staff.objects.update(phone="+441524846000"),
         "Their number is not a UK mobile."),
        (die, "Their number is not in use."),
    ],
)  # fmt: skip
def test_why_somebody_cannot_be_told_is_said(team, now, lose, why):
    person = team["on_call"]
    person.seen_at = now
    lose(person)

    assert rotas.why_unreachable(Staff.objects.get(pk=person.pk), "RTX") == why


@pytest.mark.parametrize("role", ["imaging", "lead", "trust_admin", "network_admin"])
def test_who_may_stand_on_the_rota_can_be_told(team, role):
    Staff.objects.update(role=role)

    assert rotas.why_unreachable(Staff.objects.get(pk=team["on_call"].pk), "RTX") == ""
    assert len(rotas.people("RTX")) == 4


def test_those_who_may_be_chosen_are_listed_once_by_name(team, make_staff, other_trust):
    make_staff("clerk", username="carl")
    make_staff("imaging", ["RXR"], username="ruth")
    both = make_staff("imaging", ["RTX", "RXR"], username="Mo")
    lose_account(team["second"])

    names = [one.name for one in rotas.people("RTX")]
    assert names == ["duty_manager", "lead", "Mo", "on_call"]
    assert both in rotas.people("RXR")


def test_who_left_can_see_to_none_there_any_more(team, make_staff, other_trust):
    admin = make_staff("trust_admin", username="tess")
    here = team["on_call"].pk

    assert rotas.who_left([(here, "RTX"), (here, "RXR"), (admin.pk, "RTX"), (99999, "RTX")]) == {
        (here, "RXR"), (admin.pk, "RTX"),
    }  # fmt: skip
    lose_account(team["on_call"])
    assert rotas.who_left([(here, "RTX")]) == {(here, "RTX")}


# --- what is written


def wanted(person, begins, ends):
    return NewShift("RTX", "lead", person, begins, ends, is_override=True)


def test_a_shift_is_kept_as_it_was_wanted_with_who_wrote_it(team, now):
    made = add_shift(wanted(team["lead"], now + H, now + 2 * H), now=now, actor=LEAD)

    kept, written = Shift.objects.get(), AuditEntry.objects.get(action="rota shift set")
    assert kept == made
    assert (kept.trust_id, kept.level, kept.person) == ("RTX", "lead", team["lead"])
    assert (kept.begins_at, kept.ends_at, kept.is_override) == (now + H, now + 2 * H, True)
    assert (kept.made_at, kept.made_by, kept.removed_at) == (now, LEAD, None)
    assert (written.at, written.actor, written.detail) == (now, LEAD, {"shift": made.pk})


@pytest.mark.parametrize(
    ("begins", "ends", "why"),
    [
        (0 * H, 0 * H, "The end must be after the beginning"),
        (2 * H, H, "The end must be after the beginning"),
        (-2 * H, 0 * H, "This time has passed"),
        (H, H + timedelta(days=92) + SECOND, "A shift can be three months long at most"),
    ],
)
def test_a_time_that_cannot_be_is_refused_with_what_to_do(team, now, begins, ends, why):
    with pytest.raises(ShiftInvalid) as refused:
        add_shift(wanted(team["lead"], now + begins, now + ends), now=now, actor=LEAD)

    assert refused.value.errors == {"ends": why}
    assert not Shift.objects.exists()


@pytest.mark.parametrize(
    ("begins", "ends"), [(-2 * H, SECOND), (H, H + timedelta(days=92))], ids=["ending", "longest"]
)
def test_a_time_that_just_can_be_is_kept(team, now, begins, ends):
    assert add_shift(wanted(team["lead"], now + begins, now + ends), now=now, actor=LEAD).pk


def test_all_that_is_wrong_is_said_at_once(make_staff, trust, now):
    with pytest.raises(ShiftInvalid) as refused:
        add_shift(wanted(make_staff("clerk"), now, now), now=now, actor=LEAD)

    assert refused.value.errors == {
        "ends": "The end must be after the beginning",
        "person": "Choose somebody who works for this trust",
    }
    assert str(refused.value) == (
        "The end must be after the beginning; Choose somebody who works for this trust"
    )


def test_taken_away_it_is_kept_when_and_by_whom(rota, now):
    made = rota["on_call"]
    assert remove_shift(made, now=now + H, actor=LEAD) is True
    assert remove_shift(made, now=now + 2 * H, actor=Actor(ActorKind.STAFF, 2)) is False

    made.refresh_from_db()
    written = AuditEntry.objects.get(action="rota shift removed")
    assert (made.removed_at, made.removed_by) == (now + H, LEAD)
    assert (written.at, written.actor, written.detail) == (now + H, LEAD, {"shift": made.pk})
    assert Shift.objects.filter(removed_at=None).count() == 3


def test_a_mobile_is_of_one_person_and_the_audit_does_not_say_it(team, now):
    set_phone(team["lead"], "+447700900577", now=now, actor=LEAD)

    written = AuditEntry.objects.get(action="mobile of staff set")
    assert (written.at, written.actor, written.detail) == (now, LEAD, {"person": team["lead"].pk})
    assert [one for one in Staff.objects.all() if one.phone == "+447700900577"] == [team["lead"]]
