"""What a public service has to say of itself: accessibility, privacy and cookies.

The numbers that these pages name are read from where they are kept to.
"""

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from booking.patients import erasing
from notifications import retention


@require_safe
def accessibility(request: HttpRequest) -> HttpResponse:
    """State how accessible these pages are, how that was tested, and whom to ask or complain to.

    Public Sector Bodies (Websites and Mobile Applications) (No. 2) Accessibility Regulations 2018.
    """
    return render(request, "booking/legal/accessibility.jinja")


@require_safe
def privacy(request: HttpRequest) -> HttpResponse:
    """Say what is kept about a patient, why, for how long, who gets it (UK GDPR, article 13)."""
    days = retention.KEPT.days
    by_twilio = settings.SMS_GATEWAY == "twilio"
    context = {
        "texts_days": days, "by_twilio": by_twilio, "hours": _session_hours(),
        "years": erasing.YEARS_KEPT, "child_until": erasing.CHILD_UNTIL,
    }  # fmt: skip
    return render(request, "booking/legal/privacy.jinja", context)


@require_safe
def cookies(request: HttpRequest) -> HttpResponse:
    """List the cookies that these pages set, and what each is for (PECR, regulation 6)."""
    context = {
        "session": settings.SESSION_COOKIE_NAME,
        "form": settings.CSRF_COOKIE_NAME,
        "device": settings.DEVICE_COOKIE_NAME,
        "device_days": settings.DEVICE_COOKIE_DAYS,
        "hours": _session_hours(),
        "idle_minutes": settings.STAFF_IDLE_MINUTES,
        "patient_minutes": settings.PATIENT_IDLE_MINUTES,
    }
    return render(request, "booking/legal/cookies.jinja", context)


def _session_hours() -> int:
    return settings.SESSION_COOKIE_AGE // 3600
