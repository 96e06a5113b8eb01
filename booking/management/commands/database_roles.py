"""`manage.py database_roles finder_app`: what the service's own database user may do."""

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import DatabaseError, connection, transaction

from booking.changes import audit_rights
from booking.changes.audit_rights import NoRoles


class Command(BaseCommand):
    """Gives the service's user its rights, or prints the SQL that does; safe to run again."""

    help = (
        "Print the SQL that lets the service's own database user read and write all but change the"
        " audit; with --apply run it, as the owner of the tables (docs/audit.md)."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        """Take the user whom the service runs as."""
        parser.add_argument(
            "role", nargs="?", default=settings.DATABASE_ROLE,
            help="the service's own user; who DATABASE_URL names, unless said",
        )  # fmt: skip
        parser.add_argument("--owner", help="who owns the tables; who runs this, unless said")
        parser.add_argument("--apply", action="store_true", help="run it, instead of printing it")
        parser.add_argument("--check", action="store_true", help="only say what is too much")

    def handle(self, *args: Any, **options: Any) -> None:
        """Print, run or check. Raises CommandError."""
        if connection.vendor != "postgresql":
            raise CommandError("SQLite has no users: its file is as safe as the folder it is in.")
        if options["check"]:
            if found := audit_rights.too_much():
                raise CommandError("\n".join(found))
            self.stdout.write("The service’s user may add to the audit, and no more.")
            return
        owner = options["owner"] or str(connection.settings_dict["USER"])
        try:
            statements = audit_rights.grants(options["role"], owner)
        except NoRoles as refusal:
            raise CommandError(str(refusal)) from None
        if not options["apply"]:
            self.stdout.write("\n".join(f"{one};" for one in statements))
            return
        try:
            with transaction.atomic(), connection.cursor() as cursor:
                for statement in statements:
                    cursor.execute(statement)
        except DatabaseError as error:
            raise CommandError(f"Nothing was changed: {str(error).splitlines()[0]}") from None
        self.stdout.write(f"{options['role']} may read and write, and only add to the audit.")
