"""A worker is killed at each named step; the text goes out once all the same."""

import pytest

from tests.resilience.crew import MINUTE
from tests.resilience.fake_twilio import DOWN_AFTER, DOWN_BEFORE, TOO_MANY
from tests.resilience.texts import count

HOUR = 60 * MINUTE


def assert_once(crew, message, state="accepted"):
    message.refresh_from_db()
    assert crew.fake.sent() == {(message.to, message.body): 1}
    assert message.state == state
    assert count(crew.fake).lost == 0


@pytest.mark.parametrize(
    ("step", "doubtful"),
    [
        ("writing ready to sending", False),
        ("claimed", False),
        ("wire marked", True),
        ("answered", True),
        ("about to record", True),
        ("writing sending to accepted", True),
        ("accepted", False),
    ],
)
def test_killed_while_sending(crew, write, step, doubtful):
    message = write()
    hand = crew.hire(step)
    hand.go_to_the_step("tick", crew.now)
    crew.kill(hand)
    crew.carry_on(HOUR / 3)
    assert_once(crew, message)
    assert bool(count(crew.fake).unknown) == doubtful


@pytest.mark.parametrize(
    ("moment", "keeps", "resends"),
    [("before taking", False, 1), ("before taking", True, 0), ("after taking", True, 0)],
)
def test_killed_while_the_provider_has_the_call(crew, write, fake, moment, keeps, resends):
    message = write()
    fake.hold(moment)
    hand = crew.hire()
    hand.begin("tick", crew.now)
    fake.wait_until_held()
    hand.process.kill()
    fake.release(keeps=keeps)
    crew.kill(hand)
    crew.carry_on(HOUR / 3)
    assert_once(crew, message)
    assert count(fake).resends == resends


@pytest.mark.parametrize("step", ["put back", "writing sending to ready"])
def test_killed_while_putting_back_what_was_not_sent(crew, write, fake, step):
    fake.script.append(TOO_MANY)
    message = write()
    hand = crew.hire(step)
    hand.go_to_the_step("tick", crew.now)
    crew.kill(hand)
    crew.carry_on(HOUR / 3)
    assert_once(crew, message)


@pytest.mark.parametrize("step", ["writing sending to unknown", "writing sending to ready"])
def test_killed_while_recovering_what_a_killed_worker_left(crew, write, step):
    message = write()
    first = crew.hire("claimed" if step.endswith("ready") else "answered")
    first.go_to_the_step("tick", crew.now)
    crew.kill(first)
    crew.wait(2 * MINUTE)
    second = crew.hire(step)
    second.go_to_the_step("tick", crew.now)
    crew.kill(second)
    crew.carry_on(HOUR / 3)
    assert_once(crew, message)


@pytest.mark.parametrize(
    ("fault", "step"),
    [
        (DOWN_AFTER, "look begun"),
        (DOWN_AFTER, "look done"),
        (DOWN_AFTER, "writing unknown to accepted"),
        (DOWN_AFTER, "settled"),
        (DOWN_BEFORE, "look begun"),
        (DOWN_BEFORE, "look done"),
        (DOWN_BEFORE, "writing unknown to ready"),
        (DOWN_BEFORE, "settled"),
        (DOWN_BEFORE, "claimed"),
        (DOWN_BEFORE, "answered"),
    ],
    ids=lambda given: getattr(given, "name", given),
)
def test_killed_while_finding_out_what_became_of_a_doubtful_text(crew, write, fake, fault, step):
    fake.script.append(fault)
    message = write()
    crew.hire().do("tick", crew.now)
    hand = crew.hire(step)
    hand.begin("reconcile", crew.now)
    while hand.hear() != "at the step":
        crew.wait(MINUTE)
        hand.begin("reconcile", crew.now)
    crew.kill(hand)
    crew.carry_on(HOUR / 2)
    assert_once(crew, message)


def test_killed_before_the_call_and_again_after_it(crew, write):
    message = write()
    for step in ("claimed", "answered"):
        hand = crew.hire(step)
        # The first tick after the lease recovers the text, and sends it too.
        hand.go_to_the_step("tick", crew.now)
        crew.kill(hand)
        crew.wait(2 * MINUTE)
    crew.carry_on(HOUR / 2)
    assert_once(crew, message)


def test_a_batch_is_shared_by_the_dead_and_the_living(crew, write):
    """Of twenty texts in one claim, those before the step have gone, the others go later."""
    messages = [write(number) for number in range(20)]
    for _ in range(3):
        hand = crew.hire("answered")
        hand.go_to_the_step("tick", crew.now)
        crew.kill(hand)
        crew.wait(2 * MINUTE)
    crew.carry_on(HOUR / 2)
    assert crew.fake.sent() == {(message.to, message.body): 1 for message in messages}
    assert count(crew.fake).left_open == 0


@pytest.mark.parametrize("job", ["tick", "dispatch"])
def test_four_workers_and_two_beats_at_one_moment(crew, write, job):
    """Every worker is told at once to find and send the same twenty texts."""
    messages = [write(number) for number in range(20)]
    hands = [crew.hire() for _ in range(4)]
    for hand in hands:
        hand.begin(job, crew.now)
    assert [hand.hear() for hand in hands] == ["done"] * 4
    assert crew.fake.sent() == {(message.to, message.body): 1 for message in messages}
    assert count(crew.fake).left_open == 0
