"""What comes over HTTP: the web server as production starts it, on loopback, driven by wrk.

One web process, as one replica has; wrk takes a share of the same processors, and there is no TLS:
the proxy before it does that. So it tells how the doors compare, and is no measure of a service.
"""

import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import NamedTuple

import requests
from django.core.management import call_command
from django.db import connection
from django.test import override_settings
from django.utils import timezone

from benchmarks.load.play import is_up, production
from benchmarks.load.visits import as_https
from benchmarks.processes import Processes, wait_for
from benchmarks.scene import NOW
from benchmarks.summary import tell
from booking.changes.change_log import week_of
from booking.exchange.feeds.keys import create_key
from sites.models import Postcode
from times.london import day_in_england
from tools.clusters import free_port
from tools.run import web_command

CLIENTS, SECONDS, WARM_SECONDS = 8, 8, 2
NO_LIMITS = {
    "OPEN_CALLS_A_MINUTE": "0",
    "OPEN_PAGES_A_MINUTE": "0",
    "API_CALLS_A_MINUTE": "1000000",
}
BY_PROXY = {"X-Forwarded-Proto": "https"}
TIME = re.compile(r"([\d.]+)(us|ms|s)")
MILLISECONDS = {"us": 0.001, "ms": 1.0, "s": 1000.0}


class Door(NamedTuple):
    """What is asked for, with which headers, and how it is answered."""

    name: str
    path: str
    headers: dict[str, str]
    status: int = 200


class Driven(NamedTuple):
    """Answers a second, milliseconds, and how many answers were none that counts."""

    rate: float
    p50: float
    p99: float
    failed: int


def run() -> None:
    """Print a row a door; without wrk say so."""
    print(f"HTTP, one web process, {CLIENTS} clients, {connection.vendor} (answers a second; ms)")
    wrk = shutil.which("wrk")
    if wrk is None:
        tell("answers a second", "not measured: wrk is not on PATH")
        print("  not measured: wrk is not on PATH (Debian: apt-get install wrk)\n")
        return
    with tempfile.TemporaryDirectory() as folder, _served(Path(folder)) as url:
        for door in _doors(url):
            _check(url, door)
            _drive(wrk, url, door, WARM_SECONDS)
            driven = _drive(wrk, url, door, SECONDS)
            said = f"{driven.rate:.0f} a second, p50 {driven.p50:.1f} ms, p99 {driven.p99:.1f} ms"
            failed = f"; {driven.failed} FAILED" if driven.failed else ""
            tell(door.name, said + failed)
            print(f"  {door.name:<28}{driven.rate:8.0f}   p50 {driven.p50:7.1f}"
                  f"   p99 {driven.p99:7.1f}{failed}")  # fmt: skip
    print()


@contextmanager
def _served(folder: Path) -> Iterator[str]:
    """Serve the database that the settings name, as production does where that may be: it takes no
    SQLite, which the demo's settings are for."""
    postcode = {"outward": "PR1", "sector": "PR1 4", "lat": 53.76, "lon": -2.68}
    Postcode.objects.get_or_create(code="PR1 4LF", defaults=postcode)
    port = free_port()
    env = {**os.environ, **NO_LIMITS, "VAR_DIR": str(folder), "LOG_LEVEL": "CRITICAL"}
    if connection.vendor == "postgresql":
        database, broker = os.environ["DATABASE_URL"], "redis://127.0.0.1:6379/9"
        env |= production(port, database, broker, "http://127.0.0.1:1", folder)
    with override_settings(STATIC_ROOT=folder / "static"):
        call_command("collectstatic", interactive=False, verbosity=0)
    parts = Processes(folder, env)
    try:
        parts.start("web", *web_command(port))
        url = f"http://127.0.0.1:{port}"
        wait_for(lambda: is_up(url), "the web server", parts.processes["web"])
        yield url
    finally:
        parts.stop_all()


def _doors(url: str) -> list[Door]:
    as_https()
    browser = requests.Session()
    browser.headers.update(BY_PROXY)
    search = "/places?modality=MR"
    browser.get(f"{url}{search}&postcode=PR1+4LF", timeout=60, allow_redirects=False)
    cookies = "; ".join(f"{name}={value}" for name, value in browser.cookies.items())
    today = day_in_england(NOW)
    days = f"start=ge{today}&start=le{today + timedelta(days=13)}"
    key = create_key("RXN", now=timezone.now())
    week = f"/fhir/R4/$bulk-publish/Slot-{week_of(NOW) + timedelta(weeks=1)}.ndjson"
    with browser.get(url + week, timeout=60, stream=True) as published:
        mark = published.headers["ETag"]
    return [
        Door("results page", search, {"Cookie": cookies}),
        Door("API, ten places", "/api/v1/places?postcode=PR1+4LF&modality=MR", {}),
        Door("FHIR, 100 free times", f"/fhir/R4/Slot?status=free&{days}&_count=100",
             {"Authorization": f"Bearer {key}"}),
        Door("a week's file, unchanged: 304", week, {"If-None-Match": mark}, 304),
    ]  # fmt: skip


def _check(url: str, door: Door) -> None:
    """See that it is answered as it must be, before it is asked for thousands of times."""
    headers = BY_PROXY | door.headers
    said = requests.get(url + door.path, headers=headers, timeout=60, allow_redirects=False)
    if said.status_code != door.status or (door.name == "results page" and "Site" not in said.text):
        raise SystemExit(f"{door.name}: {said.status_code}, {said.text[:200]!r}")


def _drive(wrk: str, url: str, door: Door, seconds: int) -> Driven:
    command = [wrk, "-t1", f"-c{CLIENTS}", f"-d{seconds}s", "--timeout", "10s", "--latency"]
    for name, value in (BY_PROXY | door.headers).items():
        command += ["-H", f"{name}: {value}"]
    said = subprocess.run([*command, url + door.path], capture_output=True, text=True, check=True)
    return read(said.stdout)


def read(said: str) -> Driven:
    """Return what wrk has said."""
    rate = float(re.findall(r"Requests/sec: *([\d.]+)", said)[0])
    p50, p99 = (_milliseconds(said, share) for share in ("50%", "99%"))
    counted = re.findall(r"Non-2xx or 3xx responses: (\d+)", said)
    errors = re.findall(r"Socket errors: (.*)", said)
    failed = sum(map(int, counted)) + sum(map(int, re.findall(r"\d+", " ".join(errors))))
    return Driven(rate, p50, p99, failed)


def _milliseconds(said: str, share: str) -> float:
    number, unit = TIME.findall(said[said.index(f" {share} ") :])[0]
    return float(number) * MILLISECONDS[unit]
