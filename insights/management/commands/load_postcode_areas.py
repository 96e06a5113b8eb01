"""`manage.py load_postcode_areas FILE`: which small area each of the region's postcodes is in."""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from insights import postcode_areas
from received.csv_table import FileRefused


class Command(BaseCommand):
    """Loads the postcodes, all or none; one that is not in the file has no decile."""

    help = "Load the ONS postcode directory (CSV, also gzipped or zipped; columns pcds, lsoa21)."

    def add_arguments(self, parser: CommandParser) -> None:
        """Take the file."""
        parser.add_argument("file", type=Path)

    def handle(self, *args: Any, **options: Any) -> None:
        """Say how many were kept."""
        path = options["file"]
        try:
            done = postcode_areas.load(path)
        except OSError as error:
            raise CommandError(f"{path} cannot be read: {error.strerror}") from None
        except FileRefused as refusal:
            raise CommandError(str(refusal)) from None
        except postcode_areas.NoAreas:
            raise CommandError("No area is loaded. Run manage.py load_areas first.") from None
        self.stdout.write(
            f"Postcodes: {done.lines:,} read, {len(done.areas):,} in the region’s areas "
            f"({done.ended:,} of them ended). Any other has no decile."
        )
