"""Waiting for what another thread, process or server does in its own time."""

import threading
import time

WITHIN = 60.0
"""Seconds that anything may take on a busy machine before a test gives up."""


def until(true):
    """Return once it is true; fail after WITHIN seconds."""
    deadline, pause = time.monotonic() + WITHIN, threading.Event()
    while not true():
        assert time.monotonic() < deadline
        pause.wait(0.01)
