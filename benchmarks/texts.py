"""Texts under workers that are killed and a provider that misbehaves, and how fast a queue drains.

The storm is the one of tests/resilience, larger, once for the service and once for the naive
control, which sends again whatever it is not sure of. Time in it is the harness's own.
"""

import os
import time
from copy import copy
from datetime import UTC, datetime
from pathlib import Path
from unittest.mock import patch
from uuid import uuid4

from django.db import connection

from benchmarks.summary import tell
from notifications import tasks
from notifications.models import Event, Message, Provider
from tests.resilience.crew import Crew
from tests.resilience.fake_twilio import Callbacks, FakeTwilio
from tests.resilience.storm import Storm
from tests.resilience.texts import Figures, count, write_text

NOON = datetime(2026, 11, 25, 12, tzinfo=UTC)
STORM = Storm(texts=400, hands=4, kills=60, hostile=0.3, lag=60, seed=2026)
DUE, WORKERS = 3_000, 4


@patch.object(tasks.dispatch, "delay", lambda: None)  # there is no broker to wake
def run() -> None:
    """Print what the storm did to each, and the rate."""
    print(
        f"Texts, {STORM.texts} due at once, {STORM.hands} workers, {STORM.kills} killed, "
        f"{STORM.hostile:.0%} of calls hostile, listing lags 0 to {STORM.lag} s, "
        f"{connection.vendor}"
    )
    blank = " " * 21
    print(f"{blank}texts per                 given  dropped           sent    delay (s)")
    print(f"{blank}message  doubles  lost     up  by dead  unknown  again    p50    p95    max")
    for name, job, callbacks in (
        ("ours, no callbacks", "tick", Callbacks.NONE),
        ("ours, shuffled", "tick", Callbacks.SHUFFLED),
        ("naive control", "naive", Callbacks.NONE),
    ):
        figures = _storm(job, callbacks)
        in_doubt = f"{figures.dropped:9}{figures.unknown:9}{figures.resends:7}"
        if job == "naive":
            in_doubt = f"{'-':>9}{'-':>9}{'-':>7}"  # it knows no doubt, and keeps no history
        print(
            f"  {name:<19}max {figures.most:>3}{figures.doubles:9}{figures.lost:6}"
            f"{figures.given_up:7}{in_doubt}"
            f"{figures.delay(0.5):7.0f}{figures.delay(0.95):7.0f}{figures.delay(1):7.0f}"
        )
        tell(f"{name}: doubles, lost", f"{figures.doubles}, {figures.lost}")
    seconds, texts, most = _drain()
    tell("texts a second, four workers", f"{texts / seconds:.0f}")
    print(
        f"  {texts} due texts, {WORKERS} workers, nothing amiss: {texts / seconds:.0f} a second, "
        f"max {most} a message\n"
    )


def _storm(job: str, callbacks: Callbacks) -> Figures:
    _clear()
    with FakeTwilio(now=NOON, callbacks=callbacks).listening() as fake:
        crew = Crew(fake, log=_log(), now=NOON)
        try:
            if callbacks is not Callbacks.NONE:
                crew.open_web()
            STORM.write(lambda number: write_text(number, now=NOON))
            STORM.rage(crew, job)
        finally:
            crew.dismiss()
        return count(fake)


def _drain() -> tuple[float, int, int]:
    """Return the seconds in which WORKERS send DUE texts, how many went, the most of one."""
    _clear()
    first = write_text(0, now=NOON)
    others = [_another(first, number) for number in range(1, DUE)]
    Message.objects.bulk_create(others, batch_size=1000)
    with FakeTwilio(now=NOON).listening() as fake:
        crew = Crew(fake, log=_log(), now=NOON, rate=10 * DUE)
        hands = [crew.hire() for _ in range(WORKERS)]
        start = time.perf_counter()
        try:
            for hand in hands:
                hand.begin("dispatch", NOON)
            for hand in hands:
                hand.hear(within=3600)
            seconds = time.perf_counter() - start
        finally:
            crew.dismiss()
        return seconds, fake.sent().total(), count(fake).most


def _another(text: Message, number: int) -> Message:
    """Return a text to another number, with another link in it."""
    other = copy(text)
    other.pk, other.subject, other.dedupe_key = uuid4(), f"REF{number:05}", f"REF{number:05}:1"
    other.to = f"+447700900{number % 1000:03}"
    other.body = text.body.replace("00000000", f"{number:08}")
    return other


def _clear() -> None:
    for model in (Event, Message, Provider):
        model.objects.all().delete()


def _log() -> Path:
    return Path(os.environ["VAR_DIR"]) / "workers.log"
