"""Real threads, each with its own connection to the database, against one another."""

import time
from concurrent.futures import ThreadPoolExecutor, wait
from threading import Barrier, Event

import pytest
from django.db import connection

only_postgresql = pytest.mark.skipif(
    connection.vendor != "postgresql", reason="SQLite has one writer at a time"
)
PATIENCE = 30.0
"""Seconds after which something that must happen has not."""


def in_thread(act):
    """Return the act as one that closes its thread's connection at its end."""

    def run():
        try:
            return act()
        finally:
            connection.close()

    return run


def at_once(*acts, refusals=()):
    """Run every act in a thread of its own, started together; return what each gave.

    Of an act that raised one of `refusals`, that is returned; anything else is raised here.
    """
    barrier = Barrier(len(acts))

    def run(act):
        barrier.wait(PATIENCE)
        try:
            return act()
        except refusals as refusal:
            return refusal

    with ThreadPoolExecutor(len(acts)) as pool:
        running = [pool.submit(in_thread(lambda act=act: run(act))) for act in acts]
        return [one.result() for one in running]


class Rival:
    """One act in a thread of its own, of which PostgreSQL says whether it waits for a lock."""

    def __init__(self, act):
        self._begun, self._pid = Event(), None
        pool = ThreadPoolExecutor(1)
        self._future = pool.submit(in_thread(lambda: self._run(act)))
        pool.shutdown(wait=False)  # the thread ends with its act
        assert self._begun.wait(PATIENCE)

    def _run(self, act):
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_backend_pid()")
            self._pid = cursor.fetchone()[0]
        self._begun.set()
        return act()

    def wait_until_done_or_blocked(self):
        deadline = time.monotonic() + PATIENCE
        while not wait([self._future], timeout=0.01).done:
            assert time.monotonic() < deadline, "the rival neither ends nor waits for a lock"
            with connection.cursor() as cursor:
                cursor.execute(
                    "SELECT wait_event_type FROM pg_stat_activity WHERE pid = %s", [self._pid]
                )
                if cursor.fetchone() == ("Lock",):
                    return

    def is_done(self):
        return self._future.done()

    def result(self):
        return self._future.result(PATIENCE)
