"""`manage.py fence [--raise WHY]`: the send-fence after a restore by hand, and what waits."""

from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.utils import timezone

from notifications import fence, history
from received.arguments import check_arguments


class Command(BaseCommand):
    """Says whether the send-fence is up and what waits; puts it up."""

    help = (
        "Say whether the send-fence is up, and what waits behind it. With --raise, put it up:"
        " after a backup was put back in another way than by manage.py restore."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        """Take why, if it is to go up."""
        parser.add_argument("--raise", dest="why", metavar="WHY", help="in a few words")

    def handle(self, *args: Any, **options: Any) -> None:
        """Put it up if that is asked for, and print what waits. Nothing in it names a patient."""
        check_arguments(options)
        now = timezone.now()
        if options["why"]:
            history.mark_restored(options["why"], restored_at=now)
            history.look(now)
        up = fence.standing()
        if up is None:
            self.stdout.write("The send-fence is down: everything goes.")
            return
        self.stdout.write(f"The send-fence is up since {up.restored_at:%d %B %Y %H:%M} (UTC).")
        for line in fence.waiting(up):
            self.stdout.write(f"{line.count:>7,} {line.kind.label}")
