"""The demo's gateway: no provider at all. The demo phone page shows what it accepted."""

from uuid import uuid4

from notifications.gateways.outcomes import Sent
from notifications.models import Message


def send(message: Message) -> Sent:
    """Accept the text at once, under a made-up sid."""
    return Sent(sid=f"demo{uuid4().hex}")
