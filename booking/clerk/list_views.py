"""The lists: what waits, narrowed and sorted as somebody asks; and what was closed."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_safe

from booking.changes import audit
from booking.clerk.bulk_views import colleagues_of
from booking.clerk.forms.bulk import MOST, BulkForm, tokens_of
from booking.clerk.forms.listing import ALL, ListForm
from booking.clerk.permissions import Action, staff_page
from booking.models import Staff, WorklistRow
from booking.worklists import closed as closed_rows
from booking.worklists.attempts import NOT_PHONED
from booking.worklists.listing import Asked, Narrowed, listed
from booking.worklists.written import written_of
from times.keyset import page_of, place_of

A_PAGE, LONG_PAGE = 50, MOST
"""Rows on a page, and on one that asks for many, to do one thing with all of them."""


@require_safe
@staff_page(Action.LISTS)
def work_list(request: HttpRequest, staff: Staff, kind: str = "") -> HttpResponse:
    """Show one list, or all of them together, narrowed and sorted as the address says."""
    now, asked = timezone.now(), ListForm(request.GET)
    if kind and kind not in WorklistRow.Kind.values:
        return redirect("work-lists")
    many = "1" if "many" in request.GET else ""
    narrowed = asked.narrowed
    found = listed(
        Asked(staff, kind, narrowed, request.GET), now=now, size=LONG_PAGE if many else A_PAGE
    )
    shown = found.page.rows
    written = written_of(shown, staff.trust_codes, request.session.get("opened", []))
    named = [one.referral.patient_id for one in shown if one.referral]
    named += [patient.pk for one in written.values() if one.is_open for patient in one.people]
    audit.write_listed(named, now=now, actor=staff.actor)
    return render(
        request,
        "booking/clerk/lists.jinja",
        {
            "staff": staff,
            "kind": WorklistRow.Kind(kind) if kind else None,
            "found": found,
            "asked": asked.shown(found.places),
            "is_narrowed": narrowed != Narrowed(sort=narrowed.sort),
            "narrowed": narrowed,
            "query": asked.address(),
            "query_many": asked.address(many=many),
            "many": many,
            "is_phoned": kind not in NOT_PHONED,
            "next_from": asked.address(list=kind or ALL),
            "wheres": {
                one.pk: asked.address(list=kind or ALL, after=place_of(one, narrowed.order))
                for one in shown
            },
            "written": written,
            "tokens": tokens_of(shown),
            "bulk": {"form": BulkForm(colleagues=colleagues_of(staff)), "count": len(shown)},
            "now": now,
        },
    )


@require_safe
@staff_page(Action.LISTS)
def closed(request: HttpRequest, staff: Staff, kind: str = "") -> HttpResponse:
    """Show what was closed lately, the last first: of one list, or of all."""
    now = timezone.now()
    if kind and kind not in WorklistRow.Kind.values:
        return redirect("work-closed")
    rows = closed_rows.closed_rows(staff.trust_codes, kind, now=now)
    page = page_of(rows, closed_rows.ORDER, request.GET, size=A_PAGE)
    audit.write_listed(
        [one.referral.patient_id for one in page.rows if one.referral], now=now, actor=staff.actor
    )
    return render(
        request,
        "booking/clerk/closed.jinja",
        {
            "staff": staff,
            "kind": WorklistRow.Kind(kind) if kind else None,
            "kinds": list(WorklistRow.Kind),
            "page": page,
            "names": closed_rows.names_of(page.rows),
            "days": closed_rows.SHOWN_FOR.days,
            "now": now,
        },
    )
