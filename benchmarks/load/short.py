"""The short form: a few patients book by plain HTTP, bounded by bookings and not by time."""

import json
import random
import threading
import time
from collections import deque
from collections.abc import Sequence
from functools import partial
from pathlib import Path

import requests

from benchmarks.load.faults import FAULTS
from benchmarks.load.play import Load
from benchmarks.load.visits import Interrupted, Notes, Visiting, as_https, headers, is_broken
from benchmarks.processes import wait_for

PATIENTS = 3
WITHIN = 300.0
"""Seconds that a share of the bookings may take on a busy machine."""


class Plain(Visiting):
    """A patient with a browser of `requests`, who takes people off `waiting` until it is over."""

    def __init__(self, url: str, origin: str, notes: Notes, seed: int) -> None:
        """Be ready to begin."""
        self.url, self.origin, self.notes = url, origin, notes
        self.chance = random.Random(seed)

    def begin(self) -> None:
        """Open a browser that nobody used before, at an address of its own."""
        self.session = requests.Session()
        self.session.headers.update(headers(self.origin, self.chance))

    def see(self, method: str, path: str, name: str = "", **form: str) -> str:
        """Open a page, or send a form; note how it was answered. Raises Interrupted."""
        began, status, page = time.monotonic(), 0, ""
        try:
            said = self.session.request(method, self.url + path, data=form or None, timeout=60)
            status, page, self.landed = said.status_code, said.text, said.url
        except requests.RequestException:
            self.landed = ""
        taken = (time.monotonic() - began) * 1000
        self.notes.write("answer", name=f"{method} {name or path}", ms=taken, status=status)
        if is_broken(status):
            raise Interrupted(str(status))
        return page

    def go_on(self, waiting: deque[str], over: threading.Event) -> None:
        """Be one after the other; who was interrupted comes back later."""
        while waiting and not over.is_set():
            self.who = waiting.popleft()
            if not self.visit(self.chance, self.notes):
                waiting.append(self.who)
                over.wait(0.5)


def play(load: Load, scene: Path, notes: Path, bookings: int, faults: Sequence[str]) -> None:
    """Let patients book until so many were told so; break something after each share of them."""
    as_https()
    what = json.loads(scene.read_text(encoding="utf-8"))
    waiting, over, book = deque(what["waiting"]), threading.Event(), Notes(notes)
    load.users = PATIENTS
    people = [Plain(load.url, what["origin"], book, seed) for seed in range(PATIENTS)]
    threads = [threading.Thread(target=one.go_on, args=(waiting, over)) for one in people]
    began = time.monotonic()
    for thread in threads:
        thread.start()
    try:
        for number, name in enumerate([*faults, ""], start=1):
            share = bookings * number // (len(faults) + 1)
            wait_for(partial(_are_booked, notes, share), f"{share} bookings", within=WITHIN)
            if name:
                why_not = FAULTS[name](load)
                print(f"fault after {booked(notes)} bookings: {name}"
                      + (f" NOT DONE: {why_not}" if why_not else ""), flush=True)  # fmt: skip
    finally:
        over.set()
        for thread in threads:
            thread.join()
        load.minutes = (time.monotonic() - began) / 60


def _are_booked(notes: Path, share: int) -> bool:
    return booked(notes) >= share


def booked(notes: Path) -> int:
    """Return how many bookings people were told of."""
    lines = notes.read_text(encoding="utf-8").splitlines()
    return sum('"what": "booked"' in line for line in lines)
