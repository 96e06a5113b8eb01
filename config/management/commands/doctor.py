"""`manage.py doctor`: whether this installation is right, line by line, with what to do."""

import json
import sys
from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.utils import timezone

from config.health import doctor
from config.health.checks import ALL
from config.health.findings import Finding, Level


class Command(BaseCommand):
    """Prints OK, WARN or FAIL for each thing that must be right."""

    help = (
        "Say whether this installation is right: settings, database, migrations, broker, beat,"
        " worker, texts, feeds, clock, disk, backup, audit. Ends with 1 if anything is FAIL."
    )
    requires_system_checks: list[str] = []  # they are among what is looked at

    def add_arguments(self, parser: CommandParser) -> None:
        """Take how to say it."""
        parser.add_argument("--json", action="store_true", help="say it to a program")
        parser.add_argument(
            "--only", nargs="+", choices=list(ALL), default=list(ALL), help="look at nothing else"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Print what was found, and end with 1 if anything is FAIL."""
        asked = {name: ALL[name] for name in options["only"]}
        found = doctor.examine(timezone.now(), asked)
        self.stdout.write(_as_json(found) if options["json"] else _as_text(found))
        if doctor.worst(found) == Level.FAIL:
            sys.exit(1)


def _as_text(found: dict[str, Finding]) -> str:
    lines = []
    for name, one in found.items():
        lines.append(f"{one.level:<5}{name:<12}{one.says}")
        if one.do:
            lines.append(f"{'':<17}-> {one.do}")
    return "\n".join(lines)


def _as_json(found: dict[str, Finding]) -> str:
    parts = {
        name: {"level": one.level, "says": one.says, "do": one.do} for name, one in found.items()
    }
    return json.dumps({"level": doctor.worst(found), "parts": parts}, indent=2)
