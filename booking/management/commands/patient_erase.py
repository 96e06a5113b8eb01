"""`manage.py patient_erase 4711`: says what erasing a patient would do; with --do it does it."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from booking.management.commands.patient_export import COMMAND, find
from booking.patients import erasing
from received.arguments import check_arguments


class Command(BaseCommand):
    """Says what would go and what the law keeps; only --do erases."""

    help = "Say what erasing one patient would do; with --do and --reason, do it."

    def add_arguments(self, parser: CommandParser) -> None:
        """Take the patient's number, and whether it is meant."""
        parser.add_argument("patient", type=int)
        parser.add_argument("--do", action="store_true", help="erase; nobody can undo it")
        parser.add_argument("--reason", default="", help="who decided it, and when; no names")

    def handle(self, *args: Any, **options: Any) -> None:
        """Say it, or do it. Raises CommandError if care goes on, or without a reason."""
        check_arguments(options)
        patient, now = find(options["patient"]), timezone.now()
        reason = options["reason"].strip()
        if options["do"] and not reason:
            raise CommandError("Say who decided it with --reason.")
        try:
            if options["do"]:
                done = erasing.erase(patient, reason=reason, now=now, actor=COMMAND)
            else:
                done = erasing.plan(patient, now=now)
        except erasing.CareGoesOn as refusal:
            raise CommandError(f"Nothing was erased. {refusal}.") from None
        for what, number in done.counts.items():
            self.stdout.write(f"{number:>6,} {what}")
        if not done.is_whole:
            day = f"{done.kept_until:%d.%m.%Y}"
            self.stdout.write(f"The record of care is kept until {day}: it names them until then.")
        self.stdout.write("Erased." if options["do"] else "Nothing was erased: add --do.")
