"""`manage.py rebuild_measures`: counts the figures of all days anew."""

from datetime import date, datetime
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone
from tqdm import tqdm

from booking.models import Appointment
from insights import invented, keeping, resuming
from times.london import day_in_england


class Command(BaseCommand):
    """Counts anew; safe to run again, and while the service runs. Stopped, it goes on next time."""

    help = "Count the figures of all days, or of some, anew from the rows. Shows how far it is."

    def add_arguments(self, parser: CommandParser) -> None:
        """Take the first and the last day."""
        parser.add_argument("--from", dest="first", type=_day, help="YYYY-MM-DD; else the first")
        parser.add_argument(
            "--replace-invented", action="store_true", help="throw invented figures away first"
        )
        parser.add_argument("--to", dest="last", type=_day, help="YYYY-MM-DD; else today")

    def handle(self, *args: Any, **options: Any) -> None:
        """Count each day. Raises CommandError if somebody else counts, or there is nothing."""
        now = timezone.now()
        rest = None if options["first"] or options["last"] else resuming.rest()
        first, last = options["first"] or _first_day(), options["last"] or day_in_england(now)
        if rest:
            first, last = rest.first, rest.last
            self.stdout.write(
                f"Going on at {rest.since}: the rebuild of {first} to {last} was stopped."
                " To begin anew, say --from."
            )
        if first is None or first > last:
            raise CommandError("There is nothing to count: no appointment is that early.")
        since = rest.since if rest else first
        with tqdm(total=(last - since).days + 1, unit=" day", disable=None) as bar:

            def after(_day: date) -> None:
                bar.update()

            try:
                replace = options["replace_invented"]
                keeping.rebuild(
                    first, last, now, after,
                    replace_invented=replace, since=rest.since if rest else None,
                )  # fmt: skip
            except invented.FiguresAreInvented as error:
                raise CommandError(str(error)) from None
            except keeping.AlreadyCounting:
                raise CommandError(
                    "Figures are being counted by somebody else. Nothing was changed: try again "
                    "later; after a rebuild that was killed, an hour after it."
                ) from None
        self.stdout.write(f"Counted {since} to {last}.")


def _day(word: str) -> date:
    return date.fromisoformat(word)


def _first_day() -> date | None:
    found: datetime | None = (
        Appointment.objects.order_by("start").values_list("start", flat=True).first()
    )
    return day_in_england(found) if found else None
