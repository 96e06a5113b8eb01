"""A pytest plugin that asks of each mutant whether a test fails: see tools/mutants.py.

pytest collects once, and the database is made once. Then each mutant is put into a fork of this
process, which runs the tests that pass over the mutant's lines, the likeliest first, until one
fails. The database file is put back before each fork.
"""

import ast
import functools
import gc
import importlib
import json
import os
import pickle
import resource
import shutil
import signal
import sys
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType
from typing import Any

import coverage
import pytest
from _pytest.runner import runtestprotocol
from django.db import connections

from times.written import Written
from tools.mutation.apply import Functions, apply, functions_of
from tools.mutation.make import Mutant, mutants

SLOW = 1.0
"""Seconds of work: tests that take longer are not asked, there would be no end."""
PATIENCE = 4
"""A test may take so many times as long as it took without the mutant, and START seconds more."""
START = 4.0


@dataclass
class Baseline:
    """What the tests did without any mutant: seconds of each, and who passed over which line."""

    seconds: dict[str, float] = field(default_factory=dict)
    failed: list[str] = field(default_factory=list)
    lines: dict[str, dict[int, set[str]]] = field(default_factory=dict)


@dataclass
class Tally:
    """What became of a file's mutants."""

    made: int = 0
    killed: int = 0
    timeouts: int = 0
    survivors: list[tuple[Mutant, str]] = field(default_factory=list)


@pytest.hookimpl(tryfirst=True)
def pytest_runtestloop(session: pytest.Session) -> bool:
    """Run every mutant of the files that MUTANTS names against the collected tests."""
    wanted = json.loads(os.environ["MUTANTS"])
    warm_up, *rest = session.items
    items = {item.nodeid: item for item in rest}
    database = _Database(warm_up, rest[0])
    files = [_File(path) for path in wanted["files"]]
    gc.freeze()  # or every fork would copy all of it; what is frozen is not found any more
    baseline = _baseline(list(items.values()), wanted["files"], database)
    slow = [name for name, seconds in baseline.seconds.items() if seconds > SLOW]
    _say(f"{len(items)} tests, {len(slow)} of them too slow to be asked")
    for name in baseline.failed:
        _say(f"  fails without any mutant, not asked: {name}")
    usable = {name: item for name, item in items.items() if name not in {*slow, *baseline.failed}}
    for file in files:
        _report(file.path, file.run(wanted["lines"], usable, baseline, database))
    return True


class _Database:
    """The test database, made by the first test that needs one, and as it was before any test."""

    def __init__(self, warm_up: pytest.Item, following: pytest.Item) -> None:
        for report in runtestprotocol(warm_up, log=False, nextitem=following):
            if report.failed:
                pytest.exit(f"no test database: {report.longrepr}", returncode=1)
        connections.close_all()
        self.path = Path(str(connections["default"].settings_dict["NAME"]))
        self.kept = self.path.with_suffix(".kept")
        shutil.copy(self.path, self.kept)

    def restore(self) -> None:
        """Put the database file back as it was."""
        for ending in ("-wal", "-shm"):
            self.path.with_name(self.path.name + ending).unlink(missing_ok=True)
        shutil.copy(self.kept, self.path)


def _run(item: pytest.Item, following: pytest.Item | None) -> bool:
    reports = runtestprotocol(item, log=False, nextitem=following)
    return not any(report.failed for report in reports)


def _baseline(items: list[pytest.Item], files: list[str], database: _Database) -> Baseline:
    def work() -> Baseline:
        found = Baseline()
        paths = [str(Path(path).resolve()) for path in files]
        measure = coverage.Coverage(data_file=None, include=paths, config_file=False)
        measure.start()
        for item, following in zip(items, [*items[1:], None], strict=True):
            measure.switch_context(item.nodeid)
            for path in files:
                forget(_module(path))  # or only the first of all tests would pass over its lines
            began = time.process_time()
            if not _run(item, following):
                found.failed.append(item.nodeid)
            found.seconds[item.nodeid] = time.process_time() - began
        measure.stop()
        data = measure.get_data()
        for path in paths:
            contexts = data.contexts_by_lineno(path)
            found.lines[path] = {line: set(names) for line, names in contexts.items()}
        return found

    database.restore()
    how, found = _in_a_fork(work, cpu=3600, wall=3600)
    if how != "ended":
        pytest.exit(f"the tests do not run without any mutant: {how}", returncode=1)
    baseline: Baseline = found
    return baseline


def _module(path: str) -> ModuleType:
    name = path.removesuffix(".py").removesuffix("/__init__").replace("/", ".")
    return importlib.import_module(name)


def forget(module: ModuleType) -> None:
    """Let the functions and queries of a module that are kept once made be made anew."""
    kind = type(functools.cache(_say))
    for one in vars(module).values():
        if isinstance(one, kind):
            one.cache_clear()
        elif isinstance(one, Written):
            one.known.clear()


