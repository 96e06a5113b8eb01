"""`make test`: every test on SQLite, and again on PostgreSQL with Redis where they can be had."""

import os
import re
import subprocess
import sys
import tempfile
from contextlib import ExitStack
from pathlib import Path
from typing import NamedTuple

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
from tools import browser, engines, servers, twilio_contract
from tools.environment import DEVELOP, PYTHON, ROOT, SetUpFailed, prepare

NO_TESTS = 5
"""pytest's exit code when nothing was selected: not a failure of `make test ARGS=...`."""


BROWSER, NO_DATABASE = "browser", "no-database"
"""What one of the two runs of everything leaves to the other (tests/conftest.py): a browser's
tests, slow and about pages, go on PostgreSQL as in production; files that touch no database, on
SQLite."""


class Ran(NamedTuple):
    """One run of all tests: on what, how it ended, pytest's counts."""

    on: str
    ok: bool
    counts: str


class Selection(NamedTuple):
    """What `make test ARGS=...` asks for: paths of the tests, everything if it names none."""

    paths: list[Path]

    @classmethod
    def of(cls, arguments: list[str]) -> "Selection":
        """Read pytest's arguments; what is no path that exists selects nothing here."""
        words = [word.split("::")[0] for word in arguments if not word.startswith("-")]
        return cls([ROOT / word for word in words if word and (ROOT / word).exists()])

    @property
    def is_everything(self) -> bool:
        """Whether no path is named."""
        return not self.paths

    def touches(self, folder: str) -> bool:
        """Whether tests in a folder may be among those asked for."""
        there = ROOT / folder
        return self.is_everything or any(
            path.is_relative_to(there) or there.is_relative_to(path) for path in self.paths
        )

    def processes(self) -> int:
        """Return how many processes are worth starting: a file's tests share one. 0 is this one.

        One more than there are cores: a third of the slow tests' time is waiting.
        """
        one_file = self.paths and all(path.is_file() for path in self.paths)
        most = min((os.cpu_count() or 1) + 1, 5, len(set(self.paths)) if one_file else 5)
        return most if most > 1 else 0


class Helpers(NamedTuple):
    """What the tests asked for need besides databases, and what of it could not be had."""

    browser: str | None
    routers: list[str]
    missing: list[str]


def main(arguments: list[str]) -> int:
    """Set up, find what there is to test on, run; return 1 if anything failed."""
    try:
        prepare(DEVELOP)
    except SetUpFailed as failure:
        print(failure, file=sys.stderr)
        return 1
    selection = Selection.of(arguments)
    helpers = get_helpers(selection)
    runs, missing = [], list(helpers.missing)
    together = ["--dist", "loadfile", "--no-loadscope-reorder"]  # tests/conftest.py orders them
    command = ["-n", str(selection.processes()), *together, *arguments]
    with ExitStack() as stack:
        database = servers.postgresql(stack)
        is_shared = selection.is_everything and database is not None
        leave_out = ["--leave-out", BROWSER] if is_shared else []
        runs.append(_run("SQLite", {}, helpers.browser, [*command, *leave_out]))
        if database is None:
            missing.append("PostgreSQL (none found or installed)")
        else:
            leave_out = ["--leave-out", NO_DATABASE] if is_shared else []
            env = {"DATABASE_URL": database.url}
            broker = servers.redis(stack)
            if broker is None:
                missing.append("Redis (none found or installed)")
            else:
                env["CELERY_BROKER_URL"] = broker.url
            on = f"{database.name} with {broker.name if broker else 'the filesystem broker'}"
            runs.append(_run(on, env, helpers.browser, [*command, *leave_out]))
    path = helpers.browser
    print(closing_line(runs, missing, browser.version(path) if path else None, helpers.routers))
    return 0 if all(run.ok for run in runs) else 1


def get_helpers(selection: Selection) -> Helpers:
    """Get the browser, routers and contract that these tests need."""
    path, routers, missing = None, [], []
    if selection.touches("tests/resilience"):
        lacking = twilio_contract.fetch()
        if lacking:
            missing.append(f"Twilio's own description of its API ({lacking})")
    if selection.touches("tests/browser"):
        path = browser.find()
        if path is None:
            missing.append("browser (none found)")
    if selection.touches("tests/sites/travel"):
        routers = engines.fetch()
        lacks = [name for name in engines.PROGRAMS if not any(name in one for one in routers)]
        missing += lacks
    return Helpers(path, routers, missing)


def closing_line(
    runs: list[Ran], missing: list[str], browser_name: str | None, routers: list[str]
) -> str:
    """Return what was tested on what, and what was not."""
    parts = [f"{run.on} ({run.counts})" for run in runs]
    if routers:
        parts.append(f"against {' and '.join(routers)}")
    if browser_name:
        parts.append(f"in {browser_name}")
    said = "Tested on " + ", ".join(parts) + "."
    if missing:
        said += " Not tested on: " + ", ".join(missing) + "."
    return said


def _run(on: str, extra: dict[str, str], path: str | None, arguments: list[str]) -> Ran:
    print(f"\nTests on {on}", flush=True)
    given = {"DATABASE_URL", "CELERY_BROKER_URL", "MODE", "PORT", "PUBLIC_BASE_URL", "VAR_DIR"}
    # Containers often say so. Then each process of the tests would compile all of them again.
    given.add("PYTHONDONTWRITEBYTECODE")
    with tempfile.TemporaryDirectory() as var:
        env = {key: value for key, value in os.environ.items() if key not in given}
        env |= {"VAR_DIR": var, "CHROMIUM": path or "", **extra}
        command = [str(PYTHON), "-m", "pytest"]
        with subprocess.Popen(
            [*command, *arguments], cwd=ROOT, env=env, stdout=subprocess.PIPE, text=True
        ) as process:
            last = ""
            for line in process.stdout or ():
                print(line, end="", flush=True)
                last = line.strip() or last
    counts = ", ".join(re.findall(r"\d+ (?:passed|failed|skipped|errors?)", last)) or "no tests"
    return Ran(on, process.returncode in (0, NO_TESTS), counts)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
