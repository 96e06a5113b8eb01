"""`manage.py backup [--to DIR] [--keep N]`: a copy of the database, while the service runs."""

from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from booking.restoring import backup
from booking.restoring.engines import EngineFault
from received.arguments import check_arguments


class Command(BaseCommand):
    """Makes one backup with its manifest; fails, and leaves none, if it is not whole."""

    help = (
        "Copy the whole database into a file, with a manifest beside it. Safe while the service"
        " runs. Ends with 1, and leaves no file, if the backup is not whole."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        """Take where to, and how many to keep."""
        parser.add_argument("--to", help=f"a folder; {settings.BACKUP_DIR} unless said")
        parser.add_argument(
            "--keep", type=int, default=0, help="delete all but the newest so many; 0 keeps all"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Make it, and print the file alone, so that it can be piped."""
        check_arguments(options)
        folder = Path(options["to"] or settings.BACKUP_DIR)
        if options["keep"] < 0:
            raise CommandError("--keep is a whole number, 0 or more.")
        try:
            made = backup.take(folder, now=timezone.now(), keep=options["keep"])
        except (backup.DiskShort, EngineFault) as fault:
            raise CommandError(f"No backup was made: {fault}.") from None
        except OSError as fault:
            raise CommandError(f"No backup was made: {folder}: {fault.strerror}.") from None
        self.stdout.write(str(folder / made.file))
