"""`python -m benchmarks.load --minutes 1`: a booking day of everything together, and its faults.

It makes a PostgreSQL and a Redis of its own, starts the service as production does, lets Locust's
patients, clerks and trusts in over HTTP on loopback, breaks one thing after the other, and compares
in the end. It ends by itself. 1 if anything was lost or doubled; 3 if a program is missing here.
`--bookings 24` is the short form: no Locust, few patients, over when so many have booked.
`--pooled` puts a PgBouncer before the database, and a replica beside it that figures are read from.
`--sites 3020` makes the network as wide as that many places, all of them with times.
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from contextlib import ExitStack, suppress
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import requests

from benchmarks.processes import ROOT, leaving_nothing
from tools import poolers
from tools.clusters import Cluster, NotStarted, free_port, programs

if TYPE_CHECKING:
    from benchmarks.load.checks import Found
    from benchmarks.load.gateway import Gateway
    from benchmarks.load.play import Load

NAME = "load"
SMALL_DISK, LARGE_DISK = "1g", "4g"
WIDE = 200
"""From so many sites on the disk has to be large."""
TRUSTS = ["RXL", "RTX"]
MISSING = 3
SHORT = ["worker-killed", "web-child-killed", "database-restarted", "redis-killed"]
"""Faults of the short form, in their order."""
BROKEN = 1 / 3
"""Of a long run's time, the part in which things break."""
SENT_WITHIN = 240.0
"""Seconds until the last text is out: a killed sender's lease lasts one minute, a look follows."""


def main(arguments: list[str]) -> int:
    """Read what is asked, look whether it can be done, do it."""
    from benchmarks.load.faults import FAULTS

    parser = argparse.ArgumentParser(prog="benchmarks.load", description=__doc__)
    parser.add_argument("--minutes", type=float, default=1)
    parser.add_argument("--users", type=int, default=12)
    parser.add_argument("--referrals", type=int, default=60, help="of each trust")
    parser.add_argument("--days", type=int, default=14, help="of times to come")
    parser.add_argument("--faults", nargs="*", choices=FAULTS)
    parser.add_argument("--bookings", type=int, default=0, help="the short form: over after these")
    parser.add_argument("--sites", type=int, default=0, help="at least so many places")
    parser.add_argument("--pooled", action="store_true", help="with a pooler and a replica")
    asked = parser.parse_args(arguments)
    if asked.faults is None:
        whole = [name for name in FAULTS if asked.pooled or name != "replica-stopped"]
        asked.faults = SHORT if asked.bookings else whole
    missing = [] if programs() else ["PostgreSQL"]
    missing += [] if shutil.which("redis-server") else ["Redis"]
    missing += [] if poolers.program() or not asked.pooled else ["PgBouncer"]
    if missing:
        print(f"Not run: {' and '.join(missing)} cannot be found on this machine.")
        return MISSING
    with leaving_nothing() as stack:
        return run(asked, stack)


def run(asked: argparse.Namespace, stack: ExitStack) -> int:
    """Set everything up, let it run, and print what came of it."""
    folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
    folder.chmod(0o755)
    cluster = _cluster(folder, stack, LARGE_DISK if asked.sites > WIDE else SMALL_DISK)
    port, database = free_port(), f"{cluster.url}/{NAME}"
    from tests.resilience.celery_workers import Redis

    broker = Redis(folder / "redis")
    stack.callback(broker.lose)
    broker.start()
    from benchmarks.load import beside
    from benchmarks.load.gateway import Gateway
    from benchmarks.load.play import Load, production

    gateway = Gateway(f"https://127.0.0.1:{port}", f"http://127.0.0.1:{port}")
    stack.enter_context(gateway.busy())
    settings = production(port, database, broker.url, gateway.url, folder)
    replica = None
    if asked.pooled:
        replica, pooler = beside.put(cluster, NAME, folder, stack)
        settings |= beside.settings(NAME, replica, pooler)
    os.environ.update(settings)
    load = Load(folder, dict(os.environ), cluster=cluster, broker=broker, port=port,
                minutes=asked.minutes, users=asked.users, replica=replica)  # fmt: skip
    stack.callback(load.stop_all)
    import psycopg

    with psycopg.connect(f"{cluster.url}/postgres", autocommit=True) as server:
        server.execute(f"CREATE DATABASE {NAME}")
    scene = _scene(load, asked)
    notes = folder / "notes"
    with load.supervised():
        if asked.bookings:
            from benchmarks.load import short

            short.play(load, scene, notes, asked.bookings, asked.faults)
        else:
            load.people(scene, notes)
            _break(load, asked)
            with suppress(subprocess.TimeoutExpired):
                load.processes["people"].wait(asked.minutes * 60 + 120)
        found = _found(load, gateway, notes)
        more, faults = beside.found(load, NAME)
    lines = [*found.lines, *more, *(f"{what}: {count}" for what, count in faults.items())]
    print("\n".join(lines), flush=True)
    faults |= found.faults
    if any(faults.values()):
        print(load.said("web")[-3000:], load.said("worker")[-2000:], flush=True)
    return 1 if any(faults.values()) else 0


