"""The send-fence: what waits behind it after a restore, what goes, and what a person decides."""

from datetime import timedelta

import pytest
from django.core.management import call_command

from notifications import dispatch, fence, outbox
from notifications.models import Event, Fence, Kind, Message, State
from notifications.opt_outs import hash_of, opt_out
from tests.notifications.conftest import NOON, NUMBER

pytestmark = pytest.mark.django_db
LATER = NOON + timedelta(hours=1)
AFTER = LATER + timedelta(minutes=5)


def put_up(restored_at=LATER):
    return fence.raise_fence(
        restored_at=restored_at, as_of=NOON, why="A backup was put back.", now=restored_at
    )


def run(now=AFTER):
    dispatch.run_scheduled_steps(now)
    while dispatch.dispatch_due(now):
        pass


def states():
    return dict(Message.objects.values_list("kind", "state"))


def test_what_was_to_go_before_the_restore_waits(enqueue, provider):
    enqueue()
    enqueue(kind="details", due_at=NOON + timedelta(minutes=30), subject="7KQ49CRC")
    put_up()

    run()

    assert provider.calls == []
    assert [(line.kind, line.count) for line in fence.waiting(fence.standing())] == [
        (Kind.CONFIRMATION, 1), (Kind.DETAILS, 1),
    ]  # fmt: skip


def test_what_is_to_go_only_after_the_restore_goes_at_its_time(enqueue, provider):
    enqueue(kind="reminder_2_days", due_at=LATER + timedelta(minutes=1))
    put_up()

    run()

    assert [one.kind for one in provider.calls] == ["reminder_2_days"]


def test_what_somebody_asks_for_after_the_restore_goes_at_once(enqueue, provider):
    put_up()
    enqueue(now=AFTER, due_at=AFTER)

    run(AFTER)

    assert len(provider.calls) == 1


@pytest.mark.parametrize("kind", fence.UNASKED)
def test_what_a_clock_or_a_trust_causes_after_the_restore_waits(kind, enqueue, provider):
    put_up()
    text = enqueue(now=AFTER, due_at=AFTER)
    Message.objects.filter(pk=text.pk).update(kind=kind)

    run()

    assert provider.calls == []


def test_what_a_clerk_sends_again_by_hand_goes_at_once(enqueue, provider):
    put_up()
    text = enqueue(now=AFTER, due_at=AFTER)
    first = enqueue(subject="7KQ49CRC", now=AFTER, due_at=AFTER)
    Message.objects.filter(pk=text.pk).update(kind=Kind.DISPLACED, retry_of=first)

    run()

    assert text in provider.calls


def test_staff_on_call_are_told_all_the_same(enqueue, provider):
    put_up()
    text = enqueue(now=AFTER, due_at=AFTER)
    Message.objects.filter(pk=text.pk).update(kind=Kind.STAFF_ALERT)

    run()

    assert len(provider.calls) == 1


def test_another_try_of_a_text_of_before_waits(enqueue, provider):
    put_up()
    text = enqueue(now=AFTER, due_at=AFTER)
    Message.objects.filter(pk=text.pk).update(dedupe_key=f"{text.pk}:try:1:x")

    run()

    assert provider.calls == []


def test_a_text_that_a_dispatcher_holds_when_the_fence_goes_up_does_not_go(enqueue, provider):
    enqueue()
    [held] = dispatch.claim(NOON, 1)
    put_up()

    assert not dispatch._begin_send(held, AFTER)


def test_a_doubtful_text_of_the_backup_is_not_sent_again(enqueue, provider):
    """A dispatcher had it when the backup was made: its lease ran out long ago."""
    text = enqueue()
    Message.objects.filter(pk=text.pk).update(
        state=State.SENDING, lease_until=NOON + timedelta(minutes=1)
    )
    put_up()

    run()

    assert provider.calls == []
    assert fence.waiting(fence.standing())[0].count == 1


@pytest.mark.parametrize("kind", ["displaced", "confirmation"])
def test_nobody_is_phoned_about_what_waits_too_long(kind, enqueue, provider, calls_for_a_person):
    enqueue(kind=kind)
    put_up()

    run(NOON + timedelta(days=2))

    assert calls_for_a_person == []
    assert states() == {kind: State.READY}


def test_a_reminder_that_is_of_no_use_any_more_ends_by_itself(enqueue, calls_for_a_person):
    enqueue(kind="reminder_2_days")
    put_up()

    run(NOON + timedelta(days=2))

    assert states() == {"reminder_2_days": State.EXPIRED}
    assert calls_for_a_person == []


def test_who_opted_out_is_not_phoned_about_what_waits(enqueue, calls_for_a_person):
    enqueue()
    put_up()
    opt_out(hash_of(NUMBER), source="reply", now=AFTER)

    run()

    assert calls_for_a_person == []


def test_a_kind_that_is_sent_goes_and_so_does_what_follows(enqueue, provider):
    enqueue()
    enqueue(kind="details")
    up = put_up()

    assert fence.send(up, "confirmation", 1) == 1
    run()

    assert [one.kind for one in provider.calls] == ["confirmation"]
    enqueue(subject="7KQ49CRC")
    run()
    assert [one.kind for one in provider.calls] == ["confirmation"] * 2


def test_a_kind_that_is_dropped_ends_and_what_follows_goes(enqueue, provider, calls_for_a_person):
    enqueue(kind="displaced")
    up = put_up()

    assert fence.drop(up, "displaced", 1, now=AFTER) == 1
    run()

    assert states() == {"displaced": State.CANCELLED}
    assert provider.calls == calls_for_a_person == []
    assert Event.objects.filter(source="fence").count() == 1
    enqueue(kind="displaced", subject="7KQ49CRC", now=AFTER, due_at=AFTER)
    run()
    assert len(provider.calls) == 1


def test_a_decision_about_another_number_than_was_seen_does_nothing(enqueue, provider):
    enqueue()
    up = put_up()
    enqueue(subject="7KQ49CRC")

    with pytest.raises(fence.FenceChanged):
        fence.send(up, "confirmation", 1)
    with pytest.raises(fence.FenceChanged):
        fence.drop(up, "confirmation", 1, now=AFTER)
    run()

    assert provider.calls == []


def test_the_fence_comes_down_only_when_nothing_waits(enqueue, provider):
    enqueue()
    up = put_up()

    with pytest.raises(fence.StillWaiting):
        fence.lift(up, now=AFTER)
    fence.drop(up, "confirmation", 1, now=AFTER)
    fence.lift(up, now=AFTER)

    assert fence.standing() is None
    with pytest.raises(fence.FenceChanged):
        fence.lift(up, now=AFTER)


def test_a_second_restore_puts_the_same_fence_up_anew(enqueue):
    up = put_up()
    fence.send(up, "confirmation", 0)

    again = put_up(restored_at=AFTER)

    assert Fence.objects.count() == 1
    assert (again.restored_at, again.opened) == (AFTER, [])


def test_pushes_wait_until_they_are_decided():
    assert not fence.holds(fence.PUSHES)
    up = put_up()
    assert fence.holds(fence.PUSHES)
    fence.open_pushes(up)
    assert not fence.holds(fence.PUSHES)


def test_a_cancelled_change_of_what_waits_is_never_sent(enqueue, provider):
    enqueue()
    up = put_up()
    outbox.cancel_unsent("7KQ49CRB", 2, AFTER)

    assert fence.waiting(up) == []


def test_who_is_on_call_sees_it_in_the_figures(enqueue, capsys):
    enqueue()
    put_up()

    call_command("notifications", "status")

    assert "1 texts wait behind the send-fence" in capsys.readouterr().out
