"""The one door to providers of texts, chosen by settings.SMS_GATEWAY."""

from importlib import import_module
from types import ModuleType

from django.conf import settings

from notifications.gateways.outcomes import Found, Misconfigured, Sent
from notifications.models import Message

GATEWAYS = ("outbox", "console", "twilio")


def send(message: Message) -> Sent:
    """Hand one text to the provider that the settings name.

    Raises NotSent, Refused, Misconfigured or Doubtful (see outcomes).
    """
    sent: Sent = _gateway().send(message)
    return sent


def find(message: Message) -> list[Found]:
    """Return what the provider has with this text's number and exact words since its call began.

    Oldest first; another text of ours may be among them. Raises NoAnswer or Misconfigured.
    """
    found: list[Found] = _gateway().find(message)
    return found


def status_of(sid: str) -> Found | None:
    """Return what became of a text that the provider took, None if it cannot say.

    Raises NoAnswer or Misconfigured.
    """
    found: Found | None = _gateway().status_of(sid)
    return found


def _gateway() -> ModuleType:
    if settings.SMS_GATEWAY not in GATEWAYS:
        raise Misconfigured(f"SMS_GATEWAY is none of {', '.join(GATEWAYS)}")
    # Only the chosen gateway is loaded: Twilio's library is large.
    return import_module(f"{__name__}.{settings.SMS_GATEWAY}")
