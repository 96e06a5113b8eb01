"""`manage.py import_sites FILE.csv`: a network's own sites, scanners, stops and facilities."""

from collections import Counter
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import transaction

from received.csv_table import FileRefused
from sites import changes
from sites.imports import apply, table

SHOWN = 60
"""Characters of a name in the table."""


class Command(BaseCommand):
    """Puts the rows in; safe to run again, and never deletes a place."""

    help = (
        "Load trusts, sites, scanners and stops from a CSV file (docs/places-file.md). "
        "export_sites writes the same format."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        """Take the file, and whether only to look."""
        parser.add_argument("file", type=Path)
        parser.add_argument("--dry-run", action="store_true", help="say what would change")

    def handle(self, *args: Any, **options: Any) -> None:
        """Print a table of what changes, then the counts."""
        try:
            rows = table.read(options["file"].read_bytes())
        except OSError as error:
            raise CommandError(f"{options['file']} cannot be read: {error.strerror}") from None
        except FileRefused as refusal:
            raise CommandError(str(refusal)) from None
        with transaction.atomic():
            found = apply.apply(rows, dry_run=options["dry_run"])
            counts = Counter(change.became for change in found)
            if not options["dry_run"]:
                changes.say_loaded(dict(counts))
        for change in found:
            if change.became != "unchanged":
                name = f"{change.what} {change.id}"[:SHOWN].ljust(SHOWN)
                said = f"{change.line:>5}  {change.became:<9} {name} {change.details}"
                self.stdout.write(said.rstrip())
        said = ", ".join(f"{count} {became}" for became, count in counts.items()) or "no rows"
        self.stdout.write(f"{'Would be' if options['dry_run'] else 'Done'}: {said}.")
