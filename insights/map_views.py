"""Activity by place, on the map and in a table."""

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.http import require_safe

from booking.clerk.permissions import Action, staff_page
from booking.models import Staff
from booking.pages.forms import form_page
from insights.activity_map import activity_map
from insights.invented import banner
from insights.scan_form import ScanForm


@require_safe
@staff_page(Action.INSIGHTS)
def show(request: HttpRequest, staff: Staff) -> HttpResponse:
    """Show how many scans each place did in the last whole month."""
    form = ScanForm(request.GET)
    found = activity_map(
        form.modality if form.is_valid() else "",
        staff,
        now=timezone.now(),
    )
    words = {"staff": staff, "banner": banner(), "found": found}
    return form_page(request, "insights/map.jinja", form, words)
