"""`manage.py export_sites FILE.csv`: all places, in the format that import_sites reads."""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from sites.imports import export, table


class Command(BaseCommand):
    """Writes the file. Importing it again changes nothing."""

    help = "Write trusts, sites, scanners and stops as a CSV file that import_sites reads."

    def add_arguments(self, parser: CommandParser) -> None:
        """Take where to write."""
        parser.add_argument("file", type=Path)

    def handle(self, *args: Any, **options: Any) -> None:
        """Write every place."""
        rows = export.rows()
        try:
            # With its mark, or Excel takes UTF-8 for something else.
            options["file"].write_text(table.write(rows), encoding="utf-8-sig")
        except OSError as error:
            raise CommandError(f"{options['file']} cannot be written: {error.strerror}") from None
        self.stdout.write(f"{options['file']}: {len(rows)} rows.")
