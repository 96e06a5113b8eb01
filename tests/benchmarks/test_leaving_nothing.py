"""Whoever ends a benchmark, by ctrl-C or SIGTERM, is left with no process and no folder."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks.processes import ROOT, wait_for

PLAY = """
import sys, tempfile, time
from pathlib import Path
from benchmarks.processes import Processes, leaving_nothing, wait_for

with leaving_nothing() as stack:
    folder = Path(stack.enter_context(tempfile.TemporaryDirectory(dir=sys.argv[1])))
    parts = Processes(folder, {"PYTHONPATH": sys.argv[1]})
    stack.callback(parts.stop_all, within=1)
    parts.start("good", "part", sys.argv[1])
    parts.start("frozen", "part", sys.argv[1])
    parts.start("deaf", "part", sys.argv[1], DEAF="1")
    wait_for(lambda: len(list(Path(sys.argv[1]).glob("*.pid"))) == 6, "parts")
    import signal
    parts.signal("frozen", signal.SIGSTOP)
    print("ready", flush=True)
    time.sleep(600)
"""
PART = """
import os, signal, sys, time
from pathlib import Path

if os.environ.get("DEAF"):
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
os.fork()
(Path(sys.argv[1]) / f"{os.getpid()}.pid").touch()
time.sleep(600)
"""


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_every_part_and_its_child_and_a_second_one_does_not_cut_that_short(
    number, tmp_path
):
    (tmp_path / "part.py").write_text(PART)
    command = [sys.executable, "-c", PLAY, str(tmp_path)]
    play = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
    assert play.stdout.readline() == "ready\n"
    pids = [int(path.stem) for path in tmp_path.glob("*.pid")]
    assert len(pids) == 6
    play.send_signal(number)
    wait_for(lambda: not all(is_there(pid) for pid in pids), "the first to go")
    play.send_signal(number)
    assert play.wait() == 128 + number
    play.stdout.close()
    # A killed grandchild is there until its new parent has asked how it ended.
    wait_for(lambda: not any(is_there(pid) for pid in pids), "all to be gone")
    assert [
        path.name for path in tmp_path.iterdir() if path.is_dir() and path.name != "__pycache__"
    ] == []


def is_there(pid: int) -> bool:
    """Whether a process lives."""
    try:
        os.kill(pid, 0)
        return ") Z " not in Path(f"/proc/{pid}/stat").read_text()
    except (ProcessLookupError, FileNotFoundError):
        return False
