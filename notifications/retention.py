"""What we forget: numbers and words 30 days after the last thing that happened to a text."""

from datetime import datetime, timedelta

from django.db.models import Q

from notifications import emails
from notifications.models import WAITING, Inbound, Message, State

KEPT = timedelta(days=30)
BATCH = 5_000
STILL_NEEDED = (*WAITING, State.SENDING, State.UNKNOWN)


def purge(now: datetime) -> int:
    """Blank the numbers and words of old texts and replies; return of how many. Rows stay."""
    old = now - KEPT
    personal = ~Q(body="") | ~Q(to="") | ~Q(to_hash="")
    texts = Message.objects.filter(personal, updated_at__lte=old).exclude(state__in=STILL_NEEDED)
    replies = Inbound.objects.filter(~Q(body="") | ~Q(number=""), received_at__lte=old)
    blanked = emails.forget(old)
    while ids := list(texts.values_list("pk", flat=True)[:BATCH]):
        blanked += Message.objects.filter(pk__in=ids).update(body="", to="", to_hash="")
    while ids := list(replies.values_list("pk", flat=True)[:BATCH]):
        blanked += Inbound.objects.filter(pk__in=ids).update(
            body="", number="", number_hash="", code=""
        )
    return blanked
