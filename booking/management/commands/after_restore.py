"""`manage.py after_restore --trust RXL FILE`: bookings that a restore lost, from a trust's side."""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from booking.identifiers.actors import Actor, ActorKind
from booking.restoring.lost_bookings import list_lost
from booking.restoring.trusts_list import COLUMNS, ListUnfit, read_list
from received.arguments import check_arguments
from sites.models import Trust


class Command(BaseCommand):
    """Puts on the worklist what one trust has otherwise than we do; safe to run again."""

    help = (
        "Compare what a trust has of its bookings with what we have after a restore; whatever"
        " differs is put on the worklist. The file: the Appointments as the trust read them"
        f" (.json), or a CSV table with the columns {', '.join(COLUMNS)}."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        """Take the trust's ODS code and its file."""
        parser.add_argument("--trust", required=True, help="ODS code of the trust, such as RXL")
        parser.add_argument("file")

    def handle(self, *args: Any, **options: Any) -> None:
        """Print how many lines were of each sort; never what is in them."""
        check_arguments(options)
        trust = options["trust"].upper()
        if not Trust.objects.filter(code=trust).exists():
            known = ", ".join(Trust.objects.values_list("code", flat=True))
            raise CommandError(f"No trust {trust}. Known: {known or 'none yet'}.")
        try:
            found, refusals = list_lost(
                trust,
                read_list(Path(options["file"])),
                now=timezone.now(),
                actor=Actor(ActorKind.COMMAND),
            )
        except ListUnfit as fault:
            raise CommandError(f"The file cannot be used: {fault}.") from None
        for refusal in refusals:
            self.stderr.write(refusal)
        said = ", ".join(f"{count:,} {sort}" for sort, count in found.items())
        self.stdout.write(f"{said or 'The file is empty'}.")
