"""A feed that would take much away is held: nobody is told, nothing is sold, a lead decides."""

import json
from datetime import timedelta

import pytest

from booking.appointments import booking, holds
from booking.exchange.feeds import brake, decisions, publish
from booking.exchange.feeds.importer import import_lines
from booking.identifiers.actors import Actor, ActorKind
from booking.models import (
    EPOCH,
    OFF_SALE,
    Appointment,
    AppointmentChange,
    AuditEntry,
    Feed,
    FreedSlot,
    Loss,
    LostSlot,
    Referral,
    Slot,
    SoonerWish,
    WorklistRow,
)
from booking.offers.sooner import wishes
from notifications.models import Message
from sites.models import Trust
from tests.booking.exchange.feeds.conftest import location, schedule, slot

HALF = timedelta(minutes=30)
LEAD = Actor(ActorKind.STAFF, 7)
NEWER = "2026-11-24T03:00:00Z"
CODES = ["7KQ49CRB", "3XRD7JQF", "7KQ49CR2", "7KQ49CR3", "7KQ49CR4"]


@pytest.fixture
def replace(trust, now):
    def replace(*resources, at=now):
        lines = [(n, json.dumps(one).encode()) for n, one in enumerate(resources, 1)]
        return import_lines(trust.code, lines, now=at, replace=True)

    return replace


@pytest.fixture
def forty(push, furness, make_referral, now):
    """Forty times of one schedule were pushed; people are booked on the first five."""
    lines = [slot(furness, f"s{n:02}", hour=n % 10 + 8, start=_at(n), end=_at(n, 30))
             for n in range(40)]  # fmt: skip
    push(location(furness), schedule(furness), *lines)
    for number, code in enumerate(CODES):
        take(make_referral(code=code), f"s{number:02}", now)
    return lines


def _at(number, minutes=0):
    day, hour = divmod(number, 10)
    return f"2026-12-{day + 2:02}T{hour + 8:02}:{minutes:02}:00+00:00"


def take(referral, name, now):
    place = Slot.objects.filter(external_id=name, free_at=EPOCH).first()
    holds.hold(referral, place.pk, now=now)
    return booking.book(referral, place.pk, now=now, actor="patient")


def statuses():
    return sorted(Appointment.objects.values_list("status", flat=True))


def on_sale(now):
    return Slot.objects.filter(free_at__lte=now).count()


def changed(lines, **fields):
    return [{**one, "meta": {"lastUpdated": NEWER}, **fields} for one in lines]


SMALLER = {
    "fewer": lambda lines: lines[39:],
    "withdrawn": lambda lines: changed(lines[:39], status="entered-in-error") + lines[39:],
    "unavailable": lambda lines: changed(lines[:39], status="busy-unavailable") + lines[39:],
    "booked ones moved": lambda lines: (
        changed(lines[:5], start=_at(45), end=_at(45, 30)) + lines[5:]
    ),
}


@pytest.mark.parametrize("smaller", SMALLER.values(), ids=SMALLER)
@pytest.mark.parametrize("mode", ["replace", "push"])
def test_a_body_that_takes_much_away_is_held(forty, push, replace, furness, now, smaller, mode):
    if mode == "push" and smaller is SMALLER["fewer"]:
        pytest.skip("a push that names less says nothing of the rest")
    send = replace if mode == "replace" else push
    texts = Message.objects.count()

    report = send(*smaller(forty))

    assert (report.withdrawn, report.displaced) == (0, 0)
    assert statuses() == ["booked"] * 5
    assert set(Slot.objects.values_list("status", flat=True)) == {"free"}
    assert Message.objects.count() == texts
    assert "5 of them booked" in report.held_reason
    row = WorklistRow.objects.get()
    assert (row.kind, row.trust_id, row.closed_at) == ("feed_held", "RTX", None)
    assert "5 of them booked" in row.reason
    assert Feed.objects.get().last_contact_at == now


