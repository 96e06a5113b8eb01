"""`manage.py purge`: says what need not be kept any more; with --do it erases it."""

from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.utils import timezone

from booking.management.commands.patient_export import COMMAND
from booking.patients import purging


class Command(BaseCommand):
    """Says what would go, by rule and table; only --do erases."""

    help = "Say what need not be kept any more, by rule and table; with --do, erase it."

    def add_arguments(self, parser: CommandParser) -> None:
        """Take whether it is meant."""
        parser.add_argument("--do", action="store_true", help="erase; nobody can undo it")

    def handle(self, *args: Any, **options: Any) -> None:
        """Say it, or do it."""
        now, do = timezone.now(), options["do"]
        found = purging.purge(now=now, actor=COMMAND) if do else purging.look(now=now)
        for rule in purging.Rule:
            self.stdout.write(f"{found.people[rule]:>7,} people, {rule}")
            for (of, table), number in sorted(found.rows.items()):
                if of == rule:
                    self.stdout.write(f"{number:>9,} {table}")
        self.stdout.write(f"{found.held:>7,} people are due, and a legal hold keeps them")
        self.stdout.write("Erased." if do else "Nothing was erased: add --do.")
