"""`manage.py restore FILE`: a backup put in the place of the database; the send-fence goes up."""

from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from booking.restoring.backup import DiskShort
from booking.restoring.engines import EngineFault
from booking.restoring.manifest import ManifestUnfit
from booking.restoring.restore import HasBookings, InUse, restore
from received.arguments import check_arguments


class Command(BaseCommand):
    """Puts one backup back, all of it or nothing."""

    help = (
        "Put a backup in the place of the database. Stop web, worker and beat first. Nobody is"
        " texted what had already gone: it waits for an administrator, at /staff/fence/."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        """Take the file, and whether bookings that are there may go."""
        parser.add_argument("file", help="as manage.py backup printed it")
        parser.add_argument(
            "--yes-replace",
            action="store_true",
            help="also where the database has bookings: they are lost",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Put it back, and say what to do next."""
        check_arguments(options)
        try:
            done = restore(
                Path(options["file"]), now=timezone.now(), replace=options["yes_replace"]
            )
        except HasBookings:
            raise CommandError(
                "Nothing was changed: the database has bookings, which would be lost. Make a"
                " backup of it, then add --yes-replace."
            ) from None
        except InUse as others:
            raise CommandError(
                f"Nothing was changed: {others} others are connected to the database. Stop web,"
                " worker and beat."
            ) from None
        except (ManifestUnfit, DiskShort, EngineFault) as fault:
            raise CommandError(f"Nothing was changed: {fault}.") from None
        counts = done.manifest.counts
        self.stdout.write(
            f"Put back as of {done.manifest.taken_at:%d %B %Y %H:%M} (UTC):"
            f" {counts.get('booking_appointment', 0):,} appointments,"
            f" {counts.get('notifications_message', 0):,} texts."
        )
        if settings.DATABASE_ROLE:  # the tables are new, and another user's than the service's
            call_command("database_roles", apply=True, stdout=self.stdout)
        if done.must_migrate:
            self.stdout.write("It is of an older version: run manage.py migrate before you start.")
        if not done.is_fenced:
            self.stdout.write("After that, run manage.py fence --raise restored.")
            return
        self.stdout.write("Start the service, and see /staff/fence/: what may have gone waits.")
