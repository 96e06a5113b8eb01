"""`make mutants FILE=path`: which small faults in a file does no test notice?

FILE may name several files. The tests are those that name the file's module, or stand in the same
folder of tests if none does; TESTS names others instead. LINES=10-20 tries the mutants of those
lines only. All is done on a copy of the tree in a temporary folder, on SQLite, on one core; by
hand, not in CI.
"""

import argparse
import contextlib
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
NOT_ASKED = ("tests/browser", "tests/resilience", "tests/tools")
"""Slow, or of other processes, which have no mutant."""

TEMPLATES = "var/templates"
"""Migrated databases that earlier tests left here: see tests/databases.py."""
WARM_UP = "tests/test_warm_up.py"
"""Made in the copy only: the first test that needs the database, which makes it."""


def main() -> int:
    """Copy the tree, and have pytest run each mutant of the files there."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("files", nargs="+", help="as in booking/search/places.py")
    parser.add_argument("--tests", nargs="*", default=[], help="test files to ask instead")
    parser.add_argument("--lines", default="", help="as in 10-20,31")
    given = parser.parse_args()
    tests = given.tests or sorted({test for file in given.files for test in tests_for(file)})
    wanted = {"files": given.files, "lines": read_lines(given.lines)}
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # or the folder would stay
    with tempfile.TemporaryDirectory(prefix="mutants-") as folder:
        copy(Path(folder))
        with contextlib.suppress(FileNotFoundError):  # or each run would migrate one anew
            shutil.copytree(ROOT / TEMPLATES, Path(folder, TEMPLATES))
        Path(folder, "var").mkdir(exist_ok=True)
        Path(folder, WARM_UP).write_text("def test_database(db):\n    pass\n")
        environment = {
            **{name: value for name, value in os.environ.items() if name != "DATABASE_URL"},
            "VAR_DIR": f"{folder}/var",
            "MUTANTS": json.dumps(wanted),
        }
        command = [sys.executable, "-m", "pytest", "-qq", "-s", "-p", "tools.mutation.plugin"]
        command += ["-p", "no:cacheprovider", "-p", "no:xdist", "--tb=native", WARM_UP, *tests]
        run = subprocess.Popen(command, cwd=folder, env=environment, process_group=0)
        try:
            return run.wait()
        finally:  # with its forks, one of which would else write into the folder as it goes
            with contextlib.suppress(ProcessLookupError):
                os.killpg(run.pid, signal.SIGKILL)
            run.wait()


def tests_for(file: str) -> list[str]:
    """Return the test files that name a source file's module; if none does, those beside it."""
    path = Path(file.removesuffix("/__init__.py").removesuffix(".py"))
    package, stem = ".".join(path.parts[:-1]), path.name
    names_it = re.compile(rf"\b{re.escape(package)}\b[^\n]*\b{stem}\b")
    all_tests = [
        str(test.relative_to(ROOT)) for test in sorted((ROOT / "tests").rglob("test_*.py"))
    ]
    able = [test for test in all_tests if not test.startswith(NOT_ASKED)]
    found = [
        test
        for test in able
        if Path(test).name == f"test_{stem}.py" or names_it.search((ROOT / test).read_text())
    ]
    return found or [test for test in able if Path(test).parent == "tests" / path.parent]


def read_lines(text: str) -> list[int]:
    """Return the lines of "10-20,31"; none means all."""
    lines: list[int] = []
    for part in filter(None, text.split(",")):
        first, _, last = part.partition("-")
        lines += range(int(first), int(last or first) + 1)
    return lines


def copy(folder: Path) -> None:
    """Copy what git knows, or would, as it is now: with what is not committed."""
    listed = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"]
    names = subprocess.run(listed, cwd=ROOT, check=True, capture_output=True, text=True).stdout
    for name in filter(None, names.split("\0")):
        if (ROOT / name).is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, folder / name)


if __name__ == "__main__":
    sys.exit(main())