def test_what_is_held_is_sold_to_nobody_and_who_is_booked_may_move_or_cancel(
    forty, replace, make_referral, now
):
    replace(forty[39])

    assert on_sale(now) == 1
    with pytest.raises(holds.SlotTaken):
        holds.hold(make_referral(code="7KQ49CR5"), Slot.objects.get(external_id="s20").pk, now=now)
    made = Appointment.objects.earliest("pk")
    booking.cancel(made, made.version, now=now, actor="patient")
    assert Slot.objects.get(pk=made.slot_id).free_at == OFF_SALE


def test_a_lead_lets_it_go_ahead(forty, replace, now):
    replace(forty[39])
    loss = decisions.held_loss("RTX")

    report = decisions.release(loss, brake.waiting(loss, now), now=now, actor=LEAD)

    assert (report.withdrawn, report.displaced) == (39, 5)
    assert statuses() == ["displaced"] * 5
    assert Slot.objects.exclude(status="withdrawn").get().external_id == "s39"
    assert WorklistRow.objects.get(kind="feed_held").outcome == "went_ahead"
    entry = AuditEntry.objects.get(action="feed let go ahead")
    assert (entry.actor, entry.detail["booked"]) == ("staff 7", 5)
    assert decisions.held_loss("RTX") is None


def test_what_goes_ahead_is_only_what_the_feed_still_takes_away(forty, replace, push, now):
    replace(*forty[34:])
    push(*forty[:3], *changed([forty[10]], start=_at(46), end=_at(46, 30)))
    loss = decisions.held_loss("RTX")

    decisions.release(loss, brake.waiting(loss, now), now=now, actor=LEAD)

    assert statuses() == ["booked"] * 3 + ["displaced"] * 2
    assert Slot.objects.exclude(status="withdrawn").count() == 10
    assert on_sale(now) == 7


@pytest.mark.parametrize("smaller", [SMALLER["fewer"], SMALLER["withdrawn"]])
def test_a_feed_that_names_the_times_again_drops_it_by_itself(forty, replace, now, smaller):
    replace(*smaller(forty))

    report = replace(*forty)

    assert report.held_reason == ""
    assert (report.withdrawn, statuses()) == (0, ["booked"] * 5)
    assert on_sale(now) == 35
    assert WorklistRow.objects.get().outcome == "resolved"
    assert not LostSlot.objects.filter(done_at=None).exists()


def test_a_lead_keeps_the_times_and_is_not_asked_again_for_a_day(forty, replace, now):
    replace(forty[39])
    loss = decisions.held_loss("RTX")
    decisions.keep(loss, brake.waiting(loss, now), now=now, actor=LEAD)

    report = replace(forty[39], at=now + timedelta(hours=23))

    assert (report.held_reason, report.withdrawn, statuses()) == ("", 0, ["booked"] * 5)
    assert on_sale(now) == 35
    assert WorklistRow.objects.get().outcome == "times_kept"
    assert AuditEntry.objects.filter(action="feed's times kept", actor="staff 7").exists()
    replace(forty[39], at=now + timedelta(hours=25))
    assert decisions.held_loss("RTX")
    assert on_sale(now) == 1


def test_a_lead_decides_on_what_was_shown_and_once(forty, replace, now):
    replace(*forty[20:])
    loss = decisions.held_loss("RTX")
    shown = brake.waiting(loss, now)
    replace(forty[39])
    with pytest.raises(decisions.LossGrew):
        decisions.release(loss, shown, now=now, actor=LEAD)
    replace(*forty)
    with pytest.raises(decisions.LossDecided):
        decisions.keep(loss, brake.Tally(99, 99), now=now, actor=LEAD)


