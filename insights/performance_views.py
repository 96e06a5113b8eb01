"""How the network does, for everybody: nobody signs in, and caches may keep it."""

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.cache import patch_cache_control
from django.views.decorators.http import require_safe

from booking.pages.forms import form_page
from insights.invented import banner
from insights.line_chart import line_chart
from insights.performance import Headline, performance
from insights.scan_form import ScanForm
from sites.models import MODALITIES

KEPT_SECONDS = 60 * 60
"""How long a cache may keep the page: it changes once a night."""


@require_safe
def show(request: HttpRequest) -> HttpResponse:
    """Show waits, scans and times outside working hours, by kind of place."""
    form = ScanForm(request.GET)
    found = performance(form.modality, now=timezone.now()) if form.is_valid() else None
    words = {
        "found": found,
        "banner": banner(),
        "scan": form.modality if form.is_valid() else "",
        "scans": MODALITIES,
        "charts": {
            name: line_chart({month: share.value for month, share in one.months.items()})
            for name in ("waits", "activity", "extended")
            if isinstance(one := getattr(found, name, None), Headline)
        },
    }
    response = form_page(request, "insights/performance.jinja", form, words)
    if response.status_code == 200:
        # Who is signed in may be sent a cookie with it: that answer is for their browser alone.
        has_session = settings.SESSION_COOKIE_NAME in request.COOKIES
        whose = {"private": True} if has_session else {"public": True}
        patch_cache_control(response, max_age=KEPT_SECONDS, **whose)
    return response
