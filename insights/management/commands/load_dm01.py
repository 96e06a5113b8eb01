"""`manage.py load_dm01 FILE`: a month of NHS England's diagnostic waiting times and activity."""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from insights.dm01 import loading
from insights.dm01.loading import Loaded
from received.csv_table import FileRefused
from times.london import day_in_england, say_date


class Command(BaseCommand):
    """Loads the months of one file, all or none; a month that was there is replaced."""

    help = "Load the full extract of DM01 (CSV, also gzipped or zipped; docs/dm01.md)."

    def add_arguments(self, parser: CommandParser) -> None:
        """Take the file, and whose figures to keep."""
        parser.add_argument("file", type=Path)
        parser.add_argument(
            "--providers",
            nargs="+",
            metavar="ODS",
            help="codes of providers to keep (our trusts and what they come after, unless said)",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Say what became of each month."""
        path = options["file"]
        named = [code.strip().upper() for code in options["providers"] or []]
        codes = frozenset(named) or loading.default_providers()
        if not codes:
            raise CommandError("There are no trusts. Run manage.py load_places, or --providers.")
        try:
            read, months = loading.load(path, codes, now=timezone.now())
        except OSError as error:
            raise CommandError(f"{path} cannot be read: {error.strerror}") from None
        except FileRefused as refusal:
            raise CommandError(str(refusal)) from None
        for one in months:
            self.stdout.write(_said(one))
        self.stdout.write(
            f"{read.lines:,} lines read, {read.kept:,} of them kept, "
            f"{read.totals:,} of totals left out."
        )
        if unknown := loading.unknown_tests(read):
            self.stderr.write(f"Kept by its own name, as DM01 had none such: {', '.join(unknown)}.")


def _said(one: Loaded) -> str:
    of = f"{one.month:%B %Y}: {one.count} figures of {', '.join(one.providers)}."
    if one.before is None:
        return of
    day = say_date(day_in_england(one.before))
    return f"{of} It was loaded before, on {day}: those {one.replaced} figures are replaced."
