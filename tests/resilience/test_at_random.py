"""Many texts, workers killed at moments that nobody chose, and a control that must be caught."""

from tests.resilience.fake_twilio import Callbacks
from tests.resilience.storm import Storm
from tests.resilience.texts import count

SMALL = Storm(texts=60, hands=3, kills=10, hostile=0.3, seed=7)


def test_workers_killed_at_random_text_nobody_twice_and_lose_nothing(crew, write):
    SMALL.write(write)
    SMALL.rage(crew, "tick")
    figures = count(crew.fake)
    assert crew.kills > SMALL.kills / 2
    assert (figures.most, figures.lost, figures.left_open) == (1, 0, 0)
    assert figures.texts - figures.given_up == crew.fake.sent().total()
    assert figures.unknown > 0
    assert figures.dropped > 0  # the kills did hit


def test_with_callbacks_a_listing_that_lags_an_hour_doubles_nothing(crew, write, fake):
    crew.open_web()
    fake.callbacks, storm = Callbacks.SHUFFLED, Storm(texts=40, hands=2, kills=4, lag=3600, seed=8)
    storm.write(write)
    storm.rage(crew, "tick")
    figures = count(fake)
    assert (figures.most, figures.lost, figures.left_open) == (1, 0, 0)


def test_the_naive_control_texts_people_twice_in_the_same_storm(crew, write):
    """If it did not, this harness would be blind."""
    SMALL.write(write)
    SMALL.rage(crew, "naive")
    figures = count(crew.fake)
    assert figures.doubles > 3
    assert figures.most > 1
