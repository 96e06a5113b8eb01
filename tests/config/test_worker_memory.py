"""A worker's processes share what was loaded before they were forked, and go on doing so."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.config.served import ROOT

SAYS = """
import django, gc, os
from pathlib import Path
django.setup()
from celery.signals import worker_init
from config.celery import app

def own():
    lines = Path("/proc/self/smaps_rollup").read_text().splitlines()
    return sum(int(line.split()[1]) for line in lines if line.startswith("Private_Dirty:"))

app.loader.import_default_modules()
worker_init.send(sender=None)
if not os.fork():
    before = own()
    gc.collect()
    print(own() - before, flush=True)
    os._exit(0)
os.wait()
"""


@pytest.mark.skipif(
    not Path("/proc/self/smaps_rollup").exists(), reason="only Linux says what a process has alone"
)
def test_a_process_of_a_worker_takes_nothing_twice_when_it_looks_for_garbage():
    """Each took 65 MB more, minutes after it began."""
    done = subprocess.run(
        [sys.executable, "-c", SAYS], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert int(done.stdout.splitlines()[-1]) < 10_000  # of 65,000
