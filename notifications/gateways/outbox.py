"""The demo's gateway: no provider at all. The demo phone page shows what it accepted."""

from uuid import uuid4

from notifications.gateways.outcomes import Found, Sent
from notifications.models import Message


def send(message: Message) -> Sent:
    """Accept the text at once, under a made-up sid."""
    return Sent(sid=f"demo{uuid4().hex}")


def find(message: Message) -> list[Found]:
    """Return nothing: the demo phone has only what our own rows say was accepted."""
    return []


def status_of(sid: str) -> Found | None:
    """Return None: the demo phone sends no receipts of its own accord."""
    return None
