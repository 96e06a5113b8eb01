"""`manage.py check_alerts`: whether the alarm of suspected cancer itself works."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from booking.alerts import auditor, figures


class Command(BaseCommand):
    """Counts what is open; fails, and says what, if a step is late or the clock stands still."""

    help = (
        "Count the open alerts by age. Ends with 1 if a step is over 5 minutes late, a request of"
        " suspected cancer has no alert, or the clock of the alerts does not tick."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        """Print the counts. Raises CommandError if something is wrong."""
        now = timezone.now()
        for age, count in figures.totals(now).by_age.items():
            self.stdout.write(f"{count:>7,} {age}")
        if complaints := auditor.look(now).complaints:
            raise CommandError("; ".join(complaints).capitalize())
