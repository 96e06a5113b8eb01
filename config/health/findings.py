"""What a look at an installation finds: one line each, and what to do."""

from dataclasses import dataclass
from enum import StrEnum


class Level(StrEnum):
    """How bad it is, from good to bad."""

    OK = "OK"
    WARN = "WARN"
    FAIL = "FAIL"


@dataclass(frozen=True)
class Finding:
    """What was found of one thing. `do` is empty where nothing is to be done."""

    level: Level
    says: str
    do: str = ""


def ok(says: str) -> Finding:
    """Nothing is to be done."""
    return Finding(Level.OK, says)


def warn(says: str, do: str) -> Finding:
    """It works, and will not for ever."""
    return Finding(Level.WARN, says, do)


def fail(says: str, do: str) -> Finding:
    """It does not work."""
    return Finding(Level.FAIL, says, do)
