"""What a clerk sees after signing in: the next appointments, and who has not booked."""

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from booking.models import Appointment, Feed, Referral
from booking.models.appointment import LIVE
from sites.models import MODALITIES

SHOWN = 50


@require_safe
@login_required
def staff(request: HttpRequest) -> HttpResponse:
    """List appointments to come, referrals not booked (soonest target first), and the feeds."""
    now = timezone.now()
    coming = (
        Appointment.objects.filter(status__in=LIVE, start__gte=now)
        .select_related("site", "referral__exam", "referral__patient")
        .order_by("start")[:SHOWN]
    )
    waiting = (
        Referral.objects.exclude(appointments__status__in=[*LIVE, "attended"])
        .select_related("patient", "exam")
        .order_by("target_day", "pk")[:SHOWN]
    )
    feeds = [
        (feed, feed.is_unknown(now), feed.is_late(now))
        for feed in Feed.objects.select_related("trust").order_by("trust__name")
    ]
    return render(
        request,
        "booking/clerk/staff.jinja",
        {
            "coming": coming,
            "waiting": waiting,
            "feeds": feeds,
            "today": now.date(),
            "modalities": MODALITIES,
        },
    )
