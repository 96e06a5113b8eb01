"""The feeds' page: how each trust's feed is doing, what was refused and why, and its keys."""

from contextlib import suppress
from urllib.parse import urlencode

from django.contrib.auth.decorators import login_required
from django.db.models import Min
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe
from kombu.exceptions import KombuError

from booking.feeds import keys, pull, tasks
from booking.models import Feed, FeedCall, FeedKey, FeedRefusal, Slot

REFUSALS_SHOWN = 50
CALLS_SHOWN = 20


@require_safe
@login_required
def feeds(request: HttpRequest) -> HttpResponse:
    """Show the health of every feed, the last refusals (of one trust with ?trust=) and keys."""
    now, trust = timezone.now(), request.GET.get("trust", "")
    offered = Slot.objects.filter(start__gt=now, free_at__isnull=False)
    oldest = dict(offered.values_list("trust_id").annotate(Min("fed_at")).order_by())
    rows = [
        (feed, feed.is_unknown(now), feed.is_late(now), oldest.get(feed.pk))
        for feed in Feed.objects.select_related("trust").order_by("trust__name")
    ]
    of_trust = {"trust_id": trust} if trust else {}
    refusals = FeedRefusal.objects.filter(**of_trust).order_by("-at", "line")
    calls = FeedCall.objects.filter(**of_trust).select_related("key").order_by("-at", "-pk")
    return render(
        request,
        "booking/clerk/feeds.jinja",
        {
            "feeds": rows,
            "trust": trust,
            "refusals": refusals[:REFUSALS_SHOWN],
            "calls": calls[:CALLS_SHOWN],
            "keys": FeedKey.objects.filter(revoked_at=None).order_by("trust_id", "created_at"),
            "asked": request.GET.get("asked", ""),
        },
    )


@require_POST
@login_required
def pull_again(request: HttpRequest, trust: str) -> HttpResponse:
    """Ask a trust's server for all its files now."""
    if pull.ask_again(trust, now=timezone.now()):
        with suppress(KombuError, OSError):  # without a broker, the clock's next tick does it
            tasks.tick.delay()
    return redirect(f"{reverse('staff-feeds')}?{urlencode({'asked': trust})}")


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def revoke(request: HttpRequest, prefix: str) -> HttpResponse:
    """Ask once, then make a key useless."""
    key = get_object_or_404(FeedKey, prefix=prefix, revoked_at=None)
    if request.method == "POST":
        keys.revoke(key, now=timezone.now())
        return redirect("staff-feeds")
    return render(request, "booking/clerk/revoke_key.jinja", {"key": key})
