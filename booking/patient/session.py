"""What a patient's browser session remembers: who proved what, and the answers so far.

Kept on our side; the cookie holds a random key. Nothing of it is ever in an address.
"""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.db.models import F
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.utils import timezone

from booking.appointments import calendar_file
from booking.changes import audit
from booking.identifiers.actors import PATIENT
from booking.models import Appointment, AuditAction, Referral
from booking.pages.subject import (
    NOBODY,
    OtherSubject,
    Subject,
    SubjectChanged,
    read_subject,
    subject_now,
    subject_of,
    subject_token,
)
from booking.patient import idle
from booking.patient.off_words import say_who_ended
from booking.search.origin import home_of, kept_origin
from sites.postcodes import Origin

LONGEST_FILTERS = 500


def sign_in(request: HttpRequest, referral: Referral) -> None:
    """Start a fresh session for the patient of `referral`: nothing of an earlier one is left.

    But for what they themselves chose before they were away too long (idle.py).
    """
    left = idle.left_by(request.session, referral)
    request.session.flush()
    request.session["referral"] = referral.pk
    request.session[idle.USED] = timezone.now().isoformat()
    for name in ("filters", "sooner"):
        if left.get(name):
            request.session[name] = left[name]
    if left.get(idle.TYPED):
        request.session[idle.TYPED] = (left["page"], left[idle.TYPED])


def who(request: HttpRequest) -> Referral | None:
    """Return the referral of the patient who is signed in, None if nobody is.

    The page then says whose it is, and its forms carry what it is about. That is read before
    anything that the page shows: what changes in between makes a form refused, never mistaken.
    """
    referral = (
        Referral.objects.select_related("patient", "exam", "trust")
        .filter(pk=request.session.get("referral", 0))
        .first()
    )
    about = subject_now(referral) if referral else NOBODY
    request.referral = referral  # type: ignore[attr-defined]
    request.about = subject_token(about)  # type: ignore[attr-defined]
    return referral


def signed_in(
    view: Callable[..., HttpResponse],
) -> Callable[..., HttpResponse]:
    """Give the view the patient's referral, and write down that it was seen.

    Who has none is sent to the start. Of one that has ended every page says what happened and
    whom to phone. A form whose page was about another referral, or about another appointment of
    this one, is refused.
    """
    return _with_open_referral(view, must_be_about)


def signed_in_whatever_booked(
    view: Callable[..., HttpResponse],
) -> Callable[..., HttpResponse]:
    """As `signed_in`, for forms that do nothing to an appointment.

    What becomes of it while somebody answers does not refuse the answer: only a page about another
    referral does.
    """
    return _with_open_referral(view, must_be_of)


def _with_open_referral(
    view: Callable[..., HttpResponse],
    must_be: Callable[[HttpRequest, Referral], None],
) -> Callable[..., HttpResponse]:
    @signed_in_even_if_ended
    @wraps(view)
    def with_open_referral(
        request: HttpRequest, referral: Referral, *args: Any, **kwargs: Any
    ) -> HttpResponse:
        if referral.ended_at:
            return ended_page(request, referral)
        if request.method in ("GET", "HEAD"):
            return view(request, referral, *args, **kwargs)
        try:
            must_be(request, referral)
            return view(request, referral, *args, **kwargs)
        except SubjectChanged as changed:
            return page_changed(request, changed)

    return with_open_referral