def test_many_small_pushes_count_together(forty, push, now):
    for number in range(2):
        push(*changed([forty[number]], status="entered-in-error"), at=now)
    assert statuses() == ["booked"] * 3 + ["displaced"] * 2

    push(*changed([forty[2]], status="entered-in-error"), at=now + timedelta(hours=20))

    assert statuses() == ["booked"] * 3 + ["displaced"] * 2
    assert decisions.held_loss("RTX")


def test_small_losses_of_other_days_do_not_count(forty, push, now):
    for number in range(4):
        at = now + timedelta(hours=25 * number)
        push(*changed([forty[number]], status="entered-in-error"), at=at)

    assert statuses() == ["booked"] + ["displaced"] * 4


def test_what_is_left_of_a_held_loss_is_done_once_it_is_small(forty, replace, now):
    replace(forty[39])

    report = replace(*forty[1:])

    assert (report.held_reason, report.withdrawn, report.displaced) == ("", 1, 1)
    assert WorklistRow.objects.get(kind="feed_held").outcome == "resolved"


def test_a_schedule_that_moves_is_held_and_its_free_times_move(forty, push, lancaster, now):
    push(location(lancaster))

    report = push({**schedule(lancaster), "id": "furness-MR"})

    assert (report.displaced, statuses()) == (0, ["booked"] * 5)
    assert Slot.objects.filter(site=lancaster).count() == 35
    loss = decisions.held_loss("RTX")
    decisions.release(loss, brake.waiting(loss, now), now=now, actor=LEAD)
    assert statuses() == ["displaced"] * 5
    assert Slot.objects.filter(site=lancaster, free_at=EPOCH).count() == 40


def test_a_schedule_that_moves_back_drops_it(forty, push, furness, lancaster):
    push(location(lancaster), {**schedule(lancaster), "id": "furness-MR"})

    push(schedule(furness))

    assert (statuses(), decisions.held_loss("RTX")) == (["booked"] * 5, None)
    assert set(Slot.objects.values_list("site_id", flat=True)) == {furness.pk}


@pytest.mark.parametrize(("lost", "offered", "held"), [
    ((3, 3), (1000, 500), False),
    ((4, 4), (1000, 500), True),
    ((20, 0), (20, 0), False),
    ((21, 0), (21, 0), True),
    ((21, 0), (84, 0), False),
    ((21, 0), (83, 0), True),
    ((12, 1), (40, 1), True),
    ((11, 1), (40, 1), False),
])  # fmt: skip
def test_the_limit(settings, lost, offered, held):
    assert brake.is_too_much(brake.Tally(*lost), brake.Tally(*offered)) is held


def test_a_loss_that_a_dead_process_left_is_settled_by_the_clock(forty, push, now):
    push(*changed([forty[0]], status="entered-in-error"))
    Loss.objects.update(state="released")
    LostSlot.objects.update(done_at=None, outcome="")
    Appointment.objects.filter(status="displaced").update(status="booked")
    Slot.objects.filter(external_id="s00").update(status="free", free_at=None)

    decisions.finish_what_was_left(now=now)

    assert statuses() == ["booked"] * 4 + ["displaced"]


def test_of_two_trusts_only_the_one_is_held(forty, replace, now):
    Trust.objects.create(code="RXN", name="Preston")
    replace(forty[39])

    assert import_lines("RXN", [(1, b"{}")], now=now).held_reason == ""
    assert decisions.held_loss("RXN") is None


@pytest.mark.parametrize("status", ["free", "busy"])
def test_an_export_that_renumbers_updates(forty, replace, now, status):
    kept = dict(Appointment.objects.values_list("pk", "slot_id"))
    sent = [{**one, "id": f"new-{one['id']}"} for one in forty]
    for one in sent[:5]:  # who is booked stands in the trust's system as busy, or not yet
        one["status"] = status

    report = replace(*sent)

    assert (report.created, report.updated, report.withdrawn) == (0, 40, 0)
    assert (report.held_reason, report.doubled) == ("", 0)
    assert statuses() == ["booked"] * 5
    assert dict(Appointment.objects.values_list("pk", "slot_id")) == kept
    assert set(Slot.objects.values_list("external_id", flat=True)) == {one["id"] for one in sent}
    assert (Slot.objects.count(), on_sale(now)) == (40, 35)
    told = AppointmentChange.objects.select_related("slot").order_by("number")
    assert [change.slot.external_id for change in told] == [f"new-s0{n}" for n in range(5)]
    again = replace(*sent)
    assert (again.created, again.withdrawn, on_sale(now)) == (0, 0, 35)


