"""`manage.py unlock ada`: let somebody sign in whom wrong passwords keep out."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from booking.changes import staff_accounts
from booking.identifiers.actors import Actor, ActorKind
from booking.limits.sign_in_tries import OPENED_FOR
from booking.models import Staff
from received.arguments import check_arguments


class Command(BaseCommand):
    """Unlocks a user name; a network administrator does it on the account's page."""

    help = "Forget the wrong passwords of a user name, so that its owner can sign in at once."

    def add_arguments(self, parser: CommandParser) -> None:
        """Take the user name."""
        parser.add_argument("username")

    def handle(self, *args: Any, **options: Any) -> None:
        """Unlock it, and write down that it was done from here."""
        check_arguments(options)
        name = options["username"]
        staff = Staff.objects.select_related("user").filter(user__username__iexact=name).first()
        if staff is None:
            raise CommandError(f"There is no account {name}.")
        staff_accounts.unlock(staff, now=timezone.now(), actor=Actor(ActorKind.COMMAND))
        minutes = OPENED_FOR.seconds // 60
        self.stdout.write(
            f"{staff.user.username} can sign in from any computer. For {minutes} minutes wrong"
            " passwords do not lock the name."
        )
        if not staff.user.is_active:
            self.stdout.write("But the account is switched off: switch it on first.")