def signed_in_even_if_ended(
    view: Callable[..., HttpResponse],
) -> Callable[..., HttpResponse]:
    """As `signed_in`, for a view that only shows, and that shows a request that is over, too."""

    @wraps(view)
    def with_referral(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        referral = who(request)
        if referral is None:
            return redirect("signed-out")
        if request.method in ("GET", "HEAD"):
            audit.write(AuditAction.VIEWED, now=timezone.now(), actor=PATIENT, referral=referral)
        return view(request, referral, *args, **kwargs)

    return with_referral


def ended_page(request: HttpRequest, referral: Referral) -> HttpResponse:
    """Say why a request is over and whom to phone; a form that was pressed did nothing."""
    keep_slot(request, None)
    made = referral.appointments.select_related("site").order_by("-start")
    last = referral.appointments.order_by("-changed_at", "-pk").first()
    died = referral.end_reason == Referral.End.DIED
    is_known = referral.end_reason not in (Referral.End.DONE, Referral.End.DIED)
    return render(
        request,
        "booking/patient/ended.jinja",
        {
            "referral": referral,
            "came": made.filter(status=Appointment.Status.ATTENDED).first(),
            "off": made.filter(
                status=Appointment.Status.CANCELLED, changed_at=F("referral__ended_at")
            ).first(),
            "ended_by": say_who_ended(referral) if is_known else "",
            "pressed": request.method == "POST",
            "calendar": last is not None and calendar_file.takes_out(last) and not died,
        },
        status=409 if request.method == "POST" else 200,
    )


def done_already(
    is_done: Callable[[HttpRequest, Referral], bool],
) -> Callable[[Callable[..., HttpResponse]], Callable[..., HttpResponse]]:
    """Answer a form that was pressed twice with the appointment: what it asks `is_done` already.

    Around signed_in, which would call the page changed: the first press changed it.
    """

    def around(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
        @wraps(view)
        def pressed(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            referral = who(request) if request.method == "POST" else None
            if referral and _is_of(request, referral) and is_done(request, referral):
                return redirect("appointment")
            return view(request, *args, **kwargs)

        return pressed

    return around


def must_be_about(request: HttpRequest, referral: Referral | None) -> None:
    """Refuse a form of a page about anything but the referral as it stands now.

    `None` is nobody. Raises OtherSubject or SubjectChanged.
    """
    read_subject(request.POST).must_be(subject_now(referral) if referral else NOBODY)


def must_be_of(request: HttpRequest, referral: Referral) -> None:
    """Refuse a form of a page about anything but the referral, whatever its appointment.

    Raises OtherSubject or SubjectChanged.
    """
    seen = read_subject(request.POST)
    Subject(seen.patient, seen.referral).must_be(subject_of(referral, None))


def page_changed(request: HttpRequest, changed: SubjectChanged) -> HttpResponse:
    """Say that the page was about somebody else, or about what has changed: nothing was done."""
    other = isinstance(changed, OtherSubject)
    template = "other_patient" if other else "changed_meanwhile"
    return render(request, f"booking/patient/{template}.jinja", status=409)


def _is_of(request: HttpRequest, referral: Referral) -> bool:
    """Return whether the form's page was about this referral, whatever its appointment."""
    try:
        return read_subject(request.POST).referral == referral.pk
    except SubjectChanged:
        return False


def keep_slot(request: HttpRequest, slot_id: int | None) -> None:
    """Remember the time that the patient chose, or forget it."""
    request.session["slot"] = slot_id


def slot_id(request: HttpRequest) -> int | None:
    """Return the slot that the patient chose, None before."""
    chosen: int | None = request.session.get("slot")
    return chosen


def want_slot(request: HttpRequest, slot_id: int | None) -> None:
    """Remember the time that somebody came for, until they have signed in and answered."""
    request.session["wanted_slot"] = slot_id
    request.session[idle.USED] = timezone.now().isoformat()


def wanted_slot(request: HttpRequest) -> int | None:
    """Return the time that somebody came for, None if for none."""
    wanted: int | None = request.session.get("wanted_slot")
    return wanted


def origin_of(request: HttpRequest, referral: Referral) -> Origin | None:
    """Return where the patient travels from: as they said, else where they live, if known."""
    return kept_origin(request.session) or home_of(referral.patient)


def keep_filters(request: HttpRequest, filters: QueryDict) -> None:
    """Remember the filters that the list was found by, so that a way back to it keeps them."""
    kept = filters.urlencode()[:LONGEST_FILTERS]
    if request.session.get("filters", "") != kept:
        request.session["filters"] = kept


def filters(request: HttpRequest) -> str:
    """Return the list's filters as a query string, empty if none."""
    kept = request.session.get("filters", "")
    return f"?{kept}" if kept else ""
