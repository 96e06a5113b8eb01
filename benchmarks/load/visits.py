"""One patient's visit, whatever client opens its pages, and the notes of what people were told."""

import json
import random
import re
import threading
import time
from http.cookiejar import DefaultCookiePolicy
from pathlib import Path
from typing import Any

POSTCODES = ["LA14 4LF", "PR2 9HT", "BB2 3HH", "FY3 8NR", "LA1 4RP"]
HIDDEN = re.compile(r'<input type="hidden" name="([^"]+)"[^>]*? value="([^"]*)"')
TIMES = re.compile(r'name="slot" value="(\d+)"')
CHANGES, CANCELS = 0.3, 0.25


class Interrupted(Exception):
    """The page that was to come did not."""


def is_broken(status: int) -> bool:
    """Whether an answer is none that a visit may meet: another was quicker (409), or a page."""
    return status not in (200, 409)


class Notes:
    """A file of JSON lines, each written at once: whoever writes may be the next to end."""

    def __init__(self, path: Path) -> None:
        """Add to a file."""
        self._file, self._lock = path.open("a", encoding="utf-8"), threading.Lock()

    def write(self, kind: str, **more: Any) -> None:
        """Add a line, with the time."""
        line = json.dumps({"at": time.time(), "kind": kind, **more}) + "\n"
        with self._lock:
            self._file.write(line)
            self._file.flush()


class Visiting:
    """Signs in by code, searches, holds, books; some change and some cancel."""

    who: str
    landed: str

    def begin(self) -> None:
        """Open a browser that nobody used before, at an address of its own."""
        raise NotImplementedError

    def see(self, method: str, path: str, name: str = "", **form: str) -> str:
        """Open a page, or send a form; return the page that came. Raises Interrupted."""
        raise NotImplementedError

    def visit(self, chance: random.Random, notes: Notes) -> bool:
        """Do one visit as `who`; return whether it came to its end, whatever that was."""
        self.begin()
        try:
            self.sign_in(chance)
            self.take("booked", chance, notes)
            if chance.random() < CHANGES:
                self.take("changed", chance, notes)
            if chance.random() < CANCELS:
                self.cancel(notes)
        except Interrupted as why:
            notes.write("told", what="interrupted", code=self.who, why=str(why))
            return False
        notes.write("told", what="visit over", code=self.who)
        return True

    def sign_in(self, chance: random.Random) -> None:
        """Open the link of the text and say when one was born."""
        page = self.see("GET", f"/a/{self.who}", "/a/CODE")
        born = {"born[day]": "1", "born[month]": "1", "born[year]": "1970"}
        self.see("POST", "/born/", **dict(HIDDEN.findall(page)), **born)
        page = self.see("GET", "/where/")
        self.see("POST", "/where/", **dict(HIDDEN.findall(page)), postcode=chance.choice(POSTCODES))

    def take(self, what: str, chance: random.Random, notes: Notes) -> None:
        """Choose one of the times shown, check it, press the button."""
        page = self.see("GET", "/choose/")
        for _ in range(3):
            times = TIMES.findall(page)
            if not times:
                notes.write("told", what="no time", code=self.who)
                return
            chosen = chance.choice(times[:12])
            page = self.see("POST", "/hold/", **{**dict(HIDDEN.findall(page)), "slot": chosen})
            if self.landed.endswith("/check/"):
                notes.write("told", what="trying", code=self.who)
                self.see("POST", "/confirm/", **dict(HIDDEN.findall(page)))
                done = self.landed.endswith("/appointment/")
                notes.write("told", what=what if done else "refused", code=self.who)
                return
            notes.write("told", what="lost the race", code=self.who)

    def cancel(self, notes: Notes) -> None:
        """Cancel what was booked."""
        page = self.see("GET", "/appointment/cancel/")
        if not self.landed.endswith("/appointment/cancel/"):
            return
        notes.write("told", what="trying", code=self.who)
        self.see("POST", "/appointment/cancel/", **dict(HIDDEN.findall(page)))
        notes.write("told", what="cancelled", code=self.who)


def headers(origin: str, chance: random.Random) -> dict[str, str]:
    """Return what the proxy and a browser at some address add to a request."""
    return {
        "X-Forwarded-Proto": "https", "Origin": origin,
        "X-Forwarded-For": f"198.51.100.{chance.randrange(1, 250)}",
    }  # fmt: skip


def as_https() -> None:
    """Let this process's clients send secure cookies to loopback, as browsers do to the proxy.

    The library keeps no policy of a session, so this is for all of them.
    """
    DefaultCookiePolicy.return_ok_secure = lambda *_: True  # type: ignore[method-assign]
