"""`manage.py export_exams FILE.csv`: all exams, in the format that load_exams reads."""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from booking.changes import audit
from booking.exams import catalogue, exams_file
from booking.identifiers.actors import Actor, ActorKind


class Command(BaseCommand):
    """Writes the file. Loading it again changes nothing."""

    help = "Write the kinds of scan as a CSV file that load_exams reads."

    def add_arguments(self, parser: CommandParser) -> None:
        """Take where to write."""
        parser.add_argument("file", type=Path)

    def handle(self, *args: Any, **options: Any) -> None:
        """Write every exam that new requests may have."""
        exams = catalogue.current()
        command = Actor(ActorKind.COMMAND)
        audit.write_export("file of exams", now=timezone.now(), actor=command)
        try:
            # With its mark, or Excel takes UTF-8 for something else.
            options["file"].write_text(exams_file.write(exams), encoding="utf-8-sig")
        except OSError as error:
            raise CommandError(f"{options['file']} cannot be written: {error.strerror}") from None
        self.stdout.write(f"{options['file']}: {len(exams)} kinds of scan.")
