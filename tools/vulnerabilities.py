"""Whether what we pin has a known vulnerability: pip-audit over requirements/*.txt.

Without a network nobody can be asked: then it says so and fails nothing. What is known and
cannot be mended yet stands in requirements/excepted.csv, with its reason and its last day.
"""

import csv
import json
import os
import subprocess
import sys
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
EXCEPTED = ROOT / "requirements" / "excepted.csv"
NO_ANSWER = (
    "ConnectionError", "ConnectTimeout", "ReadTimeout", "NameResolutionError", "Max retries",
    "Could not connect", "Tip: your network may be blocking",
)  # fmt: skip
"""What pip-audit says of a service that it could not reach."""
LONGEST = 90
"""Days that an exception may hold: then somebody looks again."""


class NotAskedError(Exception):
    """Nobody answered; the text says why."""


@dataclass(frozen=True)
class Excepted:
    """What is known, and why it stands until a day."""

    identifier: str
    library: str
    reason: str
    until: date


@dataclass
class Answer:
    """What pip-audit found: how many libraries were asked about, and what is wrong with which."""

    asked: int = 0
    unknown: set[str] = field(default_factory=set)
    known: dict[str, set[str]] = field(default_factory=dict)
    """Names of a vulnerability, by library and version."""


def ask(files: Iterable[Path], *options: str) -> Answer:
    """Return what is known of every pin. Raises NotAskedError if nobody answers.

    Raises RuntimeError if pip-audit fails otherwise.
    """
    answer = Answer()
    for file in files:
        command = [sys.executable, "-m", "pip_audit", "--require-hashes", "--disable-pip"]
        command += ["--format", "json", "--progress-spinner", "off", "--timeout", "10", *options]
        done = subprocess.run(
            [*command, "-r", str(file)], cwd=ROOT, capture_output=True, text=True, check=False,
            env={**os.environ, "PIP_AUDIT_DESC": "off"},
        )  # fmt: skip
        read(done.stdout, done.stderr, answer)
    if not answer.asked:
        raise NotAskedError("this package index has no list of vulnerabilities")
    return answer


def read(said: str, complained: str, answer: Answer) -> None:
    """Add what pip-audit said of one file to an answer. Raises NotAskedError and RuntimeError."""
    try:
        rows: list[dict[str, Any]] = json.loads(said)["dependencies"]
    except (ValueError, KeyError):
        if any(word in complained for word in NO_ANSWER):
            raise NotAskedError("no network") from None
        raise RuntimeError(f"pip-audit failed: {complained[-2000:]}") from None
    for row in rows:
        if "skip_reason" in row:
            answer.unknown.add(row["name"])
            continue
        answer.asked += 1
        for one in row["vulns"]:
            names = {one["id"], *one.get("aliases", [])}
            answer.known.setdefault(f"{row['name']} {row['version']}", set()).update(names)


def excepted(path: Path = EXCEPTED) -> list[Excepted]:
    """Return what is excepted. Raises ValueError for a line without reason or day."""
    with path.open(encoding="utf-8", newline="") as lines:
        rows = list(csv.DictReader(lines))
    found = []
    for row in rows:
        if not row["identifier"] or not row["library"] or len(row["reason"]) < 10:
            raise ValueError(f"{path.name}: {row['identifier']} needs its library and a reason")
        until = date.fromisoformat(row["until"])
        found.append(Excepted(row["identifier"], row["library"], row["reason"], until))
    return found


def faults(answer: Answer, allowed: Iterable[Excepted], today: date) -> list[str]:
    """Return what is known and not excepted, and exceptions that hold no more or too long."""
    allowed, found = list(allowed), []
    for one in allowed:
        if one.until < today:
            found.append(f"{one.identifier} was excepted until {one.until}: look again")
        elif (one.until - today).days > LONGEST:
            found.append(f"{one.identifier} is excepted for more than {LONGEST} days")
    for library, names in sorted(answer.known.items()):
        holds = {
            one.identifier for one in allowed
            if one.library == library.split()[0] and one.until >= today
        }  # fmt: skip
        if not names & holds:
            found.append(f"{library} has {', '.join(sorted(names))}")
    return found


def main() -> int:
    """Print what was found; 1 if something is known that is not excepted."""
    files = sorted((ROOT / "requirements").glob("*.txt"))
    try:
        answer = ask(files, *sys.argv[1:])
    except NotAskedError as why:
        print(f"not asked: {why}")
        answer = Answer()
    wrong = faults(answer, excepted(), datetime.now(UTC).date())
    if answer.asked:
        print(f"{answer.asked} pins asked about, {len(answer.unknown)} not known there")
    print("\n".join(wrong))
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
