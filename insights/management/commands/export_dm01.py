"""`manage.py export_dm01 MONTH [FILE]`: our own month in the shape of DM01's full extract."""

import csv
import io
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from booking.changes import audit
from booking.identifiers.actors import Actor, ActorKind
from insights.dm01.export import NothingToExport, export_rows
from insights.dm01.layout import month_of
from insights.dm01.providers import trusts_now


class Command(BaseCommand):
    """Writes a file that load_dm01 reads, or prints it."""

    help = "Write our own month (like 2026-10) as DM01's full extract has it."

    def add_arguments(self, parser: CommandParser) -> None:
        """Take the month, and where to write."""
        parser.add_argument("month", help="like 2026-10")
        parser.add_argument("file", type=Path, nargs="?", help="printed unless said")

    def handle(self, *args: Any, **options: Any) -> None:
        """Write all trusts' figures."""
        month = month_of(options["month"])
        if month is None:
            raise CommandError(f"“{options['month']}” is no month, like 2026-10.")
        text = io.StringIO()
        try:
            csv.writer(text).writerows(export_rows(trusts_now(), month, now=timezone.now()))
        except NothingToExport as why:
            raise CommandError(str(why)) from None
        audit.write_export("DM01", now=timezone.now(), actor=Actor(ActorKind.COMMAND))
        path = options["file"]
        if path is None:
            self.stdout.write(text.getvalue(), ending="")
            return
        try:
            path.write_text(text.getvalue(), encoding="utf-8-sig", newline="")
        except OSError as error:
            raise CommandError(f"{path} cannot be written: {error.strerror}") from None
        rows = text.getvalue().count("\n") - 1
        self.stdout.write(f"{path}: {rows} rows of {month:%B %Y}.")
