"""`manage.py audit_verify`: whether the audit is as it was sealed."""

from datetime import datetime, timedelta
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from booking.changes import audit_chain, audit_check
from booking.changes.audit_chain import NoHead


class Command(BaseCommand):
    """Looks at the chain; changes nothing but sealing what waits."""

    help = (
        "Say whether an entry of the audit was changed, removed or cut off since it was sealed."
        " Ends with 1 and the first that is wrong if so (docs/audit.md)."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        """Take heads of the chain that were kept elsewhere, and how far back to look."""
        parser.add_argument(
            "--head", action="append", default=[], metavar="NUMBER.DIGEST",
            help="where the chain once ended, from a log or a paper; repeatable",
        )  # fmt: skip
        parser.add_argument("--days", type=int, help="only what was sealed in the last days")

    def handle(self, *args: Any, **options: Any) -> None:
        """Print what was looked at. Raises CommandError if anything is wrong."""
        now = timezone.now()
        since: datetime | None = None
        if options["days"] is not None:
            since = now - timedelta(days=max(0, min(options["days"], 36_500)))
        audit_chain.seal(now=now)
        try:
            heads = [audit_chain.read_head(one) for one in options["head"]]
        except NoHead as wrong:
            raise CommandError(f"“{wrong}” is no head of the chain, like 120.3f9a…") from None
        report = audit_check.verify(since=since, heads=heads)
        self.stdout.write(f"{report.looked_at:,} links looked at.")
        if report.faults:
            raise CommandError("\n".join(str(fault) for fault in report.faults))
        if report.head:
            self.stdout.write(f"The audit is whole. Keep elsewhere: {report.head}")
