"""`manage.py set_successor OLD NEW --who --why`: whose months a renamed or merged trust's are."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from insights.dm01.providers import NoSuccessor, say_successor
from received.arguments import check_arguments


class Command(BaseCommand):
    """Keeps which trust came after another organisation; said again, it is replaced."""

    help = "Say which of our trusts an ODS code of before is now, so that its months count."

    def add_arguments(self, parser: CommandParser) -> None:
        """Take the codes, who says so and why."""
        parser.add_argument("code", metavar="OLD")
        parser.add_argument("trust", metavar="NEW")
        parser.add_argument("--who", required=True, help="who says so")
        parser.add_argument("--why", required=True, help="such as: merged on 1 April 2027")

    def handle(self, *args: Any, **options: Any) -> None:
        """Say what counts from now on."""
        check_arguments(options)
        code, trust = options["code"].upper(), options["trust"].upper()
        who, why = options["who"], options["why"]
        try:
            say_successor(code, trust, who=who, why=why, now=timezone.now())
        except NoSuccessor as refusal:
            raise CommandError(str(refusal)) from None
        self.stdout.write(f"The months of {code} count for {trust}. Load DM01’s files again.")
