"""`manage.py seed_demo --url ...`: fills a running demo through its own slots API."""

import sys
from collections.abc import Iterator
from itertools import islice
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from booking.demo import capacity, lost_day, people, sender, sooner, timetable
from booking.demo.life import filling
from booking.demo.life.people import WHOLE
from booking.exchange.feeds.keys import create_key, revoke_keys
from booking.models import Feed
from sites.models import Trust
from times.london import LONDON

LABEL = "demo"
LIMIT_MINUTES = 7 * 24 * 60
"""The demo's trusts send only at start, so its times are trusted for a week."""
LINES_A_PUSH = 20_000


class Command(BaseCommand):
    """Plays the four trusts, and invents patients. Safe to run again."""

    help = "Feed six weeks of invented capacity through the slots API; create demo patients."

    def add_arguments(self, parser: CommandParser) -> None:
        """Take where the service runs, and how many people to invent."""
        parser.add_argument("--url", required=True, help="such as http://127.0.0.1:8000")
        parser.add_argument("--people", type=int, default=WHOLE, help="0: only the few by name")

    def handle(self, *args: Any, **options: Any) -> None:
        """Create the people, push each trust's capacity, say where to look."""
        if settings.PRODUCTION:
            raise CommandError("This invents patients. It does not run in production.")
        now = timezone.now()
        today = now.astimezone(LONDON).date()
        people.create(now)
        timetable.create([patient.postcode for patient in people.PATIENTS])
        for trust in Trust.objects.order_by("code"):
            revoke_keys(trust.code, label=LABEL, now=now)
            key = create_key(trust.code, label=LABEL, now=now)
            Feed.objects.update_or_create(
                trust=trust, defaults={"limit_minutes": LIMIT_MINUTES, "interval_minutes": 480}
            )
            counts = {"created": 0, "unchanged": 0, "updated": 0, "refused": 0}
            for body in _bodies(capacity.lines(trust.code, today)):
                try:
                    told = sender.push(options["url"], key, body)
                except sender.NotTaken as refusal:
                    raise CommandError(str(refusal)) from None
                for name, count in told.items():
                    counts[name] = counts.get(name, 0) + count
            said = ", ".join(f"{counts[name]:,} {name}" for name in ("created", "unchanged"))
            self.stdout.write(f"Capacity of {trust.code}: {said}, {counts['refused']} refused.")
            sys.stdout.flush()
        if lost_day.create(now):
            self.stdout.write("A lost clinic waits for a lead.")
        on_list = sooner.create(now)
        self.stdout.write(f"On the list for something sooner: {on_list}.")
        if invented := filling.create(now, options["people"]):
            self.stdout.write(f"People with a story: {invented}.")
        call_command("demo_addresses", stdout=self.stdout)


def _bodies(lines: Iterator[bytes]) -> Iterator[bytes]:
    while batch := list(islice(lines, LINES_A_PUSH)):
        yield sender.pack(batch)
