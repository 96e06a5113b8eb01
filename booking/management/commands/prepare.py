"""`manage.py prepare`: everything that the service needs before it serves, in one process."""

from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandParser

STEPS: list[tuple[str, dict[str, Any]]] = [
    ("migrate", {"verbosity": 0}),
    ("collectstatic", {"interactive": False, "verbosity": 0}),
    ("load_postcodes", {}),
    ("load_exams", {}),
    ("load_areas", {}),
]
RIGHTS: tuple[str, dict[str, Any]] = ("database_roles", {"apply": True})
"""After each migration, where the service runs as another user than the tables' owner."""
DEMO_STEPS: list[tuple[str, dict[str, Any]]] = [("load_places", {})]
"""Our places have invented scanners, stops and hours: a network loads its own."""


class Command(BaseCommand):
    """Runs the steps in order; each is safe to run again."""

    help = (
        "Migrate, collect static files, load postcodes, exams and areas; in a demo places "
        "too. What the network loaded itself stays as it is."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        """Take whether the static files are there already."""
        parser.add_argument(
            "--without-static", action="store_true", help="they lie in the image already"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Run every step; one that cannot go on says why, and the next run starts over."""
        rights = [RIGHTS] if settings.DATABASE_ROLE else []
        demo = [] if settings.PRODUCTION else DEMO_STEPS
        for name, how in [*STEPS[:1], *rights, *STEPS[1:], *demo]:
            if name != "collectstatic" or not options["without_static"]:
                call_command(name, stdout=self.stdout, **how)
