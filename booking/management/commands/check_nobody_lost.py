"""`manage.py check_nobody_lost`: whether any open referral has been forgotten."""

from collections import Counter
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from booking.worklists.nobody_lost import State, lost, open_referrals


class Command(BaseCommand):
    """Counts the referrals in each state; fails and names those that are lost."""

    help = (
        "Count the referrals that have not ended by state. Ends with 1, and with the page of each,"
        " if any is lost: waiting for nobody, on no list, with nothing to come."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        """Print the counts. Raises CommandError if somebody is lost."""
        now = timezone.now()
        counts = Counter(open_referrals(now).values_list("state", flat=True))
        for state in State:
            self.stdout.write(f"{counts[state.value]:>7,} {state.label}")
        # Not their codes: with one, and a birthday, the patient's page opens.
        pages = [
            f"/staff/patient/{patient}/?referral={pk}"
            for pk, patient in lost(now).values_list("pk", "patient")
        ]
        if pages:
            raise CommandError(f"Lost: {', '.join(pages)}")
