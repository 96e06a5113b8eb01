"""`manage.py notifications status`: how the texts are doing, for whoever is on call."""

from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.utils import timezone

from notifications import fence, figures


class Command(BaseCommand):
    """Prints the figures. Nothing in them names a patient."""

    help = "Say how the texts are doing."

    def add_arguments(self, parser: CommandParser) -> None:
        """Take what to do."""
        parser.add_argument("what", choices=["status"])

    def handle(self, *args: Any, **options: Any) -> None:
        """Print every figure on a line of its own."""
        now = figures.count(timezone.now())
        lines = [f"{state:<24}{number:>8,}" for state, number in now.by_state.items()]
        lines += [
            f"{'oldest due':<24}{now.oldest_due:>8,.0f} s",
            f"{'oldest unknown':<24}{now.oldest_unknown:>8,.0f} s",
            f"{'sent again after doubt':<24}{now.resends:>8,}",
            f"{'replies not handled':<24}{now.replies_waiting:>8,}",
            f"{'numbers opted out':<24}{now.opt_outs:>8,}",
            f"{'segments sent':<24}{now.segments:>8,}",
        ]
        for share, delay in now.latency.items():
            lines.append(f"{f'delay p{share * 100:.0f}, last 24 h':<24}{delay:>8,.1f} s")
        lines.append(
            f"STOPPED: nothing is sent ({now.stopped_why})" if now.stopped_why else "Sending."
        )
        if up := fence.standing():
            waits = sum(line.count for line in fence.waiting(up))
            lines.append(f"A backup was put back: {waits:,} texts wait behind the send-fence.")
        self.stdout.write("\n".join(lines))
