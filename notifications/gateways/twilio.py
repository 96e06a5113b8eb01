"""Twilio: real texts. Says of each fault whether the text surely was, or may have been, sent.

Twilio's Messages API has no idempotency key, so a fault that may have come after Twilio took
the text is Doubtful, never NotSent. No fault is passed on with Twilio's own words: they hold
the patient's number. What the codes mean is in codes.py.
"""

import re
from datetime import timedelta
from ipaddress import ip_address
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import requests
from django.conf import settings
from django.urls import reverse
from twilio.base.exceptions import TwilioException, TwilioRestException, TwilioServiceException
from twilio.http.http_client import TwilioHttpClient
from twilio.http.response import Response
from twilio.rest import Client
from urllib3.exceptions import MaxRetryError, NewConnectionError

from notifications.gateways import codes
from notifications.gateways.codes import Blame
from notifications.gateways.outcomes import (
    Doubtful,
    Found,
    Misconfigured,
    NoAnswer,
    NotSent,
    ProviderRefused,
    Sent,
)
from notifications.models import Message
from received import trace

TIMEOUT = 10.0  # seconds to connect, and again to read; Twilio's client has none of its own
SID = re.compile(r"(SM|MM)[0-9a-f]{32}")
LONGEST_VALIDITY = 36_000  # seconds that Twilio keeps a text in its queue at most
LISTED = 200
"""At most so many of one number's texts are looked through for a doubtful one."""
CLOCKS_APART = timedelta(hours=12)
"""So far may our clock be out: a text sent while it was fast must be found, or it goes twice."""
RETRY_CALLBACKS = "#rc=5&rp=ct,rt,5xx"
"""Twilio's connection override: without it a callback that we answer 503 is not repeated."""


class HttpClient(TwilioHttpClient):
    """Twilio's HTTP client with our timeout, no retries, and an ear for Retry-After.

    One connection a text: a kept one that has gone stale fails in a way that looks Doubtful.
    With settings.TWILIO_API_BASE the same calls go to a server on this machine.
    """

    def __init__(self, timeout: float = TIMEOUT) -> None:
        super().__init__(pool_connections=False, timeout=timeout)
        self.retry_after = 0.0
        self.base = loopback_base()

    def request(self, method: str, url: str, *args: Any, **kwargs: Any) -> Response:
        """Make the request, and remember the seconds that its answer told us to wait."""
        if self.base:
            there = urlsplit(self.base)
            url = urlunsplit(urlsplit(url)._replace(scheme=there.scheme, netloc=there.netloc))
        kwargs["headers"] = {**(kwargs.get("headers") or {}), **trace.headers()}
        response = super().request(method, url, *args, **kwargs)
        asked = response.headers.get("Retry-After", "")
        self.retry_after = float(asked) if asked.isascii() and asked.isdecimal() else 0.0
        return response


def loopback_base() -> str:
    """Return settings.TWILIO_API_BASE, empty if calls go to Twilio itself.

    Raises Misconfigured unless it is a server on this machine: texts hold personal data.
    """
    base = settings.TWILIO_API_BASE
    if not base:
        return ""
    host = urlsplit(base).hostname or ""
    try:
        on_this_machine = host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        on_this_machine = False
    if not on_this_machine or urlsplit(base).scheme not in ("http", "https"):
        raise Misconfigured("TWILIO_API_BASE is not a server on this machine")
    return str(base)


def callback_url(message: Message) -> str:
    """Return where Twilio reports on this text. Our id in it proves by itself what it is about."""
    path = reverse("twilio-status", args=[message.pk])
    return f"{settings.PUBLIC_BASE_URL}{path}{RETRY_CALLBACKS}"


