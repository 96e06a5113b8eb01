"""The demo's phone: the texts that the `outbox` gateway would have sent."""

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from notifications.models import WAITING, Message, State

MOST_SHOWN = 200
ON_THE_PHONE = (State.ACCEPTED, State.DELIVERED)
ON_THE_WAY = (*WAITING, State.SENDING)


@require_safe
def demo_phone(request: HttpRequest) -> HttpResponse:
    """Show every number's texts, newest first, and those that wait. 404 outside the demo.

    Nobody signs in to see it, so it exists only while texts go nowhere else.
    """
    if settings.SMS_GATEWAY != "outbox" or settings.MODE == "production":
        raise Http404
    # Latest moved first: numbers stand in the order of their newest text, and so do the texts.
    latest = Message.objects.filter(state__in=ON_THE_PHONE).order_by("-updated_at")[:MOST_SHOWN]
    phones: dict[str, list[Message]] = {}
    for message in latest:
        phones.setdefault(message.to, []).append(message)
    waiting = Message.objects.filter(state__in=ON_THE_WAY).order_by("due_at")[:MOST_SHOWN]
    return render(
        request, "notifications/phone.jinja", {"phones": phones.items(), "waiting": waiting}
    )
