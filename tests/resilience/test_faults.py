"""Twilio misbehaves; each text goes out once, or a person is told that it did not."""

from datetime import timedelta

import pytest

from notifications.models import Event, Provider
from tests.resilience.crew import MINUTE, SECOND
from tests.resilience.fake_twilio import (
    DOWN_AFTER,
    DOWN_BEFORE,
    GARBAGE,
    HANG_AFTER,
    HANG_BEFORE,
    OPTED_OUT,
    RESET_AFTER,
    RESET_BEFORE,
    TOO_MANY,
    WRONG_TOKEN,
)
from tests.resilience.texts import count


def outcome(message):
    message.refresh_from_db()
    return message.state


def moves(message, new):
    return Event.objects.filter(message=message, to_state=new).count()


@pytest.mark.parametrize("fault", [TOO_MANY, WRONG_TOKEN], ids=lambda fault: fault.name)
def test_what_was_surely_not_sent_is_sent_later_without_a_look(crew, write, fake, fault):
    fake.script.append(fault)
    message = write()
    crew.carry_on(10 * MINUTE)
    assert (outcome(message), fake.sent().total(), fake.looks) == ("accepted", 1, 0)
    assert moves(message, "unknown") == 0


@pytest.mark.parametrize(
    "fault", [DOWN_BEFORE, RESET_BEFORE, HANG_BEFORE], ids=lambda fault: fault.name
)
def test_what_may_have_been_sent_and_was_not_goes_again_after_three_looks(crew, write, fake, fault):
    fake.script.append(fault)
    message = write()
    crew.carry_on(20 * MINUTE)
    assert (outcome(message), fake.sent().total(), fake.looks) == ("accepted", 1, 3)
    assert message.possible_duplicate
    assert fake.texts[0].at - message.due_at <= timedelta(minutes=14)


@pytest.mark.parametrize("lag", [0, 60], ids="listing lag {} s".format)
@pytest.mark.parametrize(
    "fault", [DOWN_AFTER, RESET_AFTER, HANG_AFTER, GARBAGE], ids=lambda fault: fault.name
)
def test_what_may_have_been_sent_and_was_is_found_and_not_sent_again(crew, write, fake, fault, lag):
    fake.lag = lambda sid: lag * SECOND
    fake.script.append(fault)
    message = write()
    crew.hire().do("tick", crew.now)
    assert outcome(message) == "unknown"
    crew.carry_on(20 * MINUTE)
    assert (outcome(message), fake.sent().total()) == ("accepted", 1)
    assert not message.possible_duplicate


def test_doubtful_twice_and_never_taken_is_given_up_aloud(crew, write, fake):
    fake.script += [DOWN_BEFORE, RESET_BEFORE]
    message = write()
    crew.carry_on(40 * MINUTE)
    assert (outcome(message), fake.calls.total()) == ("failed", 2)
    assert (count(fake).lost, count(fake).given_up) == (0, 1)


def test_a_number_that_told_twilio_stop_is_never_tried_again(crew, write, fake):
    fake.script.append(OPTED_OUT)
    message = write()
    crew.hire().do("tick", crew.now)
    assert outcome(message) == "failed"
    second = write(subject="OTHER")
    assert second.state == "suppressed"
    crew.carry_on(10 * MINUTE)
    assert fake.calls.total() == 1


def test_a_storm_of_429s_is_left_alone_and_then_everything_goes(crew, write, fake):
    messages = [write(number) for number in range(20)]
    fake.script += [TOO_MANY] * 10
    crew.hire().do("tick", crew.now)
    assert fake.calls.total() == 5
    assert Provider.objects.get(name="twilio").stopped_until
    crew.carry_on(60 * MINUTE)
    assert fake.sent() == {(message.to, message.body): 1 for message in messages}
    assert fake.calls.total() == 30


def test_twilio_refuses_connections_for_six_hours_and_nothing_is_lost(crew, write, fake):
    message = write()
    listening = fake.port
    fake.port = 1  # nobody listens there
    hand = crew.hire()
    for _ in range(12):
        hand.do("tick", crew.now)
        crew.now += 30 * MINUTE
    assert outcome(message) == "ready"
    fake.port = listening
    crew.carry_on(20 * MINUTE)
    assert (outcome(message), fake.sent().total()) == ("accepted", 1)
    assert moves(message, "unknown") == 0


def test_while_the_listing_is_away_nothing_is_decided(crew, write, fake):
    fake.script.append(DOWN_AFTER)
    message = write()
    hand = crew.hire()
    hand.do("tick", crew.now)
    listening, fake.port = fake.port, 1
    blind = crew.hire()
    for _ in range(6):
        crew.now += 5 * MINUTE
        blind.do("reconcile", crew.now)
    assert outcome(message) == "unknown"
    fake.port = listening
    crew.carry_on(10 * MINUTE)
    assert (outcome(message), fake.sent().total()) == ("accepted", 1)


def test_two_texts_with_the_same_words_are_not_taken_for_each_other(crew, write, fake):
    fake.script += [DOWN_AFTER, DOWN_BEFORE]
    context = {"first_name": "Jane", "when_time": "2pm", "come_time": "1:45pm",
               "when_day": "Friday 4 December",
               "place": "Preston", "link": "https://scans.example/a/X", "code": "7567"}  # fmt: skip
    messages = [write(1, subject=subject, context=context) for subject in ("ONE", "TWO")]
    crew.carry_on(30 * MINUTE)
    assert fake.sent() == {(messages[0].to, messages[0].body): 2}
    assert {outcome(message) for message in messages} == {"accepted"}
    assert messages[0].provider_sid != messages[1].provider_sid


@pytest.mark.parametrize("jump", [-60, 60], ids="{} minutes".format)
def test_a_clock_that_jumps_doubles_nothing(crew, write, fake, jump):
    fake.script.append(DOWN_AFTER)
    messages = [write(number) for number in range(3)]
    crew.hire().do("tick", crew.now)
    crew.now += jump * MINUTE
    crew.carry_on(120 * MINUTE)
    assert fake.sent() == {(message.to, message.body): 1 for message in messages}
    assert count(fake).left_open == 0


def test_a_text_sent_while_our_clock_was_an_hour_fast_is_found(crew, write, fake):
    fake.now -= 60 * MINUTE
    fake.script.append(DOWN_AFTER)
    message = write()
    crew.hire().do("tick", crew.now)
    crew.now -= 60 * MINUTE
    crew.carry_on(30 * MINUTE)
    assert (outcome(message), fake.sent().total()) == ("accepted", 1)
