"""`manage.py feed_simulator --trust RXL --url ...`: plays a trust's system against a service."""

import random
import time
import uuid
from collections import Counter
from contextlib import suppress
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from booking.demo import capacity, publisher, sender
from booking.demo.fhir_client import NoAnswer
from booking.demo.trust_bookings import Bookings
from booking.demo.trust_system import FAULTS, PULL_FAULTS, TrustSystem, utc_now
from booking.exchange.feeds.keys import TooManyKeys, create_key, revoke_keys
from booking.models import Feed
from sites.models import Trust
from times.london import LONDON

LABEL = "simulator"
FULL_EVERY = 10
"""One push in so many is of everything, and authoritative."""


class Command(BaseCommand):
    """Pushes or publishes, changes its slots, goes wrong, and says what became of it."""

    help = "Play one trust's system: push, or publish to be pulled, with churn and faults."

    def add_arguments(self, parser: CommandParser) -> None:
        """Take who, where, for how long, and how badly."""
        parser.add_argument("--trust", required=True, help="ODS code, such as RXL")
        parser.add_argument("--url", default="http://127.0.0.1:8000", help="where the service runs")
        parser.add_argument("--key", help="the trust's key; without one, one is made here")
        parser.add_argument("--publish", type=int, metavar="PORT", help="publish on this port")
        parser.add_argument("--minutes", type=float, default=10, help="how long")
        parser.add_argument("--every", type=float, default=10, help="seconds between two rounds")
        parser.add_argument("--churn", type=float, default=0.01, help="share that changes a round")
        parser.add_argument("--faults", type=float, default=0.2, help="share of rounds that fail")
        parser.add_argument("--days", type=int, default=capacity.DAYS, help="of slots to come")
        parser.add_argument("--confirms", action="store_true", help="answer pending bookings too")
        parser.add_argument("--seed", type=int, default=1, help="the same seed does the same")

    def handle(self, *args: Any, **options: Any) -> None:
        """Play rounds until the time is over; Ctrl-C ends it sooner."""
        if settings.PRODUCTION:
            raise CommandError("This invents capacity. It does not run in production.")
        trust = Trust.objects.filter(code=options["trust"]).first()
        if trust is None:
            raise CommandError(f"No trust {options['trust']}. Run load_places first.")
        self.chance = random.Random(options["seed"])
        self.told: Counter[str] = Counter()
        today = timezone.now().astimezone(LONDON).date()
        system = TrustSystem(trust.code, today, self.chance, options["days"])
        self.bookings = Bookings()
        play = self._publish if options["publish"] is not None else self._push
        self.key = options["key"] or ""
        with suppress(KeyboardInterrupt):
            play(system, options)
        if options["confirms"]:
            self._answer(options["url"], self.key, 0.0)
            self.told.update(self.bookings.told)
        said = ", ".join(f"{count:,} {name}" for name, count in sorted(self.told.items()))
        self.stdout.write(f"{trust.code} ends: {said or 'nothing happened'}.")

    def _rounds(self, options: dict[str, Any]) -> Any:
        """Yield the number of each round, and whether it goes wrong."""
        end, number = time.monotonic() + options["minutes"] * 60, 0
        while time.monotonic() < end:
            self.told["rounds"] += 1
            yield number, number > 0 and self.chance.random() < options["faults"]
            number += 1
            time.sleep(max(0.0, min(options["every"], end - time.monotonic())))

    def _push(self, system: TrustSystem, options: dict[str, Any]) -> None:
        key = self.key = self.key or _new_key(system.trust)
        for number, wrong in self._rounds(options):
            full = number % FULL_EVERY == 0
            changed = system.churn(options["churn"], utc_now())
            lines = system.lines() if full else system.lines(changed)
            fault = self.chance.choice(FAULTS) if wrong else ""
            if fault:
                self._send(options["url"], key, system.spoil(lines, fault, utc_now()), full, fault)
            # A sender that saw its push fail sends it again, whole and right.
            self._send(options["url"], key, sender.pack(lines), full, "")
            if options["confirms"]:
                self._answer(options["url"], key, options["faults"])

    def _answer(self, url: str, key: str, faults: float) -> None:
        """Read what was booked and confirm or refuse it, as a trust's own system would."""
        try:
            self.bookings.read(url, key, self.chance, faults)
            self.bookings.answer(url, key, self.chance, faults)
        except NoAnswer as fault:
            self.told["bookings not read"] += 1
            self._say("bookings", str(fault)[:120])

    def _send(self, url: str, key: str, body: bytes, full: bool, fault: str) -> None:
        once = str(uuid.uuid4())
        try:
            counts = sender.push(url, key, body, replace=full, once=once)
        except sender.NotTaken as refusal:
            self.told[f"answered {refusal.status}"] += 1
            self._say(fault or ("full push" if full else "push"), str(refusal)[:120])
            return
        self.told.update({name: count for name, count in counts.items() if count})
        told = ", ".join(f"{count:,} {name}" for name, count in counts.items() if count)
        self._say(fault or ("full push" if full else "push"), told)

    def _publish(self, system: TrustSystem, options: dict[str, Any]) -> None:
        with publisher.Publisher(options["publish"]) as server:
            Feed.objects.update_or_create(
                trust_id=system.trust,
                defaults={
                    "pull_url": f"{server.url}/$bulk-publish",
                    "pull_next_at": timezone.now(),
                    "interval_minutes": 1,
                },
            )
            for _, wrong in self._rounds(options):
                system.churn(options["churn"], utc_now())
                fault = self.chance.choice(PULL_FAULTS) if wrong else ""
                system.publish(server, fault)
                for status in server.statuses():
                    self.told[f"answered {status}"] += 1
                self._say(fault or "published", f"{len(system.slots):,} slots")

    def _say(self, what: str, told: str) -> None:
        self.stdout.write(f"{timezone.localtime():%H:%M:%S} {what}: {told}")
        self.stdout.flush()


def _new_key(trust: str) -> str:
    now = timezone.now()
    revoke_keys(trust, label=LABEL, now=now)
    try:
        return create_key(trust, now=now, label=LABEL)
    except TooManyKeys:
        raise CommandError(f"{trust} has two keys already. Give one of them with --key.") from None
