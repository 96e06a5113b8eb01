"""The trusts side by side, by one measure."""

from urllib.parse import urlencode

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils import timezone
from django.views.decorators.http import require_safe

from booking.changes import audit
from booking.clerk.permissions import Action, staff_page
from booking.models import Staff
from booking.pages.csv_download import csv_download
from insights.forms.figures import CompareForm
from insights.screen.compare import comparison_of
from insights.screen.split import said
from insights.screen.tiles import measures_by, sorted_by_heading
from insights.sight import sight_of
from insights.views.asked import figures_page


@require_safe
@staff_page(Action.COMPARE)
def compare(request: HttpRequest, staff: Staff) -> HttpResponseBase:
    """Show the trusts side by side; or part of the page, as htmx asks for it."""
    return _answer(request, staff, as_file=False)


@require_safe
@staff_page(Action.COMPARE)
def compare_file(request: HttpRequest, staff: Staff) -> HttpResponseBase:
    """Return the table of the comparison as a file."""
    return _answer(request, staff, as_file=True)


def _answer(request: HttpRequest, staff: Staff, *, as_file: bool) -> HttpResponseBase:
    sight = sight_of(staff)
    offered = [one for _, one in sorted_by_heading(measures_by("trust"))]
    form, comparison = CompareForm(request.GET, measures=offered), None
    if form.is_valid() and form.shown:
        urgency = form.cleaned_data["urgency"] or None
        comparison = comparison_of(form.shown, form.filters(urgency=urgency), sight)
    if as_file and comparison:
        name = f"{comparison.measure.code.replace('_', '-')}-by-trust.csv"
        audit.write_export("trusts side by side", now=timezone.now(), actor=staff.actor)
        return csv_download(name, comparison.lines)
    query = urlencode(form.chosen)
    words = {
        "comparison": comparison,
        "query": f"?{query}" if query else "",
        "when": said(form.begins, form.ends) if comparison else "",
        "is_rounded": not sight.sees_all(sight.trusts),
    }
    return figures_page(request, staff, "compare", form, words)