def _cluster(folder: Path, stack: ExitStack, size: str) -> Cluster:
    """Make a cluster on a small disk of its own, where one can be mounted."""
    disk = folder / "disk"
    disk.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", f"size={size},mode=755", "tmpfs", str(disk)]
    if os.getuid() == 0 and not subprocess.run(mount, capture_output=True, check=False).returncode:
        stack.callback(subprocess.run, ["umount", "-l", str(disk)], check=False)
    else:
        disk.chmod(0o777)
    data = disk / "data"
    data.mkdir()
    cluster = Cluster(data)
    cluster.make()

    def stop() -> None:
        with suppress(NotStarted):
            cluster.stop()

    stack.callback(stop)
    cluster.start()
    return cluster


def _scene(load: "Load", asked: argparse.Namespace) -> Path:
    """Prepare the database, start the service, feed each trust's times; return whom to be."""
    import django

    django.setup()
    from django.contrib.auth.models import User
    from django.utils import timezone

    from benchmarks import four_trusts_checks
    from benchmarks.load import wider
    from booking.demo import capacity, sender
    from booking.models import Patient, Staff
    from insights.models import TrustMonth
    from sites.models import Trust
    from times.london import LONDON

    # Migrations go straight to the server, whatever stands before it.
    straight = {"DATABASE_URL": f"{load.cluster.url}/{NAME}", "DATABASE_POOLER": "none"}
    _manage("prepare", load.env | straight)
    # Production refuses the invented places: they are loaded by a command that is no production.
    _manage("load_places", load.env | {"MODE": "demo"})
    wider.make(asked.sites)
    keys, waiting = four_trusts_checks.prepare(TRUSTS, ["MR", "CT", "DX", "US"], asked.referrals,
                                               "", NAME)  # fmt: skip
    # Production takes no number made for films. These go to the gateway on loopback, and nowhere.
    for number, patient in enumerate(Patient.objects.order_by("pk")):
        patient.mobile = f"+4474000{number:05}"
        patient.save()
    password = "a clerk of this run only"
    clerk = User.objects.create_user("load-clerk", password=password)
    staff = Staff.objects.create(user=clerk, role="clerk", password_given_at=timezone.now())
    Staff.objects.filter(pk=staff.pk).update(password_is_first=False)
    staff.trusts.set(Trust.objects.filter(code__in=TRUSTS))
    load.start_service()
    today = timezone.now().astimezone(LONDON).date()
    # Of a month that is counted the network's page asks for figures; of none it says so.
    month = (today.replace(day=1) - timedelta(days=1)).replace(day=1)
    TrustMonth.objects.create(counter="scans", month=month, trust=TRUSTS[0], modality="MR", n=1000)
    for trust, key in keys.items():
        said = requests.post(
            f"{load.url}/fhir/R4/$import",
            data=sender.pack(capacity.lines(trust, today, asked.days)), timeout=900,
            headers={
                "Authorization": f"Bearer {key}", "X-Forwarded-Proto": "https",
                "Content-Type": "application/fhir+ndjson", "Content-Encoding": "gzip",
            },
        )  # fmt: skip
        said.raise_for_status()
    scene = load.folder / "scene.json"
    scene.write_text(json.dumps({
        "keys": keys, "waiting": [one.code for one in waiting], "days": asked.days,
        "origin": f"https://127.0.0.1:{load.port}", "clerk": "load-clerk", "password": password,
    }))  # fmt: skip
    return scene


def _manage(command: str, env: dict[str, str]) -> None:
    how = [sys.executable, str(ROOT / "manage.py"), command]
    subprocess.run(how, env=env, stdout=sys.stderr, check=True)


def _break(load: "Load", asked: argparse.Namespace) -> None:
    """Break one thing after the other, evenly; in a long run memory is measured from then on.

    A part that is started again takes little at first: what grew before would not be seen.
    """
    from benchmarks.load.checks import LONG_ENOUGH
    from benchmarks.load.faults import FAULTS

    began = time.monotonic()
    is_long = asked.minutes >= LONG_ENOUGH
    minutes = asked.minutes * (BROKEN if is_long else 1)
    for number, name in enumerate(asked.faults, start=1):
        at = began + minutes * 60 * number / (len(asked.faults) + 1)
        time.sleep(max(0.0, at - time.monotonic()))
        why_not = FAULTS[name](load)
        print(f"fault at {time.monotonic() - began:4.0f} s: {name}"
              + (f" NOT DONE: {why_not}" if why_not else ""), flush=True)  # fmt: skip
    if is_long:
        load.memory.clear()


def _found(load: "Load", gateway: "Gateway", notes: Path) -> "Found":
    """Wait until no text is due, and compare."""
    from django.db import connection
    from django.utils import timezone

    from benchmarks.load import checks
    from benchmarks.load.play import until

    connection.close()
    until(lambda: not checks.waits(timezone.now()), "texts that are due", within=SENT_WITHIN)
    gateway.quiet()
    return checks.check(load, gateway, notes, timezone.now())


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
