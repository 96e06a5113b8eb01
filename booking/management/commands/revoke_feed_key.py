"""`manage.py revoke_feed_key [RXL-1a2b3c4d]`: make a key or client useless at once."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import transaction
from django.utils import timezone

from booking.exchange.feeds.keys import revoke
from booking.exchange.feeds.settings import write_down
from booking.identifiers.actors import Actor, ActorKind
from booking.models import AuditAction, FeedKey
from received.arguments import check_arguments


class Command(BaseCommand):
    """Revokes a key, or lists those that live."""

    help = "Revoke a key or OAuth2 client by its first part; without one, list what is live."

    def add_arguments(self, parser: CommandParser) -> None:
        """Take the key's first part, which is not secret."""
        parser.add_argument("prefix", nargs="?", help="such as RXL-1a2b3c4d")

    def handle(self, *args: Any, **options: Any) -> None:
        """Revoke it; say what is left."""
        check_arguments(options)
        live = FeedKey.objects.filter(revoked_at=None).order_by("prefix")
        if options["prefix"]:
            key = live.filter(prefix=options["prefix"]).first()
            if key is None:
                raise CommandError(f"No live key starts with {options['prefix']}.")
            now = timezone.now()
            with transaction.atomic():
                revoke(key, now=now)
                write_down(
                    AuditAction.KEY_REVOKED, key.trust_id, now=now,
                    actor=Actor(ActorKind.COMMAND), key=key.prefix,
                )  # fmt: skip
        for key in live:
            used = f"{key.last_used_at:%d %b %Y %H:%M}" if key.last_used_at else "never"
            self.stdout.write(f"{key.prefix}  {key.kind:<7}last used {used}  {key.label}")
