"""The booking day with faults in its short form: benchmarks/load, on servers of its own."""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest
from django.db import connection

from benchmarks.load.__main__ import MISSING, SHORT
from benchmarks.processes import ROOT

BOOKINGS = 24
KILLED = "pymp-"
"""A folder of Python's own, which a process that was killed cannot take away."""


@pytest.fixture
def open_folder():
    """A folder that PostgreSQL's own user may enter, which may not enter those of pytest."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o755)
        yield folder


@pytest.mark.broker
def test_a_short_booking_day_with_faults_loses_and_doubles_nothing(open_folder):
    """24 bookings by a real web server and worker, of which each is killed, and what they need."""
    if connection.vendor != "sqlite":
        pytest.skip("it brings its own PostgreSQL and Redis: the run on SQLite plays it, once")
    command = [sys.executable, "-m", "benchmarks.load", "--bookings", str(BOOKINGS)]
    command += ["--referrals", "30", "--days", "4"]
    done = subprocess.run(
        command, cwd=ROOT, env={**os.environ, "TMPDIR": str(open_folder)}, capture_output=True,
        text=True, check=False,
    )  # fmt: skip
    if done.returncode == MISSING:
        pytest.skip(done.stdout.strip())
    said = done.stdout + done.stderr[-3000:]
    assert done.returncode == 0, said
    faults = [line for line in done.stdout.splitlines() if line.startswith("fault after")]
    assert [line.rpartition(" ")[2] for line in faults] == SHORT, said
    left = [one.name for one in open_folder.iterdir() if not one.name.startswith(KILLED)]
    assert left == [], said
