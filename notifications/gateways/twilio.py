"""Twilio: real texts. Says of each fault whether the text surely was, or may have been, sent.

Twilio's Messages API has no idempotency key, so a fault that may have come after Twilio took
the text is Doubtful, never NotSent. No fault is passed on with Twilio's own words: they hold
the patient's number. Source of the codes: Twilio's error and warning dictionary.
"""

import re
from typing import Any

import requests
from django.conf import settings
from twilio.base.exceptions import TwilioRestException, TwilioServiceException
from twilio.http.http_client import TwilioHttpClient
from twilio.http.response import Response
from twilio.rest import Client
from urllib3.exceptions import MaxRetryError, NewConnectionError

from notifications.gateways.outcomes import Doubtful, Misconfigured, NotSent, Refused, Sent
from notifications.models import Message

TIMEOUT = 10.0  # seconds to connect, and again to read; Twilio's client has none of its own
# Not a number, no permission for the region, opted out, unreachable, not a mobile, ...
PERMANENT = {21211, 21214, 21217, 21408, 21610, 21612, 21614}
OUR_ACCOUNT = {20003, 30002}  # wrong credentials, account suspended
TOO_MANY_REQUESTS = 20429
SID = re.compile(r"(SM|MM)[0-9a-f]{32}")


class HttpClient(TwilioHttpClient):
    """Twilio's HTTP client with our timeout, no retries, and an ear for Retry-After.

    One connection a text: a kept one that has gone stale fails in a way that looks Doubtful.
    """

    def __init__(self, timeout: float = TIMEOUT) -> None:
        super().__init__(pool_connections=False, timeout=timeout)
        self.retry_after = 0.0

    def request(self, *args: Any, **kwargs: Any) -> Response:
        """Make the request, and remember the seconds that its answer told us to wait."""
        response = super().request(*args, **kwargs)
        asked = response.headers.get("Retry-After", "")
        self.retry_after = float(asked) if asked.isdecimal() else 0.0
        return response


def send(message: Message, http: HttpClient | None = None) -> Sent:
    """Hand one text to Twilio. A test passes an `http` that leads to a server of its own.

    Raises NotSent, Refused, Misconfigured or Doubtful.
    """
    account = (settings.TWILIO_ACCOUNT_SID, settings.TWILIO_AUTH_TOKEN)
    if not all(account) or not settings.TWILIO_FROM:
        raise Misconfigured("TWILIO_ACCOUNT_SID, TWILIO_AUTH_TOKEN or TWILIO_FROM is empty")
    http = http or HttpClient()
    client = Client(*account, http_client=http)
    try:
        created = client.messages.create(
            to=message.to, from_=settings.TWILIO_FROM, body=message.body
        )
        sid = created.sid or ""
    except TwilioRestException as fault:
        raise _outcome(fault.status, fault.code, http.retry_after) from None
    except TwilioServiceException as fault:
        raise _outcome(fault.status, fault.code, http.retry_after) from None
    except requests.RequestException as fault:
        raise _outcome_of_no_answer(fault) from None
    except (ValueError, TypeError, AttributeError):
        # A 201 whose body is no JSON, or JSON of another shape: Twilio's library trips over it.
        raise Doubtful("accepted with a garbled answer") from None
    if not SID.fullmatch(sid):
        raise Doubtful("accepted without a message sid")
    return Sent(sid=sid)


def _outcome(status: int, code: int | None, retry_after: float) -> Exception:
    """Return what an error answer of Twilio's means for the text."""
    if code in PERMANENT:
        return Refused(code)
    if status in (401, 403) or code in OUR_ACCOUNT:
        return Misconfigured(f"Twilio answered {status}, code {code}")
    if status == 429 or code == TOO_MANY_REQUESTS:
        return NotSent("too many requests", retry_after)
    if 400 <= status < 500:
        # Not taken, for a reason we do not know: a few more tries, then failed.
        return NotSent(f"Twilio answered {status}, code {code}")
    return Doubtful(f"Twilio answered {status}")


def _outcome_of_no_answer(fault: requests.RequestException) -> Exception:
    """Return what a broken call means: surely not sent only if no connection came about."""
    if isinstance(fault, requests.ConnectTimeout):
        return NotSent("no connection in time")
    cause = fault.args[0] if fault.args else None
    # A name that does not resolve is a NewConnectionError too.
    if isinstance(cause, MaxRetryError) and isinstance(cause.reason, NewConnectionError):
        return NotSent("no connection")
    return Doubtful(f"call broke off: {type(fault).__name__}")
