"""The staff's pages about texts: how they are doing, what one said, sending one again.

Numbers are shown by their last three digits. Whoever looks at a text is written down.
"""

from django.contrib.auth.decorators import login_required
from django.contrib.auth.models import AbstractBaseUser, AnonymousUser
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from booking import telling
from booking.models import AuditEntry
from notifications import by_hand, figures
from notifications.models import Inbound, Kind, Message, State

SHOWN = 50
may_see_texts = login_required
"""Who may see texts and send one again."""


@require_safe
@may_see_texts
def texts(request: HttpRequest) -> HttpResponse:
    """Show the outbox by state, what is overdue or doubtful, and the replies that wait."""
    now = timezone.now()
    state = request.GET.get("state", "")
    listed = Message.objects.filter(state=state) if state in State.values else Message.objects
    return render(
        request,
        "booking/clerk/texts.jinja",
        {
            "figures": figures.count(now),
            "states": State,
            "state": state,
            "texts": listed.order_by("-updated_at")[:SHOWN],
            "unknown": Message.objects.filter(state=State.UNKNOWN).order_by("wire_at")[:SHOWN],
            "to_read": Inbound.objects.filter(outcome__startswith="for a clerk")
            .exclude(number_hash="")
            .order_by("-received_at")[:SHOWN],
        },
    )


@require_safe
@may_see_texts
def text(request: HttpRequest, message_id: str) -> HttpResponse:
    """Show one text, its words, and everything that happened to it."""
    message = get_object_or_404(Message, pk=message_id)
    _audit(request.user, "text seen", message)
    return _show(request, message)


@require_POST
@may_see_texts
def again(request: HttpRequest, message_id: str) -> HttpResponse:
    """Send one text again, for a reason."""
    message = get_object_or_404(Message, pk=message_id)
    reason, seen = request.POST.get("reason", ""), request.POST.get("seen", "")
    if reason not in by_hand.Reason.values:
        return _show(request, message, error="Select why this text is sent again", status=400)
    try:
        sent = by_hand.resend(
            message.pk,
            reason=by_hand.Reason(reason),
            actor=_actor(request.user),
            seen_retries=int(seen) if seen.isascii() and seen.isdecimal() and len(seen) < 5 else 0,
            now=timezone.now(),
        )
    except by_hand.CannotResend as fault:
        return _show(request, message, error=str(fault), status=409)
    _audit(request.user, "text sent again", sent)
    return redirect("staff-text", sent.pk)


@require_safe
@may_see_texts
def phone(request: HttpRequest, number_hash: str) -> HttpResponse:
    """Show what was said with one phone, both ways, newest first, of the last 30 days."""
    sent = Message.objects.filter(to_hash=number_hash).order_by("-created_at")[:SHOWN]
    replies = Inbound.objects.filter(number_hash=number_hash).order_by("-received_at")[:SHOWN]
    said = sorted(
        [*((one.created_at, one) for one in sent), *((one.received_at, one) for one in replies)],
        key=lambda each: each[0],
        reverse=True,
    )
    if not said:
        raise Http404
    for message in {one.subject: one for one in sent}.values():
        _audit(request.user, "text seen", message)
    return render(
        request,
        "booking/clerk/phone.jinja",
        {
            "said": said,
            "number": sent[0].to if sent else replies[0].number,
            "secret": Kind.ONE_TIME_CODE,
        },
    )


def _show(
    request: HttpRequest, message: Message, error: str = "", status: int = 200
) -> HttpResponse:
    retries = message.retries.order_by("created_at")
    return render(
        request,
        "booking/clerk/text.jinja",
        {
            "message": message,
            "events": message.events.all(),
            "retries": retries,
            "why_not": by_hand.why_not(message, timezone.now()),
            "reasons": by_hand.Reason.choices,
            "secret": message.kind == Kind.ONE_TIME_CODE,
            "error": error,
        },
        status=status,
    )


def _actor(user: AbstractBaseUser | AnonymousUser) -> str:
    return f"staff {user.pk}"


def _audit(user: AbstractBaseUser | AnonymousUser, action: str, message: Message) -> None:
    """Write down whose text was looked at, by whom."""
    referral, appointment = telling.about(message.subject)
    AuditEntry.objects.create(
        at=timezone.now(),
        actor=_actor(user),
        action=action,
        referral=referral,
        appointment=appointment,
        detail={"message": str(message.pk)},
    )
