"""Where Twilio calls us: what became of a text, and what a patient wrote.

Every call is signed with the account's auth token over the address that we told Twilio, which
is built from settings.PUBLIC_BASE_URL and never from the Host header. There is no timestamp in
the signature, so a call can be replayed: both views do the same thing once.
"""

import logging
import re
from collections.abc import Callable
from functools import wraps
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse, HttpResponseForbidden, HttpResponseNotFound
from django.utils import timezone
from django.utils.crypto import constant_time_compare
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST
from twilio.request_validator import RequestValidator

from notifications import receipts, replies
from notifications.models import Message
from received.numbers import whole_number

logger = logging.getLogger(__name__)

MOST_BYTES = 64 * 1024
"""Twilio's own calls are some 2 KB; the longest text a phone can send is 1,600 characters."""
STATUS = re.compile(r"[a-z_]{1,20}")
SID = re.compile(r"[A-Za-z0-9]{1,64}")
NOTHING_TO_SAY = '<?xml version="1.0" encoding="UTF-8"?><Response/>'
"""TwiML: our own answers go through the outbox like any text."""

View = Callable[..., HttpResponse]


def from_twilio(view: View) -> View:
    """Let only Twilio's own calls for our account through, and tell it to come again if need be.

    413 for a body over MOST_BYTES, before any of it is read; 403 for no or a wrong signature or
    another account; 503 while the database is away.
    """

    @csrf_exempt
    @require_POST
    @wraps(view)
    def checked(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if whole_number(request.META.get("CONTENT_LENGTH") or "0", most=MOST_BYTES) is None:
            return HttpResponse(status=413)
        if not is_signed(request):
            logger.warning("a webhook without a right signature was refused")
            return HttpResponseForbidden()
        try:
            return view(request, *args, **kwargs)
        except (OperationalError, InterfaceError) as fault:
            logger.error("a webhook could not be kept: %s", type(fault).__name__)
            return HttpResponse(status=503, headers={"Retry-After": "30"})

    return checked


def is_signed(request: HttpRequest) -> bool:
    """Return whether a call bears our auth token's signature and our account's sid."""
    token = settings.TWILIO_AUTH_TOKEN
    signature = request.headers.get("X-Twilio-Signature", "")
    if not token or not signature:
        return False
    address = settings.PUBLIC_BASE_URL + request.get_full_path()
    if not RequestValidator(token).validate(address, request.POST, signature):
        return False
    account = request.POST.get("AccountSid", "")
    return constant_time_compare(account, settings.TWILIO_ACCOUNT_SID)


@from_twilio
def status(request: HttpRequest, message_id: UUID) -> HttpResponse:
    """Take what became of one text. 404 for a text that we do not have, 400 for nonsense."""
    sid = request.POST.get("MessageSid", "")
    word = request.POST.get("MessageStatus", "")
    code = request.POST.get("ErrorCode", "")
    if not SID.fullmatch(sid) or not STATUS.fullmatch(word):
        return HttpResponse(status=400)
    try:
        receipts.take(
            message_id,
            sid,
            word,
            source="callback",
            now=timezone.now(),
            error_code=code if code.isascii() and code.isdigit() and len(code) < 7 else "",
        )
    except Message.DoesNotExist:
        return HttpResponseNotFound()
    return HttpResponse(status=204)


@from_twilio
def inbound(request: HttpRequest) -> HttpResponse:
    """Keep what a patient wrote, then act on it. If acting fails, the next tick tries again."""
    sid = request.POST.get("MessageSid", "")
    if not SID.fullmatch(sid):
        return HttpResponse(status=400)
    now = timezone.now()
    reply = replies.keep(
        sid,
        number=request.POST.get("From", ""),
        body=request.POST.get("Body", ""),
        opt_out_type=request.POST.get("OptOutType", ""),
        now=now,
    )
    replies.handle_safely(reply, now)
    return HttpResponse(NOTHING_TO_SAY, content_type="text/xml")
