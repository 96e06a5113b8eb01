"""`manage.py rotate_keys`: writes what is encrypted by the newest of FIELD_KEYS."""

from typing import Any

from cryptography.fernet import Fernet
from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from booking.changes import rotation, second_factors
from sealed.keys import KeyMissing


class Command(BaseCommand):
    """Prints a new key, or uses the newest: the steps are in docs/privacy.md."""

    help = "Encrypt by the first of FIELD_KEYS whatever an older key encrypted, or stands in clear."

    def add_arguments(self, parser: CommandParser) -> None:
        """Take whether a new key is wanted."""
        parser.add_argument("--new", action="store_true", help="print a new key, and do no more")
        parser.add_argument(
            "--open", action="store_true", help="write numbers in clear, to go back a release"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Do it, saying how far it is; begun again it goes on where it was broken off."""
        if options["new"]:
            self.stdout.write(Fernet.generate_key().decode())
            return
        if options["open"] and settings.SEAL_FIELDS:
            raise CommandError("Set SEAL_FIELDS=0 in every process first: they would seal on.")
        people = second_factors.take_over_all(now=timezone.now())
        if people:
            self.stdout.write(f"second factors kept in clear before: {people} taken over")
        try:
            for step in rotation.rotate(opens=options["open"]):
                twice = f", {step.twice} left, there twice" if step.twice else ""
                self.stdout.write(
                    f"{step.column}: {step.seen} of {step.of}, {step.written} written anew{twice}"
                )
        except KeyMissing as missing:
            raise CommandError(f"{missing} Put the key before it back, and begin again.") from None
        rotation.sweep()
        for column, number in rotation.clear_values().items():
            self.stdout.write(f"{column}: {number} still in clear")
        self.stdout.write("All is by the first key: the others can be taken out of FIELD_KEYS.")
