"""Callbacks over real HTTP to a real web server: late, doubled, shuffled, early, forged, none."""

from threading import Thread

import pytest

from notifications.models import Event
from tests.resilience.crew import MINUTE, SECOND
from tests.resilience.fake_twilio import DOWN_AFTER, RESET_AFTER, Callbacks
from tests.resilience.texts import count

REAL = [Callbacks.IN_ORDER, Callbacks.DOUBLED, Callbacks.SHUFFLED, Callbacks.EARLY]


def outcome(message):
    message.refresh_from_db()
    return message.state


@pytest.mark.parametrize("callbacks", REAL, ids=lambda mode: mode.value)
def test_in_whatever_order_they_come_the_text_is_delivered(crew, write, fake, callbacks):
    fake.callbacks = callbacks
    crew.open_web()
    messages = [write(number) for number in range(3)]
    crew.hire().do("tick", crew.now)
    answers = fake.report()
    assert set(answers) <= {204}
    assert [outcome(message) for message in messages] == ["delivered"] * 3
    assert fake.sent().total() == 3
    assert Event.objects.filter(source="callback").count() == 9


@pytest.mark.parametrize("callbacks", [Callbacks.SHUFFLED, Callbacks.EARLY])
@pytest.mark.parametrize("fault", [DOWN_AFTER, RESET_AFTER], ids=lambda fault: fault.name)
def test_a_callback_proves_acceptance_when_the_answer_was_lost(crew, write, fake, fault, callbacks):
    fake.callbacks, fake.lag = callbacks, lambda sid: 3600 * SECOND
    crew.open_web()
    fake.script.append(fault)
    message = write()
    crew.hire().do("tick", crew.now)
    fake.report()
    crew.carry_on(30 * MINUTE)
    assert (outcome(message), fake.sent().total(), fake.looks) == ("delivered", 1, 0)


def test_a_forged_callback_is_refused_and_changes_nothing(crew, write, fake):
    fake.callbacks = Callbacks.FORGED
    crew.open_web()
    message = write()
    crew.hire().do("tick", crew.now)
    assert fake.report() == [403, 403, 403]
    assert outcome(message) == "accepted"


def test_the_web_server_is_killed_while_it_writes_and_twilio_comes_again(crew, write, fake):
    fake.callbacks = Callbacks.IN_ORDER
    web = crew.open_web("writing accepted to delivered")
    message = write()
    crew.hire().do("tick", crew.now)
    text = fake.texts[0]
    answers = []
    call = Thread(target=lambda: answers.append(fake.post(text, "delivered")))
    call.start()
    assert web.hear() == "at the step"
    crew.kill(web)
    call.join()
    assert (answers, outcome(message)) == ([0], "accepted")
    crew.open_web()
    fake.report()
    assert outcome(message) == "delivered"


def test_without_callbacks_a_receipt_is_asked_for_after_four_hours(crew, write, fake):
    message = write()
    hand = crew.hire()
    hand.do("tick", crew.now)
    fake.texts[0].status = "undelivered"
    crew.wait(241 * MINUTE)
    hand.do("receipts", crew.now)
    assert outcome(message) == "undelivered"
    assert count(fake).most == 1