def test_of_two_rooms_the_busy_new_id_is_the_booked_one(push, replace, fed, jane, now):
    push(fed(name="a"), fed(name="b"))
    take(jane, "a", now)

    replace(fed(name="x"), fed(name="y", status="busy"))

    assert Appointment.objects.get().slot.external_id == "y"
    assert Slot.objects.get(free_at=EPOCH).external_id == "x"


def test_seats_are_renumbered_with_whoever_is_booked_on_them(push, replace, fed, jane, tom, now):
    push(fed(name="old", capacity=3))
    take(jane, "old", now)
    take(tom, "old", now)

    replace(fed(name="new", capacity=2))

    assert statuses() == ["booked", "booked"]
    assert Slot.objects.filter(external_id="new", free_at=None).count() == 2
    assert Slot.objects.exclude(status="withdrawn").count() == 2


def test_a_second_room_at_the_same_time_is_no_renumbering(push, replace, fed, jane, now):
    push(fed(name="a"))
    take(jane, "a", now)

    report = replace(fed(name="a"), fed(name="b"))

    assert (report.created, report.updated) == (1, 0)
    assert Slot.objects.get(external_id="b").free_at == EPOCH
    assert Appointment.objects.get().slot.external_id == "a"
    push(fed(name="c"))
    assert Slot.objects.get(external_id="c").free_at == EPOCH


def test_a_push_that_withdraws_the_old_id_and_names_a_new_one_renumbers(push, fed, jane, now):
    push(fed(name="old"))
    take(jane, "old", now)

    report = push(fed(name="old", stamp=NEWER, status="entered-in-error"), fed(name="new"))

    assert (report.withdrawn, report.displaced, statuses()) == (0, 0, ["booked"])
    assert Appointment.objects.get().slot.external_id == "new"


def test_what_a_lead_let_go_ahead_does_not_count_any_more(forty, push, now):
    push(*changed(forty[:4], status="entered-in-error"))
    loss = decisions.held_loss("RTX")
    decisions.release(loss, brake.waiting(loss, now), now=now, actor=LEAD)

    report = push(*changed([forty[4]], status="entered-in-error"))

    assert (report.held_reason, report.displaced) == ("", 1)


def test_what_is_off_sale_is_published_as_busy(forty, replace, now):
    replace(forty[39])

    week = publish.look_at(publish.week_of(Slot.objects.earliest("start").start), now=now)

    said = [json.loads(line) for lines in publish.slot_lines(week) for line in lines.splitlines()]
    assert [one["status"] for one in said].count("free") == 1


@pytest.mark.parametrize("back", ["a lead keeps them", "the feed names them again"])
def test_times_that_are_on_sale_again_are_offered_to_who_waits_for_something_sooner(
    forty, replace, now, back
):
    jane = Referral.objects.get(code=CODES[0])
    wanted = wishes.Wanted(1)
    wishes.put_on(jane, wanted, door=SoonerWish.Door.PAGE, now=now, actor="patient")
    replace(forty[39])
    FreedSlot.objects.all().delete()
    if back == "a lead keeps them":
        loss = decisions.held_loss("RTX")
        decisions.keep(loss, brake.waiting(loss, now), now=now, actor=LEAD)
    else:
        replace(*forty)
    assert on_sale(now) == 35
    assert FreedSlot.objects.filter(slot__free_at__lte=now).count() >= 34
