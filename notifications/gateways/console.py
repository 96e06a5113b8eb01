"""A developer's gateway: prints each text in the worker's terminal.

Printing the words is its purpose, so it is for made-up patients only. It never prints the number.
"""

from uuid import uuid4

from notifications.gateways.outcomes import Found, Sent
from notifications.models import Message


def send(message: Message) -> Sent:
    """Print the text with its id, and accept it under a made-up sid."""
    print(f"text {message.pk}: {message.body}", flush=True)
    return Sent(sid=f"console{uuid4().hex}")


def find(message: Message) -> list[Found]:
    """Return nothing: the terminal has only what our own rows say was accepted."""
    return []


def status_of(sid: str) -> Found | None:
    """Return None: the terminal sends no receipts of its own accord."""
    return None
