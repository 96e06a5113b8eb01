"""A place, a scanner, a stop: made, changed, taken away. Whom it touches is shown before."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.text import slugify
from django.views.decorators.http import require_http_methods

from booking.appointments import places_by_hand
from booking.appointments.places_by_hand import scanners_of, sites_of
from booking.clerk.acts import page_changed
from booking.clerk.forms.draft import FormDraft
from booking.clerk.forms.places import (
    AgreeForm,
    PlaceForm,
    ScannerForm,
    SiteForm,
    StopForm,
    own_sites,
)
from booking.clerk.idle import take_draft
from booking.clerk.notices import say_done
from booking.clerk.permissions import Action, staff_page
from booking.models import Staff
from booking.pages.forms import form_page
from booking.pages.subject import Subject, SubjectChanged, read_subject, subject_token
from sites.imports import one_change
from sites.imports.cells import RowRefused
from sites.imports.one_change import NotAgreed, PlaceChanged, Seen
from sites.imports.table import Row
from sites.models import Scanner, Site, Stop, Trust

NOBODY_TOUCHED = "nobody"
"""What a form says that agreed to a change which touches nobody."""
LONGEST_SLUG = 80


@dataclass(frozen=True)
class Edit:
    """One thing that is made (`one` is None) or changed: its form, its row as it is, its words.

    `remove` says in words what taking it away does, empty if it cannot be. `rows` makes of the
    row as it is to be those that are put in.
    """

    what: str
    form: type[PlaceForm]
    one: Site | Scanner | Stop | None
    was: Row
    title: str
    back: str
    choices: dict[str, list[tuple[str, str]]]
    remove: str = ""
    rows: Callable[[Row], list[Row]] = lambda row: [row]
    leaves_out: tuple[str, ...] = ()

    @property
    def seen(self) -> Seen:
        """What its page is about, as it is now."""
        return one_change.seen_of(self.one) if self.one else Seen(self.what)

    def form_of(self, sent: Any = None) -> PlaceForm:
        """Return the form with what was sent, or with what there is."""
        initial: dict[str, Any] = {**self.was, "first": self.was.get("from", "")}
        initial["facilities"] = [
            code for code in self.was.get("facilities", "").split("; ") if code
        ]
        form = self.form(sent, choices=self.choices, initial=initial)
        for name in self.leaves_out:
            del form.fields[name]
        return form


@require_http_methods(["GET", "HEAD", "POST"])
@staff_page(Action.PLACES)
def new_site(request: HttpRequest, staff: Staff) -> HttpResponse:
    """Make a place. Its name in addresses comes of its name, and stays for ever."""
    edit = Edit(
        "site", SiteForm, None, {"what": "site"}, "A new place", reverse("staff-places"),
        {"trust": _trusts(staff)},
        rows=lambda row: [{**row, "id": slugify(row["name"])[:LONGEST_SLUG].strip("-")}],
    )  # fmt: skip
    return _edit(request, staff, edit)


@require_http_methods(["GET", "HEAD", "POST"])
@staff_page(Action.PLACES)
def change_site(request: HttpRequest, staff: Staff, slug: str) -> HttpResponse:
    """Change a place, or close it for good."""
    found = get_object_or_404(sites_of(staff.trust_codes), slug=slug)
    back = reverse("staff-place", args=[slug])
    remove = "" if found.closed else "Close it for good"
    edit = Edit(
        "site", SiteForm, found, one_change.row_of(found), f"Change {found.name}", back,
        {"trust": _trusts(staff)}, remove=remove,
    )  # fmt: skip
    return _edit(request, staff, edit)


@require_http_methods(["GET", "HEAD", "POST"])
@staff_page(Action.PLACES)
def new_scanner(request: HttpRequest, staff: Staff) -> HttpResponse:
    """Make a scanner, at the place that the address names if it names one."""
    at = sites_of(staff.trust_codes).filter(slug=request.GET.get("site", "")).first()
    back = reverse("staff-place", args=[at.slug]) if at else reverse("staff-places")
    was = {"what": "scanner", "site": at.slug if at else ""}
    edit = Edit("scanner", ScannerForm, None, was, "A new scanner", back, _of_scanner(staff))
    return _edit(request, staff, edit)


@require_http_methods(["GET", "HEAD", "POST"])
@staff_page(Action.PLACES)
def change_scanner(request: HttpRequest, staff: Staff, scanner_id: int) -> HttpResponse:
    """Change a scanner and what it can do, or take it away. Its code, once said, stays."""
    found = get_object_or_404(scanners_of(staff.trust_codes), pk=scanner_id)
    back = reverse("staff-scanner", args=[scanner_id])
    edit = Edit(
        "scanner", ScannerForm, found, one_change.row_of(found), f"Change {found.name}", back,
        _of_scanner(staff, found.site), remove="Take it away for good" if found.code else "",
        leaves_out=("id",) if found.code else (),
    )  # fmt: skip
    return _edit(request, staff, edit)


@require_http_methods(["GET", "HEAD", "POST"])
@staff_page(Action.PLACES)
def new_stop(request: HttpRequest, staff: Staff, scanner_id: int) -> HttpResponse:
    """Make a stop of a mobile scanner."""
    scanner = get_object_or_404(scanners_of(staff.trust_codes).filter(site=None), pk=scanner_id)
    now = timezone.now()
    edit = Edit(
        "stop", StopForm, None, {"what": "stop", "id": "", "scanner": scanner.code or ""},
        f"A new stop of {scanner.name}", reverse("staff-scanner", args=[scanner_id]),
        {"site": own_sites(_open(staff), None)},
        rows=lambda row: places_by_hand.stop_rows(row, None, now=now),
    )  # fmt: skip
    return _edit(request, staff, edit)


@require_http_methods(["GET", "HEAD", "POST"])
@staff_page(Action.PLACES)
def change_stop(request: HttpRequest, staff: Staff, stop_id: int) -> HttpResponse:
    """Change a stop of a mobile scanner, or take it away."""
    own = Stop.objects.filter(scanner__in=scanners_of(staff.trust_codes).filter(site=None))
    stop = get_object_or_404(own.select_related("scanner", "site"), pk=stop_id)
    now = timezone.now()
    edit = Edit(
        "stop", StopForm, stop, one_change.row_of(stop), f"A stop of {stop.scanner.name}",
        reverse("staff-scanner", args=[stop.scanner_id]),
        {"site": own_sites(_open(staff), stop.site)}, remove="Take the stop away",
        rows=lambda row: places_by_hand.stop_rows(row, stop, now=now),
    )  # fmt: skip
    return _edit(request, staff, edit)


def _edit(request: HttpRequest, staff: Staff, edit: Edit) -> HttpResponse:
    """Show the form; do what was sent, or show whom it would touch, or what is wrong."""
    if request.method != "POST":
        form = FormDraft(take_draft(request)).fill(edit.form_of())
        return _form(request, staff, edit, form)
    pressed = AgreeForm(request.POST)
    pressed.full_clean()
    removes = bool(edit.remove) and pressed.cleaned_data.get("remove") == "yes"
    form = edit.form_of(None if removes else request.POST)
    if not removes and not form.is_valid():
        return _form(request, staff, edit, form)
    said = pressed.cleaned_data.get("agreed", "")
    agreed = {"": None, NOBODY_TOUCHED: ""}.get(said, said)
    try:
        seen = edit.seen
        read_subject(request.POST).must_be(_subject(seen))
        row = {**edit.was, "remove": "yes"} if removes else form.row(edit.was)
        done = places_by_hand.save(
            edit.rows(row), seen, agreed=agreed, now=timezone.now(), actor=staff.actor
        )
    except (SubjectChanged, PlaceChanged):
        return page_changed(request, staff, request.path, SubjectChanged(), is_form_page=True)
    except RowRefused as refusal:
        form = edit.form_of() if removes else form
        if removes:
            form.full_clean()
            form.cleaned_data = {}
        form.refuse(refusal)
        return _form(request, staff, edit, form)
    except NotAgreed as asked:
        return _preview(request, staff, edit, asked)
    say_done(request, "It is saved." if done else "It was so already. Nothing was changed.")
    is_gone = removes and edit.what == "scanner"
    return redirect("staff-places" if is_gone else edit.back)


def _form(request: HttpRequest, staff: Staff, edit: Edit, form: PlaceForm) -> HttpResponse:
    words = {"staff": staff, "edit": edit, "about": subject_token(_subject(edit.seen))}
    return form_page(request, "booking/clerk/place_form.jinja", form, words)


def _preview(request: HttpRequest, staff: Staff, edit: Edit, asked: NotAgreed) -> HttpResponse:
    """Show whom the change would touch, with what was sent: a second press does it."""
    unsent = ("csrfmiddlewaretoken", "agreed")
    sent = [(name, ",".join(values)) for name, values in request.POST.lists() if name not in unsent]
    effects = asked.effects
    words = {
        "staff": staff,
        "edit": edit,
        "sent": sent,
        "done": asked.done,
        "effects": [
            words for words in (*effects.sites.values(), *effects.scanners.values()) if words
        ],
        "days": sorted(effects.days),
        "agreed": effects.digest or NOBODY_TOUCHED,
    }
    return render(request, "booking/clerk/place_preview.jinja", words)


def _subject(seen: Seen) -> Subject:
    return Subject(row=seen.key, row_version=seen.version)


def _trusts(staff: Staff) -> list[tuple[str, str]]:
    own = Trust.objects.filter(pk__in=staff.trust_codes).order_by("name")
    return list(own.values_list("pk", "name"))


def _open(staff: Staff) -> list[Site]:
    return list(sites_of(staff.trust_codes).filter(closed=False))


def _of_scanner(staff: Staff, at: Site | None = None) -> dict[str, list[tuple[str, str]]]:
    return {
        "site": [("", "Nowhere for good: it is mobile"), *own_sites(_open(staff), at)],
        "trust": [("", "It is not mobile"), *_trusts(staff)],
    }
