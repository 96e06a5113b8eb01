"""Looks at all of an installation, and never stops at what it finds."""

from datetime import datetime

from django.db import DatabaseError

from config.health.checks import ALL, Check
from config.health.findings import Finding, Level, fail


def examine(now: datetime, checks: dict[str, Check] = ALL) -> dict[str, Finding]:
    """Return what each check found, by its name."""
    return {name: _ask(check, now) for name, check in checks.items()}


def worst(findings: dict[str, Finding]) -> Level:
    """Return the worst of what was found."""
    levels = list(Level)
    return max((one.level for one in findings.values()), key=levels.index, default=Level.OK)


def _ask(check: Check, now: datetime) -> Finding:
    try:
        return check(now)
    except DatabaseError as fault:
        return fail(f"could not be asked ({type(fault).__name__})", "First put the database right")
    except Exception as fault:  # a check that breaks must not hide the others
        return fail(f"could not be looked at ({type(fault).__name__})", "Read this line to us")
