"""The appointments to come and who waits, of one's own trusts; feeds only if they are quiet."""

from datetime import date, datetime

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from booking.changes import audit
from booking.clerk.permissions import Action, may, staff_page
from booking.models import Appointment, Feed, Referral, Staff
from booking.models.appointment import LIVE
from notifications import provider
from times.keyset import Key, page_of

SHOWN = 50
LATEST_FIRST = (Key("-start", datetime), Key("-pk", int))
NEXT_FIRST = (Key("start", datetime), Key("pk", int))
TARGET_FIRST = (Key("target_day", date), Key("pk", int))


@require_safe
@staff_page(Action.FIND)
def overview(request: HttpRequest, staff: Staff) -> HttpResponse:
    """List whose attendance is to be marked, what is to come, who waits; say what is quiet."""
    now = timezone.now()
    live = (
        Appointment.objects.of_trusts(staff.trust_codes)
        .filter(status__in=LIVE)
        .select_related("site", "referral__exam", "referral__patient")
    )
    waiting = (
        Referral.objects.of_trusts(staff.trust_codes)
        .filter(ended_at=None)
        .exclude(appointments__status__in=LIVE)
        .select_related("patient", "exam")
    )
    quiet = [
        (feed, feed.is_unknown(now))
        for feed in Feed.objects.select_related("trust").order_by("trust__name")
        if feed.is_unknown(now) or feed.is_late(now)
    ]
    # However long ago: who came is asked until somebody says so.
    come = live.filter(start__lt=now, referral__ended_at=None)
    lists = {
        name: page_of(rows, order, request.GET, size=SHOWN, parameter=name)
        for name, rows, order in (
            ("come", come, LATEST_FIRST),
            ("waiting", waiting, TARGET_FIRST),
            ("coming", live.filter(start__gte=now), NEXT_FIRST),
        )
    }
    named = [one.referral.patient_id for name in ("come", "coming") for one in lists[name].rows]
    named += [one.patient_id for one in lists["waiting"].rows]
    audit.write_listed(named, now=now, actor=staff.actor)
    return render(
        request,
        "booking/clerk/staff.jinja",
        {
            "staff": staff,
            **lists,
            "quiet": quiet,
            "texts_stopped": provider.at_fault(),
            "may_see_feeds": may(staff, Action.FEEDS),
            "today": now.date(),
        },
    )
