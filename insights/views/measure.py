"""One measure: its figure, chart, definition, table and file, for what the address asks."""

from urllib.parse import urlencode

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils import timezone
from django.views.decorators.http import require_safe

from booking.changes import audit
from booking.clerk.permissions import Action, staff_page
from booking.models import Staff
from booking.pages.csv_download import csv_download
from insights.forms.figures import FiguresForm
from insights.measures import measure_of
from insights.screen.measure import figures_of
from insights.screen.ways import less_by_one
from insights.sight import sight_of
from insights.views.asked import figures_page, not_here


@require_safe
@staff_page(Action.INSIGHTS)
def measure(request: HttpRequest, staff: Staff, code: str) -> HttpResponseBase:
    """Show a measure; or part of the page, as htmx asks for it."""
    return _answer(request, staff, code, as_file=False)


@require_safe
@staff_page(Action.INSIGHTS)
def measure_file(request: HttpRequest, staff: Staff, code: str) -> HttpResponseBase:
    """Return the tables of a measure's page as a file: the same figures, rounded alike."""
    return _answer(request, staff, code, as_file=True)


def _answer(request: HttpRequest, staff: Staff, code: str, *, as_file: bool) -> HttpResponseBase:
    found, sight = measure_of(code), sight_of(staff)
    if found is None:
        return not_here(request, staff)
    form = FiguresForm(request.GET, measure=found, sight=sight)
    figures = figures_of(found, form, sight) if form.is_valid() else None
    if as_file and figures:
        audit.write_export(f"measure {code}", now=timezone.now(), actor=staff.actor)
        return csv_download(f"{code.replace('_', '-')}.csv", figures.lines)
    query = urlencode(form.chosen)
    words = {
        "measure": found,
        "figures": figures,
        "query": f"?{query}" if query else "",
        "less": less_by_one(form),
        "beside": measure_of(found.see),
    }
    return figures_page(request, staff, "measure", form, words)
