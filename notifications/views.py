"""The demo's phone: shows the texts that `outbox` would have sent, and plays the patient.

What the patient does goes through the same signed webhooks that Twilio calls.
"""

import secrets
from datetime import datetime
from functools import wraps
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.conf import settings
from django.http import (
    Http404,
    HttpRequest,
    HttpResponse,
    HttpResponseRedirect,
    QueryDict,
)
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import resolve, reverse
from django.views.decorators.http import require_safe
from twilio.request_validator import RequestValidator

from notifications import opt_outs
from notifications.forms import ACTS, ActForm, ReplyForm
from notifications.models import WAITING, Inbound, Message, State
from notifications.webhooks import View
from times.keyset import Key, Source, page_of, page_of_all

MOST_SHOWN = 200
MOVED_LAST = (Key("-updated_at", datetime), Key("-pk", UUID))
RECEIVED_LAST = (Key("-received_at", datetime), Key("-pk", UUID))
DUE_FIRST = (Key("due_at", datetime), Key("pk", UUID))
ON_THE_PHONE = (State.ACCEPTED, State.DELIVERED, State.UNDELIVERED)
ON_THE_WAY = (*WAITING, State.SENDING)
UNREACHABLE = "30003"
"""Twilio's code for a phone that is off or gone."""


def only_in_the_demo(view: View) -> View:
    """Answer 404 outside the demo: nobody signs in here, so texts must go nowhere else."""

    @wraps(view)
    def checked(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if settings.SMS_GATEWAY != "outbox" or settings.MODE == "production":
            raise Http404
        return view(request, *args, **kwargs)

    return checked


def pressed_on_the_phone(view: View) -> View:
    """Take a form of the phone's page; who opens its address is led to that page."""

    @only_in_the_demo
    @wraps(view)
    def checked(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if request.method != "POST":
            return HttpResponseRedirect(reverse("demo-phone"), status=303)
        return view(request, *args, **kwargs)

    return checked


@require_safe
@only_in_the_demo
def demo_phone(request: HttpRequest) -> HttpResponse:
    """Show every number's texts and replies, newest first, and the texts that wait."""
    # Latest moved first: numbers stand in the order of their newest text, and so do the texts.
    latest = Message.objects.filter(state__in=ON_THE_PHONE).exclude(to="")
    replies = Inbound.objects.exclude(number="")
    both = [Source(latest, MOVED_LAST), Source(replies, RECEIVED_LAST)]
    said = page_of_all(both, request.GET, size=MOST_SHOWN)
    phones: dict[str, list[Message | Inbound]] = {}
    for one in said.rows:
        number = one.number if isinstance(one, Inbound) else one.to
        phones.setdefault(number, []).append(one)
    on_the_way = Message.objects.filter(state__in=ON_THE_WAY)
    waiting = page_of(on_the_way, DUE_FIRST, request.GET, size=MOST_SHOWN, parameter="waiting")
    return render(
        request,
        "notifications/phone.jinja",
        {
            "phones": [
                (number, one, opt_outs.has_opted_out(opt_outs.hash_of(number)))
                for number, one in phones.items()
            ],
            "said": said,
            "waiting": waiting,
        },
    )


@pressed_on_the_phone
def demo_receive(request: HttpRequest, message_id: UUID) -> HttpResponse:
    """Let the phone get, read, or never get a text: Twilio's status callback."""
    message = get_object_or_404(Message, pk=message_id, state__in=ON_THE_PHONE)
    form = ActForm(request.POST)
    if not form.is_valid():
        raise Http404
    act = form.cleaned_data["act"]
    fields = {"MessageSid": message.provider_sid or "", "MessageStatus": ACTS[act]}
    if act == "fail":
        fields["ErrorCode"] = UNREACHABLE
    _call_as_twilio(reverse("twilio-status", args=[message.pk]), fields)
    return redirect("demo-phone")


@pressed_on_the_phone
def demo_reply(request: HttpRequest) -> HttpResponse:
    """Let a phone that has texts write back: Twilio's inbound webhook."""
    form = ReplyForm(request.POST)
    if not form.is_valid():
        raise Http404
    number, body = form.cleaned_data["number"], form.cleaned_data["body"]
    if not Message.objects.filter(to_hash=opt_outs.hash_of(number)).exists():
        raise Http404
    _call_as_twilio(
        reverse("twilio-inbound"),
        {"MessageSid": f"SM{secrets.token_hex(16)}", "From": number, "Body": body},
    )
    return redirect("demo-phone")


def _call_as_twilio(path: str, fields: dict[str, str]) -> HttpResponse:
    """Call one of our own webhooks, signed with the demo's auth token."""
    call = HttpRequest()
    call.method = "POST"
    call.path = call.path_info = path
    body = urlencode({"AccountSid": settings.TWILIO_ACCOUNT_SID, **fields})
    call.POST = QueryDict(body)
    signature = RequestValidator(settings.TWILIO_AUTH_TOKEN).compute_signature(
        settings.PUBLIC_BASE_URL + path, call.POST
    )
    call.META = {"HTTP_X_TWILIO_SIGNATURE": signature, "CONTENT_LENGTH": str(len(body))}
    view, args, kwargs = resolve(path)
    response: HttpResponse = view(call, *args, **kwargs)
    return response
