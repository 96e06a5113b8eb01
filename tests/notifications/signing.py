"""Calls as Twilio makes them, signed with the account's auth token."""

from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.test import Client
from django.urls import reverse
from twilio.request_validator import RequestValidator

FORM = "application/x-www-form-urlencoded"


def signature(path: str, params: dict[str, str], token: str | None = None) -> str:
    validator = RequestValidator(token or settings.TWILIO_AUTH_TOKEN)
    return str(validator.compute_signature(settings.PUBLIC_BASE_URL + path, params))


def call(client: Client, path: str, params: dict[str, str], **headers: Any) -> Any:
    """Post `params` to us as Twilio does; `headers` override its signature."""
    params = {"AccountSid": settings.TWILIO_ACCOUNT_SID, **params}
    headers = {"X-Twilio-Signature": signature(path, params), **headers}
    sent = {name: value for name, value in headers.items() if value is not None}
    return client.post(path, urlencode(params), content_type=FORM, headers=sent)


def status_path(message: Any) -> str:
    return reverse("twilio-status", args=[message.pk])


def write(
    client: Client, body: str, number: str = "+447700900123", sid: str = "SMin1", **params: str
) -> Any:
    """Send us a text as a patient does."""
    fields = {"MessageSid": sid, "From": number, "Body": body, **params}
    return call(client, reverse("twilio-inbound"), fields)
