"""Breaches to come: how many by day for all staff, and who for those who book."""

from datetime import date

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.http import urlencode
from django.views.decorators.http import require_safe

from booking.changes import audit
from booking.clerk.permissions import Action, may, staff_page
from booking.models import Staff
from booking.pages.forms import form_page
from insights.breaches import SHOWN, people, to_come
from insights.models import BreachToCome
from insights.scan_form import BreachForm
from times.london import day_in_england


@require_safe
@staff_page(Action.INSIGHTS)
def breaches(request: HttpRequest, staff: Staff) -> HttpResponse:
    """Show the next six weeks by day; the names of one day to who may find patients.

    Whose names stand on the page is written down.
    """
    now, form = timezone.now(), BreachForm(request.GET)
    today, is_valid = day_in_england(now), form.is_valid()
    modality = form.modality if is_valid else ""
    may_name = may(staff, Action.FIND)
    day = form.shown_day if is_valid and may_name else None
    named: list[BreachToCome] = []
    if day:
        named = people(staff.trust_codes, modality, day, today=today)
        whose = [one.referral.patient_id for one in named]
        audit.write_listed(whose, now=now, actor=staff.actor)
    words = {
        "staff": staff,
        "found": to_come(staff.trust_codes, modality, today=today),
        "may_name": may_name,
        "day": day,
        "people": named,
        "most": SHOWN,
        "address_of": lambda one: _address(one, modality),
    }
    return form_page(request, "insights/breaches.jinja", form, words)


def _address(day: date, modality: str) -> str:
    """Return the address of a day with its names, of the scan that is shown."""
    return "?" + urlencode({"scan": modality, "day": day.isoformat()})
