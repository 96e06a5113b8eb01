"""`manage.py load_timetable FILE`: journeys by bus, train and on foot, made elsewhere."""

from pathlib import Path
from time import monotonic
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from sites.timetable_table import FileRefused, load


class Command(BaseCommand):
    """Takes the place of the whole timetable, or changes nothing."""

    help = "Load journeys by bus, train and on foot (docs/without-a-car.md)."

    def add_arguments(self, parser: CommandParser) -> None:
        """Take the file."""
        parser.add_argument("file", type=Path, help="a CSV file, as docs/without-a-car.md has it")

    def handle(self, *args: Any, **options: Any) -> None:
        """Load it; say each wrong line."""
        begun = monotonic()
        try:
            loaded = load(options["file"], say=self.stderr.write)
        except FileRefused as refusal:
            raise CommandError(str(refusal)) from None
        self.stdout.write(
            f"{loaded.lines:,} journeys from {loaded.origins:,} postcode sectors, in"
            f" {monotonic() - begun:.1f} seconds. They are what is shown from now on."
        )
