"""`manage.py insights_pack 2026/27-Q2 --to pack.pdf`: the board's quarterly pack."""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from booking.changes import audit
from booking.identifiers.actors import Actor, ActorKind
from insights.pack import file_name, pack_pdf
from insights.pdf import CannotMake
from insights.quarters import NoQuarter, last_whole, read_quarter


class Command(BaseCommand):
    """Writes one file. It says what to install where a PDF cannot be made."""

    help = "Make the network's quarterly pack as a PDF."

    def add_arguments(self, parser: CommandParser) -> None:
        """Take the quarter, the last whole one unless said, and where the file goes."""
        parser.add_argument("quarter", nargs="?", help="such as 2026/27-Q2")
        parser.add_argument("--to", type=Path, help="a file; without, one named for the quarter")

    def handle(self, *args: Any, **options: Any) -> None:
        """Make the pack and say where it is."""
        now = timezone.now()
        try:
            quarter = read_quarter(options["quarter"] or last_whole(now).name, now=now)
            made = pack_pdf(quarter, now=now)
        except (NoQuarter, CannotMake) as error:
            raise CommandError(str(error)) from None
        audit.write_export("quarterly pack", now=now, actor=Actor(ActorKind.COMMAND))
        to: Path = options["to"] or Path(file_name(quarter))
        try:
            to.write_bytes(made)
        except OSError as error:
            raise CommandError(f"{to} cannot be written: {error.strerror}.") from None
        self.stdout.write(f"{quarter.name} ({quarter.words}): {to}, {len(made):,} bytes.")
