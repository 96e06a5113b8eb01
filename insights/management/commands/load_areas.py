"""`manage.py load_areas [FILE.csv]`: the region's small areas and how deprived they are."""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from insights import areas
from received.csv_table import FileRefused


class Command(BaseCommand):
    """Loads the areas, all or none; safe to run again."""

    help = (
        "Load small areas (LSOAs of 2021) with their decile from a CSV file. Without one, those "
        "that come with the service, unless the network loaded a file of its own."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        """Take the file: lsoa21, imd2025_decile, imd2025_rank, district."""
        parser.add_argument("file", type=Path, nargs="?")

    def handle(self, *args: Any, **options: Any) -> None:
        """Say how many there are."""
        path = options["file"]
        if path is None and areas.has_own():
            self.stdout.write("Areas: the network’s own stand. Name a file to replace them.")
            return
        try:
            count = areas.load(path or areas.FILE, is_own=path is not None)
        except OSError as error:
            raise CommandError(f"{path} cannot be read: {error.strerror}") from None
        except FileRefused as refusal:
            raise CommandError(str(refusal)) from None
        self.stdout.write(f"Areas: {count:,} small areas with their decile (IMD 2025, OGL v3).")
