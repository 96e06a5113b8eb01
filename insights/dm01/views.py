"""The page that lays what was published beside what we counted, for staff."""

from collections.abc import Iterator

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.utils import timezone
from django.views.decorators.http import require_safe

from booking.changes import audit
from booking.clerk.permissions import Action, staff_page
from booking.models import Staff
from booking.pages.csv_download import csv_download
from booking.pages.forms import form_page
from insights.dm01.export import NothingToExport, export_rows
from insights.dm01.forms import CSV, EXPORT, ReconcileForm
from insights.dm01.own import months_counted
from insights.dm01.published import months_loaded
from insights.dm01.reconcile import Difference, differences
from insights.dm01.whose import trusts_seen_by

HEAD = ("Trust", "Test", "What", "DM01", "Ours", "We count", "Why")
PAGE = "insights/dm01.jinja"


@require_safe
@staff_page(Action.COMPARE)
def reconcile(request: HttpRequest, staff: Staff) -> HttpResponseBase:
    """Show where DM01 and we differ in a month; or save that, or our month, as CSV."""
    loaded, counted, trusts = months_loaded(), months_counted(), trusts_seen_by(staff)
    months = [*loaded, *(one for one in counted if one not in loaded)]
    form = ReconcileForm(request.GET, months=months, trusts=trusts)
    words = {"staff": staff, "is_loaded": bool(loaded), "names": dict(trusts)}
    if not form.is_valid() or not months:
        return form_page(request, PAGE, form, words)
    month, wanted = form.shown_month, form.cleaned_data["wanted"]
    if wanted == EXPORT:
        return _export(request, staff, form, words)
    test, one_trust = form.cleaned_data["test"], bool(form.cleaned_data["trust"])
    rows = differences(form.shown_trusts, month, test, with_bands=bool(test and one_trust))
    if wanted == CSV:
        _write_down(staff)
        return csv_download(f"dm01-{month:%Y-%m}-differences.csv", _cells(rows))
    shown = ReconcileForm(
        initial={"month": f"{month:%Y-%m}", "trust": form.cleaned_data["trust"], "test": test},
        months=months,
        trusts=trusts,
    )
    return form_page(request, PAGE, shown, {**words, "month": month, "rows": rows})


def _export(
    request: HttpRequest, staff: Staff, form: ReconcileForm, words: dict[str, object]
) -> HttpResponseBase:
    month = form.shown_month
    try:
        rows = export_rows(form.shown_trusts, month, now=timezone.now())
    except NothingToExport as why:
        form.add_error("month", str(why))
        refused: HttpResponse = form_page(request, PAGE, form, words)
        return refused
    _write_down(staff)
    return csv_download(f"dm01-{month:%Y-%m}-ours.csv", rows)


def _write_down(staff: Staff) -> None:
    audit.write_export("DM01", now=timezone.now(), actor=staff.actor)


def _cells(rows: list[Difference]) -> Iterator[tuple[str, ...]]:
    yield HEAD
    for row in rows:
        numbers = ("" if one is None else str(one) for one in (row.theirs, row.ours))
        yield (row.trust, row.test, row.what, *numbers, row.said, row.words)
