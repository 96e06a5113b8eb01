"""`manage.py legal_hold 4711`: keeps a patient's record from being erased, or lets it go."""

from datetime import date
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from booking.management.commands.patient_export import COMMAND, find
from booking.patients import legal_holds
from received.arguments import check_arguments


class Command(BaseCommand):
    """Sets a legal hold, or lifts it; both are in the audit."""

    help = "Keep one patient's record from being erased; with --lift, let it go again."

    def add_arguments(self, parser: CommandParser) -> None:
        """Take whose record, who decided it, why and until when."""
        parser.add_argument("patient", type=int)
        parser.add_argument("--who", required=True, help="the office that decided; no names")
        parser.add_argument("--reason", required=True, help="why; no names")
        parser.add_argument("--until", type=date.fromisoformat, help="last day, like 2030-12-31")
        parser.add_argument("--lift", action="store_true", help="end it")

    def handle(self, *args: Any, **options: Any) -> None:
        """Do it. Raises CommandError if nobody decided it, or nothing stands to lift."""
        check_arguments(options)
        patient, now = find(options["patient"]), timezone.now()
        said = {"who": options["who"], "reason": options["reason"], "now": now, "actor": COMMAND}
        try:
            if options["lift"]:
                legal_holds.lift(patient, **said)
            else:
                legal_holds.put(patient, until=options["until"], **said)
        except legal_holds.HoldRefusedError as refusal:
            raise CommandError(f"{refusal}.") from None
        self.stdout.write("Lifted." if options["lift"] else "Held: nothing of it is erased.")
