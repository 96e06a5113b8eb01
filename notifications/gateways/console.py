"""A developer's gateway: prints each text in the worker's terminal.

Printing the words is its purpose, so it is for made-up patients only. It never prints the number.
"""

from uuid import uuid4

from notifications.gateways.outcomes import Sent
from notifications.models import Message


def send(message: Message) -> Sent:
    """Print the text with its id, and accept it under a made-up sid."""
    print(f"text {message.pk}: {message.body}", flush=True)
    return Sent(sid=f"console{uuid4().hex}")
