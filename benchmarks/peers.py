"""`python -m benchmarks.peers FOLDER`: our published slots beside a control of UNIVAF's shape.

By hand, as docs/peers.md says, because it needs PostgreSQL, Node, and a FOLDER with four of Node's
packages. Both serve the same 60,000 slots over loopback, in turns: ours from PostgreSQL and
from SQLite through the web server that the service has, the control (`peer_publish.cjs`) from
PostgreSQL.
"""

import http.client
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import NamedTuple

import psycopg

from benchmarks.processes import Processes, wait_for
from benchmarks.timing import verdict
from tools import servers
from tools.clusters import free_port
from tools.run import web_command

ROUNDS = 7
SLOTS = 60_000
CHUNK = 1 << 16
NAME = "finder_peers"
MANIFEST = "/fhir/R4/$bulk-publish"
CONTROL = Path(__file__).with_name("peer_publish.cjs").resolve()
TICK = 1000 / os.sysconf("SC_CLK_TCK")
Act = Callable[[], tuple[int, int]]
"""Reads all that a server publishes: bytes, and lines."""


class Turn(NamedTuple):
    """One reading of everything: milliseconds on the wall, of processors, and what came."""

    wall: float
    cpu: float
    size: int


def main(arguments: list[str]) -> int:
    """Fill both databases, start the three servers, and print what each takes."""
    if len(arguments) != 1:
        sys.exit(str(__doc__).partition("\n")[0])
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        server = servers.postgresql(stack)
        if server is None:
            sys.exit("This needs PostgreSQL.")
        urls = {"sqlite": f"sqlite:///{folder}/peers.sqlite3", "postgresql": _fresh(server.url)}
        acts, groups = {}, []
        for vendor, url in urls.items():
            port, group = _ours(stack, folder, vendor, url)
            acts[f"ours, {vendor}"] = _everything(port)
            groups.append(group)
        port, group = _control(stack, Path(arguments[0]), urls["postgresql"])
        acts["control, as UNIVAF's"] = _file(port, "/places")
        acts["control, a row a slot"] = _file(port, "/rows")
        _print(_in_turns(acts, [*groups, group], urls["postgresql"]))
    return 0


def _fresh(url: str) -> str:
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(f"DROP DATABASE IF EXISTS {NAME}")
        connection.execute(f"CREATE DATABASE {NAME}")
    return url.rsplit("/", 1)[0] + f"/{NAME}"


def _ours(stack: ExitStack, folder: Path, vendor: str, url: str) -> tuple[int, int]:
    """Fill a database and serve it; return the port and the process group."""
    env = {
        **os.environ, "DATABASE_URL": url, "VAR_DIR": str(folder), "LOG_LEVEL": "CRITICAL",
        "DJANGO_SETTINGS_MODULE": "config.settings", "OPEN_CALLS_A_MINUTE": "1000000",
    }  # fmt: skip
    subprocess.run([sys.executable, "-m", "benchmarks.peer_rows"], env=env, check=True)
    port = free_port()
    web = Processes(folder, env)
    stack.callback(web.stop_all)
    web.start(vendor, *web_command(port))
    _until_it_answers(port, "/healthz/")
    return port, web.processes[vendor].pid


def _control(stack: ExitStack, packages: Path, url: str) -> tuple[int, int]:
    port = free_port()
    node = subprocess.Popen(
        ["node", str(CONTROL), str(port), url], cwd=packages, start_new_session=True
    )
    stack.callback(node.kill)
    _until_it_answers(port, "/")
    return port, node.pid


def _until_it_answers(port: int, path: str) -> None:
    def answers() -> bool:
        try:
            _read(port, path, lambda _: None)
        except OSError:
            return False
        return True

    wait_for(answers, f"port {port}", within=60)


def _everything(port: int) -> Act:
    """Return what reads our manifest, and each file of slots that it names."""

    def act() -> tuple[int, int]:
        manifest: list[bytes] = []
        _read(port, MANIFEST, manifest.append)
        files = json.loads(b"".join(manifest))["output"]
        names = [one["url"].rpartition("/")[2] for one in files if one["type"] == "Slot"]
        read = [_file(port, f"{MANIFEST}/{name}")() for name in names]
        return sum(size for size, _ in read), sum(lines for _, lines in read)

    return act


def _file(port: int, path: str) -> Act:
    def act() -> tuple[int, int]:
        size, lines, last = 0, 0, b"\n"

        def keep(chunk: bytes) -> None:
            nonlocal size, lines, last
            size, lines, last = size + len(chunk), lines + chunk.count(b"\n"), chunk[-1:]

        _read(port, path, keep)
        return size, lines + (last != b"\n")

    return act


def _read(port: int, path: str, keep: Callable[[bytes], None]) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    connection.request("GET", path, headers={"Host": "localhost"})
    response = connection.getresponse()
    while chunk := response.read(CHUNK):
        keep(chunk)
    connection.close()


def _in_turns(acts: dict[str, Act], groups: list[int], url: str) -> dict[str, list[Turn]]:
    """Let each read everything, one after another, `ROUNDS` times after a first one."""
    taken: dict[str, list[Turn]] = {name: [] for name in acts}
    for _ in range(ROUNDS + 1):
        for name, act in acts.items():
            cpu, wall = _cpu(groups, url), time.perf_counter()
            size, lines = act()
            wall = (time.perf_counter() - wall) * 1000
            if lines != SLOTS:
                raise SystemExit(f"{name} published {lines} lines")
            taken[name].append(Turn(wall, _cpu(groups, url) - cpu, size))
    return {name: turns[1:] for name, turns in taken.items()}


def _cpu(groups: list[int], url: str) -> float:
    """Return the milliseconds of processors that the servers and their database have taken."""
    with psycopg.connect(url) as connection:
        rows = connection.execute(
            "SELECT pid FROM pg_stat_activity WHERE datname = current_database()"
            " AND pid <> pg_backend_pid()"
        ).fetchall()
    sessions = {pid for (pid,) in rows}
    return sum(
        ticks * TICK for pid, group, ticks in _processes() if group in groups or pid in sessions
    )


def _processes() -> Iterator[tuple[int, int, int]]:
    """Yield each process's number, its group's, and the ticks of processors that it has taken."""
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        yield int(stat.parent.name), int(fields[2]), int(fields[11]) + int(fields[12])


def _print(taken: dict[str, list[Turn]]) -> None:
    control = _least(taken["control, as UNIVAF's"])
    print(f"All {SLOTS:,} slots published, least (median) of {ROUNDS} in turns, ms")
    print(f"{'':24}{'processors':>16}{'wall':>16}{'MB':>8}   to UNIVAF's shape")
    for name, turns in taken.items():
        least = _least(turns)
        cpu = f"{least.cpu:.0f} ({statistics.median(turn.cpu for turn in turns):.0f})"
        wall = f"{least.wall:.0f} ({statistics.median(turn.wall for turn in turns):.0f})"
        ratios = [mine / theirs for mine, theirs in zip(least, control, strict=True)]
        said = " ".join(f"{ratio:.2f}" for ratio in ratios)
        met = f"  {verdict(max(ratios) <= 1)}" if name.startswith("ours") else ""
        print(f"  {name:22}{cpu:>16}{wall:>16}{least.size / 1e6:8.1f}   {said}{met}")


def _least(turns: list[Turn]) -> Turn:
    return Turn(min(one.wall for one in turns), min(one.cpu for one in turns), turns[0].size)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