class _File:
    """One source file, with its tests."""

    def __init__(self, path: str) -> None:
        self.path, self.source, self.module = path, Path(path).read_text(), _module(path)
        self.functions: Functions = functions_of(str(self.module.__file__))
        self.killers: list[str] = []

    def run(
        self,
        lines: list[int],
        items: dict[str, pytest.Item],
        baseline: Baseline,
        database: _Database,
    ) -> Tally:
        """Try every mutant, or those on these lines."""
        self.items, self.baseline, self.database = items, baseline, database
        self.lines = baseline.lines[str(Path(self.path).resolve())]
        tally = Tally()
        for mutant in mutants(self.source):
            if lines and mutant.line not in lines:
                continue
            tally.made += 1
            how = self._try(mutant)
            if how == "killed":
                tally.killed += 1
            elif how == "timeout":
                tally.timeouts += 1
            else:
                tally.survivors.append((mutant, how))
                _survivor(mutant, how, self.source)
            if tally.made % 50 == 0:
                _say(f"  ... {tally.made} mutants, {len(tally.survivors)} alive")
        return tally

    def _try(self, mutant: Mutant) -> str:
        names = self._tests_for(mutant)
        if not names:
            return "no test passes here"
        items = [self.items[name] for name in names]

        def work() -> str:
            try:
                apply(mutant, self.module, self.functions)
            except Exception as fault:  # a constant that cannot even be worked out
                return f"apply: {type(fault).__name__} {fault}"
            forget(self.module)
            for item, following in zip(items, [*items[1:], items[0]], strict=True):
                _allow(START + PATIENCE * self.baseline.seconds[item.nodeid])
                if not _run(item, following):
                    return item.nodeid
            return ""

        self.database.restore()
        seconds = sum(self.baseline.seconds[name] for name in names)
        patience = START + PATIENCE * seconds
        how, killer = _in_a_fork(work, cpu=patience, wall=6 * patience)
        if how == "ended" and killer.startswith("apply: "):
            return "killed" if not mutant.function or mutant.in_default else killer
        if how == "ended" and killer:
            self.killers = [killer, *(name for name in self.killers if name != killer)][:20]
            return "killed"
        return {"ended": f"{len(names)} tests pass", "late": "timeout"}.get(how, "killed")

    def _tests_for(self, mutant: Mutant) -> list[str]:
        """Return who passes over the mutant's statement: killers of others first, then by time.

        Of a constant all: a test may look at nothing else. First those that pass where it is used.
        """
        first, last = mutant.lines
        if mutant.function and not mutant.in_default:
            likely = found = self._passing(range(first, last + 1))
        else:
            likely, found = self._passing(used_at(self.source, first, last)), set(self.items)
        ranks = {name: rank for rank, name in enumerate(self.killers)}
        seconds = self.baseline.seconds
        return sorted(
            found & self.items.keys(),
            key=lambda name: (name not in likely, ranks.get(name, 99), seconds[name]),
        )

    def _passing(self, lines: Iterable[int]) -> set[str]:
        return set().union(*(self.lines.get(line, set()) for line in lines))


def used_at(source: str, first: int, last: int) -> list[int]:
    """Return the lines that name what is defined in the statement on these lines."""
    tree = ast.parse(source)
    defined: set[str] = set()
    for statement in tree.body:
        if statement.lineno <= first and last <= (statement.end_lineno or 0):
            nodes = [one for one in ast.walk(statement) if isinstance(one, ast.Name)]
            defined = {one.id for one in nodes if isinstance(one.ctx, ast.Store)}
            defined |= {statement.name} if isinstance(statement, ast.FunctionDef) else set()
    named = (one for one in ast.walk(tree) if isinstance(one, ast.Name) and one.id in defined)
    return sorted({one.lineno for one in named})


def _in_a_fork(work: Callable[[], Any], *, cpu: float, wall: float) -> tuple[str, Any]:
    """Do `work` in a fork of this process; return how it went (ended, late, broken) and the result.

    A fork whose code cannot even be run counts as broken: a test would fail too.
    """
    answer = Path("answer.pickle")
    answer.unlink(missing_ok=True)
    child = os.fork()
    if child == 0:
        _be_a_child(work, answer, cpu)
    try:
        status = _wait(child, time.monotonic() + wall)
    except BaseException:
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        raise
    if status is None or (os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGXCPU):
        return "late", None
    if os.WIFEXITED(status) and os.WEXITSTATUS(status) == 0:
        return "ended", pickle.loads(answer.read_bytes())
    return "broken", None


def _be_a_child(work: Callable[[], Any], answer: Path, cpu: float) -> None:
    code = 1
    try:
        resource.setrlimit(resource.RLIMIT_CPU, (int(cpu) + 1, int(cpu) + 5))
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, 1), os.dup2(nowhere, 2)
        answer.write_bytes(pickle.dumps(work()))
        code = 0
    finally:
        os._exit(code)


def _allow(seconds: float) -> None:
    """Let this process work so long from now on, or be ended: a loop without end ends here."""
    _, most = resource.getrlimit(resource.RLIMIT_CPU)
    until = int(time.process_time() + seconds) + 1
    resource.setrlimit(resource.RLIMIT_CPU, (min(until, most), most))


def _wait(child: int, until: float) -> int | None:
    """Return how a child ended; None if it had to be killed, because it took too long."""
    while time.monotonic() < until:
        ended, status = os.waitpid(child, os.WNOHANG)
        if ended:
            return status
        time.sleep(0.003)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    return None


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def _survivor(mutant: Mutant, how: str, source: str) -> None:
    _say(f"  alive: line {mutant.line} {mutant.function} ({how})")
    for line in mutant.diff(source):
        _say(f"      {line}")


def _report(path: str, tally: Tally) -> None:
    caught = tally.killed + tally.timeouts
    share = caught / tally.made if tally.made else 1.0
    _say(
        f"{path}: {tally.made} mutants, {tally.killed} killed, {tally.timeouts} timeouts,"
        f" {len(tally.survivors)} alive: {share:.1%}"
    )
