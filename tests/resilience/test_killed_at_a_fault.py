"""A setting is wrong, and the worker that tries is killed: after the repair all go, once."""

import pytest

from notifications.models import Message, Provider, State
from tests.resilience.crew import MINUTE
from tests.resilience.fake_twilio import FINE, Fault
from tests.resilience.texts import count

NO_SENDER = Fault("21703", takes=False, status=400, code=21703)


@pytest.mark.parametrize("step", ["claimed", "wire marked", "put back"])
def test_after_a_kill_at_the_fault_and_the_repair_every_text_goes_once(crew, write, fake, step):
    for number in range(5):
        write(number)
    fake.treat = lambda to, body, call: NO_SENDER
    crew.hire().do("tick", crew.now)
    assert Provider.objects.get().fault
    assert set(Message.objects.values_list("state", flat=True)) == {State.READY}
    crew.wait(2 * MINUTE)
    hand = crew.hire(step)
    hand.go_to_the_step("tick", crew.now)
    crew.kill(hand)
    crew.carry_on(10 * MINUTE)
    assert fake.sent() == {}

    fake.treat = lambda to, body, call: FINE
    crew.carry_on(40 * MINUTE)

    assert list(fake.sent().values()) == [1] * 5
    assert set(Message.objects.values_list("state", flat=True)) == {State.ACCEPTED}
    assert Provider.objects.get().fault == ""
    assert (count(fake).lost, count(fake).doubles) == (0, 0)
