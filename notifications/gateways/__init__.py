"""The one door to providers of texts, chosen by settings.SMS_GATEWAY."""

from importlib import import_module

from django.conf import settings

from notifications.gateways.outcomes import Misconfigured, Sent
from notifications.models import Message

GATEWAYS = ("outbox", "console", "twilio")


def send(message: Message) -> Sent:
    """Hand one text to the provider that the settings name.

    Raises NotSent, Refused, Misconfigured or Doubtful (see outcomes).
    """
    if settings.SMS_GATEWAY not in GATEWAYS:
        raise Misconfigured(f"SMS_GATEWAY is none of {', '.join(GATEWAYS)}")
    # Only the chosen gateway is loaded: Twilio's library is large.
    sent: Sent = import_module(f"{__name__}.{settings.SMS_GATEWAY}").send(message)
    return sent
