"""How the booking day goes on: what breaks when, and from when on memory is measured."""

import argparse
import os
import shutil
import time
from pathlib import Path
from typing import Any

import pytest

from benchmarks.load import __main__ as day
from benchmarks.load import faults
from benchmarks.load.play import Load
from benchmarks.load.visits import is_broken

NO_SERVER: Any = None


class Clock:
    """The machine's clock, which goes on when somebody sleeps."""

    def __init__(self) -> None:
        """Start at 0."""
        self.now = 0.0

    def monotonic(self) -> float:
        """Return the seconds."""
        return self.now

    def sleep(self, seconds: float) -> None:
        """Go on."""
        self.now += seconds


@pytest.mark.parametrize(("minutes", "at", "kept"), [(3, [60, 120], [1.0]), (30, [200, 400], None)])
def test_a_long_day_breaks_things_first_and_measures_memory_after(
    monkeypatch, tmp_path: Path, minutes, at, kept
):
    clock, broken = Clock(), []

    def fault(load: Load) -> str:
        broken.append(clock.now)
        return ""

    monkeypatch.setattr(day, "time", clock)
    monkeypatch.setattr(faults, "FAULTS", {"one": fault, "other": fault})
    load = Load(tmp_path, {}, NO_SERVER, NO_SERVER, port=0, minutes=minutes, users=1)
    load.memory["web"].append(1.0)
    day._break(load, argparse.Namespace(minutes=minutes, faults=["one", "other"]))
    assert broken == pytest.approx(at)
    assert load.memory.get("web") == kept


SAYS = """
import datetime, time
began = time.monotonic()
time.sleep(0.01)
print(time.time(), datetime.datetime.now(datetime.UTC).timestamp(), time.monotonic() - began)
"""


def test_a_workers_wall_clock_steps_and_its_sleeps_go_on(tmp_path):
    """Libfaketime made each sleep of the workers fail, for the whole day."""
    load = Load(tmp_path, dict(os.environ), NO_SERVER, NO_SERVER, port=0, minutes=1, users=1)
    (tmp_path / "says.py").write_text(SAYS)
    load.env["PYTHONPATH"] = str(tmp_path)
    if not shutil.which("cc"):
        pytest.skip("no C compiler is on this machine")
    load.clock.write_text("90000")
    load.begin("worker", ["says"])
    assert load.processes["worker"].wait() == 0, load.said("worker")
    wall, date, slept = map(float, load.said("worker").split())
    assert min(wall, date) > time.time() + 80000
    assert slept < 80000


@pytest.mark.parametrize("status", [0, 400, 403, 404, 429, 500, 503])
def test_a_visit_is_broken_off_by_what_no_page_should_answer(status):
    assert is_broken(status)


@pytest.mark.parametrize("status", [200, 409])
def test_another_who_was_quicker_breaks_nothing_off(status):
    assert not is_broken(status)
