"""`manage.py create_feed_key RXL`: a new key for a trust's feed, shown once."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from booking.feeds.keys import create_key
from sites.models import Trust


class Command(BaseCommand):
    """Makes a key."""

    help = "Print a new key for a trust's feed. Only its hash is kept, so it is shown once."

    def add_arguments(self, parser: CommandParser) -> None:
        """Take the trust's ODS code."""
        parser.add_argument("trust", help="ODS code of the trust, such as RXL")

    def handle(self, *args: Any, **options: Any) -> None:
        """Print the key alone, so that it can be piped into a secret store."""
        trust = Trust.objects.filter(code=options["trust"].upper()).first()
        if trust is None:
            known = ", ".join(Trust.objects.values_list("code", flat=True))
            raise CommandError(f"No trust {options['trust']}. Known: {known or 'none yet'}.")
        self.stdout.write(create_key(trust.code, now=timezone.now()))
