"""The feeds' page: how each trust's feed is doing, what was refused and why, and its keys."""

from contextlib import suppress
from datetime import datetime

from django.db import transaction
from django.db.models import Min
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe
from kombu.exceptions import KombuError

from booking.clerk.again import sure_who
from booking.clerk.forms.narrow import FeedsForm
from booking.clerk.notices import say_done
from booking.clerk.permissions import Action, may, staff_page
from booking.exchange.feeds import decisions, keys, pull, tasks
from booking.exchange.feeds.settings import write_down
from booking.models import (
    OFF_SALE,
    AuditAction,
    Feed,
    FeedCall,
    FeedKey,
    FeedRefusal,
    Slot,
    Staff,
)
from booking.pages.posted import form_only
from times.keyset import Key, page_of

REFUSALS_SHOWN = 50
CALLS_SHOWN = 20
LINES_OF_NEWEST = (Key("-at", datetime), Key("line", int), Key("pk", int))
NEWEST_FIRST = (Key("-at", datetime), Key("-pk", int))


@require_safe
@staff_page(Action.FEEDS)
def feeds(request: HttpRequest, staff: Staff) -> HttpResponse:
    """Show the health of the feeds of one's trusts, their last refusals, and keys."""
    now, asked = timezone.now(), FeedsForm(request.GET, staff=staff)
    offered = Slot.objects.filter(start__gt=now, free_at__lt=OFF_SALE)
    oldest = dict(offered.values_list("trust_id").annotate(Min("fed_at")).order_by())
    rows = [
        (feed, feed.is_unknown(now), feed.is_late(now), oldest.get(feed.pk))
        for feed in Feed.objects.of_trusts(staff.trust_codes)
        .select_related("trust")
        .order_by("trust__name")
    ]
    refusals = FeedRefusal.objects.of_trusts(asked.shown)
    calls = FeedCall.objects.of_trusts(asked.shown).select_related("key")
    own_keys = FeedKey.objects.of_trusts(staff.trust_codes).filter(revoked_at=None)
    return render(
        request,
        "booking/clerk/feeds.jinja",
        {
            "feeds": rows,
            "trust": asked["trust"].value(),
            "refusals": page_of(
                refusals, LINES_OF_NEWEST, request.GET, size=REFUSALS_SHOWN, parameter="refused"
            ),
            "calls": page_of(calls, NEWEST_FIRST, request.GET, size=CALLS_SHOWN, parameter="calls"),
            "keys": own_keys.order_by("trust_id", "created_at"),
            "staff": staff,
            "may_act": may(staff, Action.KEYS),
            "may_release": may(staff, Action.RELEASE),
            "held": {loss.trust_id for loss in decisions.held_losses(staff.trust_codes)},
            "may_set": may(staff, Action.FEED_SETTINGS),
            "silent": sorted(staff.trust_codes - {feed.pk for feed, *_ in rows}),
        },
    )


@staff_page(Action.FEED_SETTINGS)
@form_only("staff-feeds")
def pull_again(request: HttpRequest, staff: Staff, trust: str) -> HttpResponse:
    """Ask a trust's server for all its files now."""
    feed = get_object_or_404(Feed.objects.of_trusts(staff.trust_codes), pk=trust)
    now = timezone.now()
    if pull.ask_again(feed.pk, now=now):
        write_down(AuditAction.FEED_READ_NOW, feed.pk, now=now, actor=staff.actor)
        with suppress(KombuError, OSError):  # without a broker, the clock's next tick does it
            tasks.tick.delay()
        say_done(request, f"We are asking {trust} for its times. Load this page again in a minute.")
    return redirect("staff-feed", feed.pk)


@require_http_methods(["GET", "HEAD", "POST"])
@staff_page(Action.KEYS)
@sure_who
def revoke(request: HttpRequest, staff: Staff, prefix: str) -> HttpResponse:
    """Ask once, then make a key useless."""
    own_keys = FeedKey.objects.of_trusts(staff.trust_codes)
    key = get_object_or_404(own_keys, prefix=prefix, revoked_at=None)
    if request.method == "POST":
        now = timezone.now()
        with transaction.atomic():
            keys.revoke(key, now=now)
            write_down(
                AuditAction.KEY_REVOKED, key.trust_id, now=now, actor=staff.actor, key=prefix
            )
        return redirect("staff-feeds")
    return render(request, "booking/clerk/revoke_key.jinja", {"key": key, "staff": staff})
