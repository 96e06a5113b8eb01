"""The appointments to come and who waits, of one's own trusts; feeds only if they are quiet."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from booking.changes import audit
from booking.clerk.permissions import Action, may, staff_page
from booking.models import Appointment, Feed, Referral, Staff
from booking.models.appointment import LIVE

SHOWN = 50


@require_safe
@staff_page(Action.FIND)
def overview(request: HttpRequest, staff: Staff) -> HttpResponse:
    """List whose attendance is to be marked, what is to come, who waits, whose feed is quiet."""
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
        .order_by("target_day", "pk")[:SHOWN]
    )
    quiet = [
        (feed, feed.is_unknown(now))
        for feed in Feed.objects.select_related("trust").order_by("trust__name")
        if feed.is_unknown(now) or feed.is_late(now)
    ]
    # However long ago: who came is asked until somebody says so.
    come = list(live.filter(start__lt=now, referral__ended_at=None).order_by("-start"))
    coming = list(live.filter(start__gte=now).order_by("start")[:SHOWN])
    named = [one.referral.patient_id for one in [*come, *coming]]
    named += [one.patient_id for one in waiting]
    audit.write_listed(named, now=now, actor=staff.actor)
    return render(
        request,
        "booking/clerk/staff.jinja",
        {
            "staff": staff,
            "come": come,
            "coming": coming,
            "waiting": waiting,
            "quiet": quiet,
            "may_see_feeds": may(staff, Action.FEEDS),
            "today": now.date(),
        },
    )
