"""`manage.py set_feed RXL --confirms --webhook https://...`: how a trust takes its bookings."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from booking.exchange.writeback import webhooks
from booking.exchange.writeback.call import NotAllowed
from booking.models import Feed
from received.arguments import check_arguments
from sites.models import Trust


class Command(BaseCommand):
    """Sets what one trust's feed does with bookings."""

    help = "Set whether a trust confirms bookings itself, and where they are pushed to."

    def add_arguments(self, parser: CommandParser) -> None:
        """Take the trust's ODS code and what to set; what is not named stays."""
        parser.add_argument("trust", help="ODS code of the trust, such as RXL")
        confirms = parser.add_mutually_exclusive_group()
        confirms.add_argument("--confirms", action="store_true", default=None)
        confirms.add_argument("--books-at-once", action="store_false", dest="confirms")
        parser.add_argument("--confirm-hours", type=int, help="1 to 336; 24 unless set")
        push = parser.add_mutually_exclusive_group()
        push.add_argument("--webhook", metavar="URL", help="prints a new secret, once")
        push.add_argument("--no-webhook", action="store_true")

    def handle(self, *args: Any, **options: Any) -> None:
        """Set it; print the webhook's secret alone, so that it can be piped."""
        check_arguments(options)
        trust, now = options["trust"].upper(), timezone.now()
        if not Trust.objects.filter(code=trust).exists():
            known = ", ".join(Trust.objects.values_list("code", flat=True))
            raise CommandError(f"No trust {trust}. Known: {known or 'none yet'}.")
        fields = {
            name: options[name]
            for name in ("confirms", "confirm_hours")
            if options[name] is not None
        }
        if not 1 <= fields.get("confirm_hours", 1) <= 336:
            raise CommandError("--confirm-hours is from 1 to 336.")
        if fields:
            Feed.objects.update_or_create(trust_id=trust, defaults=fields)
        if options["webhook"]:
            try:
                self.stdout.write(webhooks.create(trust, options["webhook"], now=now))
            except NotAllowed as error:
                raise CommandError(f"{options['webhook']}: {error}.") from None
        if options["no_webhook"]:
            webhooks.stop(trust, now=now)