def send(message: Message) -> Sent:
    """Hand one text to Twilio, which drops it by itself once it is of no use any more.

    Raises NotSent, Refused, Misconfigured or Doubtful.
    """
    client, http = _client()
    began = message.wire_at or message.created_at
    useful = int((message.not_after - began).total_seconds())
    try:
        created = client.messages.create(
            to=message.to,
            messaging_service_sid=settings.TWILIO_MESSAGING_SERVICE_SID,
            body=message.body,
            status_callback=callback_url(message),
            validity_period=min(LONGEST_VALIDITY, max(1, useful)),
        )
        sid = created.sid or ""
    except (TwilioRestException, TwilioServiceException) as fault:
        raise _outcome(fault.status, fault.code, http.retry_after) from None
    except requests.RequestException as fault:
        raise _outcome_of_no_answer(fault) from None
    except (ValueError, TypeError, AttributeError):
        # A 201 whose body is no JSON, or JSON of another shape: Twilio's library trips over it.
        raise Doubtful("accepted with a garbled answer") from None
    if not SID.fullmatch(sid):
        raise Doubtful("accepted without a message sid")
    return Sent(sid=sid)


def find(message: Message) -> list[Found]:
    """Return Twilio's texts to the same number with the same words since the call began.

    Raises NoAnswer or Misconfigured.
    """
    client, _ = _client()
    since = (message.wire_at or message.created_at) - CLOCKS_APART
    try:
        # Not filtered by DateSent: a text that still waits in Twilio's queue has none.
        listed = client.messages.list(to=message.to, limit=LISTED, page_size=LISTED)
        same = [
            one
            for one in listed
            if one.body == message.body and one.date_created and one.date_created >= since
        ]
        return [
            Found(sid=one.sid or "", status=one.status or "", error_code=one.error_code)
            for one in sorted(same, key=lambda one: one.date_created)
        ]
    except (TwilioException, requests.RequestException, ValueError, TypeError, AttributeError) as e:
        raise NoAnswer(f"listing failed: {type(e).__name__}") from None


def status_of(sid: str) -> Found | None:
    """Return what Twilio says of one text now, None if it knows no such text.

    Raises NoAnswer or Misconfigured.
    """
    client, _ = _client()
    try:
        one = client.messages(sid).fetch()
        return Found(sid=sid, status=one.status or "", error_code=one.error_code)
    except (TwilioException, requests.RequestException, ValueError, TypeError, AttributeError) as e:
        if getattr(e, "status", None) == 404:
            return None
        raise NoAnswer(f"asking failed: {type(e).__name__}") from None


def _client() -> tuple[Client, HttpClient]:
    account = (settings.TWILIO_ACCOUNT_SID, settings.TWILIO_AUTH_TOKEN)
    if not all(account) or not settings.TWILIO_MESSAGING_SERVICE_SID:
        raise Misconfigured(
            "TWILIO_ACCOUNT_SID, TWILIO_AUTH_TOKEN or TWILIO_MESSAGING_SERVICE_SID is empty"
        )
    http = HttpClient()
    return Client(*account, http_client=http), http


def _outcome(status: int, code: int | None, retry_after: float) -> Exception:
    """Return what an error answer of Twilio's means for the text."""
    if not 400 <= status < 500:
        return Doubtful(f"Twilio answered {status}", providers_own=status >= 500)
    match codes.blame(code, status):
        case Blame.SENDER:
            return Misconfigured(codes.setting(code, status))
        case Blame.BUSY:
            return NotSent("too many requests", retry_after, providers_own=True)
        case Blame.UNKNOWN:
            # Not taken, for a reason we do not know: a few more tries.
            return NotSent(f"Twilio answered {status}, code {code}")
    return ProviderRefused(code or 0)


def _outcome_of_no_answer(fault: requests.RequestException) -> Exception:
    """Return what a broken call means: surely not sent only if no connection came about."""
    if isinstance(fault, requests.ConnectTimeout):
        return NotSent("no connection in time", providers_own=True)
    cause = fault.args[0] if fault.args else None
    # A name that does not resolve is a NewConnectionError too.
    if isinstance(cause, MaxRetryError) and isinstance(cause.reason, NewConnectionError):
        return NotSent("no connection", providers_own=True)
    return Doubtful(f"call broke off: {type(fault).__name__}")
