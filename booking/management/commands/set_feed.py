"""`manage.py set_feed RXL --pull https://...`: how a trust's times come, and its bookings go."""

from datetime import datetime
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import transaction
from django.utils import timezone

from booking.exchange.feeds import settings as feed_settings
from booking.exchange.writeback import webhooks
from booking.exchange.writeback.call import NotAllowed
from booking.identifiers.actors import Actor, ActorKind
from booking.models import AuditAction, Feed
from received.arguments import check_arguments
from sites.models import Trust

COMMAND = Actor(ActorKind.COMMAND)


class Command(BaseCommand):
    """Sets how one trust's times come, and what becomes of bookings there."""

    help = "Set where a trust's times are read from, whether it confirms bookings, and its webhook."

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
        pull = parser.add_mutually_exclusive_group()
        pull.add_argument("--pull", metavar="URL", help="read its times from this manifest")
        pull.add_argument("--no-pull", action="store_true", help="it sends its times itself")
        pull.add_argument("--pull-off", action="store_true", help="keep the address, do not read")
        parser.add_argument("--interval", type=int, help="minutes between its updates")
        parser.add_argument("--limit", type=int, help="minutes until its times are too old to show")

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
            _set_confirming(trust, fields, now)
        _set_reading(trust, options)
        if options["webhook"]:
            self.stdout.write(_set_webhook(trust, options["webhook"], now))
        if options["no_webhook"]:
            with transaction.atomic():
                webhooks.stop(trust, now=now)
                feed_settings.write_down(AuditAction.WEBHOOK_STOPPED, trust, now=now, actor=COMMAND)


def _set_confirming(trust: str, fields: dict[str, Any], now: datetime) -> None:
    """Set whether a trust confirms, and write down what was and is."""
    with transaction.atomic():
        old = Feed.objects.get_or_create(trust_id=trust)[0]
        Feed.objects.filter(pk=trust).update(**fields)
        said = {name: [getattr(old, name), value] for name, value in fields.items()}
        feed_settings.write_down(AuditAction.FEED_SET, trust, now=now, actor=COMMAND, changes=said)


def _set_webhook(trust: str, url: str, now: datetime) -> str:
    """Return the new secret of a webhook. The audit has that it was set, not where: see its row."""
    try:
        with transaction.atomic():
            secret = webhooks.create(trust, url, now=now)
            feed_settings.write_down(AuditAction.WEBHOOK_SET, trust, now=now, actor=COMMAND)
    except NotAllowed as error:
        raise CommandError(f"{url}: {error}.") from None
    return secret


def _set_reading(trust: str, options: dict[str, Any]) -> None:
    """Set what is named of how its times come."""
    names = ("pull", "interval", "limit")
    named = {name: options[name] for name in names if options[name] is not None}
    if not (named or options["no_pull"] or options["pull_off"]):
        return
    if named.get("pull") == "":
        raise CommandError("--pull needs an address; --no-pull stops reading.")
    feed, _ = Feed.objects.get_or_create(trust_id=trust)
    before = feed_settings.settings_of(feed)
    wanted = feed_settings.FeedSettings(
        "" if options["no_pull"] else named.get("pull", before.pull_url),
        options["pull_off"] or (before.pull_off and "pull" not in named),
        named.get("interval", before.interval_minutes),
        named.get("limit", before.limit_minutes),
    )
    try:
        feed_settings.save(trust, wanted, seen=before.version, now=timezone.now(), actor=COMMAND)
    except feed_settings.SettingsInvalid as refusal:
        raise CommandError(f"{refusal}.") from None
