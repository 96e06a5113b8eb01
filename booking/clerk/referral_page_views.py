"""A request's own page: how it stands, what happened, and the ways to change it."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from booking.clerk.permissions import Action, referral_page
from booking.clerk.screen.referral import show_referral
from booking.models import Referral, Staff


@require_safe
@referral_page(Action.FIND)
def show(request: HttpRequest, staff: Staff, referral: Referral) -> HttpResponse:
    """Show all about one request."""
    now = timezone.now()
    facts = show_referral(referral, staff, request.GET, now)
    words = {
        "staff": staff,
        "referral": referral,
        "facts": facts,
        "history": facts.history,
        "more_at": request.path,
        "now": now,
    }
    return render(request, "booking/clerk/referral.jinja", words)
