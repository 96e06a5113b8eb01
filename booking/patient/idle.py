"""Ends what is personal in a patient's session that nobody has used, and keeps the rest for them.

The browser may be a library's. What is kept is where they were, the time and the filters that they
chose: for whoever proves the same request again, and shown to nobody else. So is what they had
typed into the form that came too late: encrypted, once, and never done by itself.
"""

import json
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.contrib.auth import SESSION_KEY
from django.contrib.sessions.backends.base import SessionBase
from django.http import HttpRequest, HttpResponse, QueryDict
from django.urls import Resolver404, resolve
from django.utils import timezone

from booking.models import Referral
from booking.patient import codes_at_hand
from booking.patient.forms import SlotForm
from received.text import keep_fit
from sealed.keys import KeyMissing, decrypt, encrypt

USED = "used_at"
LEFT, TYPED = "left", "typed"
NOT_TYPED = {"csrfmiddlewaretoken", "about", "asked"}
"""What our pages put into a form: the page that is shown again puts its own."""
LONGEST_TYPED = 4000
"""Characters of a form, over which nothing of it is kept."""
NOTED_EVERY = timedelta(seconds=30)
"""That a session is used is written at most this often."""
ENDS = ("referral", codes_at_hand.KEPT, "wanted_slot")
"""What of a session is one person's."""
COMES_BACK_TO = {
    "appointment", "cancel", "check", "map", "needs", "offer", "places", "question", "questions",
    "questions-carer", "questions-check", "questions-next", "questions-who", "referral", "sooner",
    "sooner-check", "sooner-question", "sooner-stop", "stop-answer", "times", "way", "where",
}  # fmt: skip
"""Pages, by their address's name, that somebody is led back to once they are signed in again."""
CHOOSES = {"check", "confirm", "hold"}
"""Addresses of somebody who had chosen a time: they are led to that."""


def end_idle_patients(
    get_response: Callable[[HttpRequest], HttpResponse],
) -> Callable[[HttpRequest], HttpResponse]:
    """Sign out whoever was away for PATIENT_IDLE_MINUTES. Staff have rules of their own.

    The request goes on as nobody's: what it asked for is not done, and pages that need somebody
    lead to the one that says what happened. A code that nobody proved, and a time that somebody
    came for, are forgotten as well: whoever comes next is somebody else.
    """

    def check(request: HttpRequest) -> HttpResponse:
        if settings.SESSION_COOKIE_NAME not in request.COOKIES:
            return get_response(request)  # and what is said varies by no cookie
        session = request.session
        if SESSION_KEY not in session and any(name in session for name in ENDS):
            now = timezone.now()
            used = datetime.fromisoformat(session.get(USED, now.isoformat()))
            if now - used >= timedelta(minutes=settings.PATIENT_IDLE_MINUTES):
                _end(request, session)
            elif now - used > NOTED_EVERY or USED not in session:
                session[USED] = now.isoformat()
        return get_response(request)

    return check


def was_idle(session: SessionBase) -> bool:
    """Return whether somebody was signed out here because nobody used their pages."""
    return LEFT in session


def pressed_too_late(session: SessionBase) -> bool:
    """Return whether what ended the session was a button, which then did nothing."""
    return bool(session.get(LEFT, {}).get("pressed"))


def left_by(session: SessionBase, referral: Referral) -> dict[str, Any]:
    """Return what was kept for this very request, empty if nothing: to be asked before signing in,
    which begins another session."""
    left: dict[str, Any] = session.get(LEFT, {})
    return left if left.get("referral") == referral.pk else {}


def sent_or_kept(request: HttpRequest) -> QueryDict | None:
    """Return the form that was sent; else what was typed on this page when the session ended, once;
    None if there is neither. Only what was sent may be done.
    """
    if request.method == "POST":
        return request.POST
    page, kept = request.session.get(TYPED) or ("", "")
    if page != request.path:
        return None
    del request.session[TYPED]
    try:
        fields: dict[str, list[str]] = json.loads(decrypt(kept))
    except KeyMissing:
        return None
    typed = QueryDict(mutable=True)
    for name, values in fields.items():
        typed.setlist(name, values)
    return typed


def _end(request: HttpRequest, session: SessionBase) -> None:
    """Begin another session, without a name, code, place or answer of anybody."""
    whose = session.get("referral")
    left = {
        "referral": whose,
        "pressed": request.method == "POST",
        "page": _page_of(request),
        "slot": _chosen(request, session),
        "filters": session.get("filters", ""),
        "sooner": session.get("sooner"),
        TYPED: _typed(request),
    }
    session.flush()
    if whose is not None:
        session[LEFT] = left


def _page_of(request: HttpRequest) -> str:
    """Return the page that somebody had open, empty if there is none to come back to."""
    if _name_of(request) not in COMES_BACK_TO:
        return ""
    return request.get_full_path() if request.method == "GET" else request.path


def _typed(request: HttpRequest) -> str:
    """Return what was typed into the form that came too late, encrypted; empty if nothing was."""
    if request.method != "POST" or _name_of(request) not in COMES_BACK_TO:
        return ""
    fields = {
        name: [keep_fit(value) for value in values]
        for name, values in request.POST.lists()
        if name not in NOT_TYPED
    }
    said = json.dumps(fields)
    return encrypt(said) if fields and len(said) <= LONGEST_TYPED else ""


def _chosen(request: HttpRequest, session: SessionBase) -> int | None:
    """Return the time that somebody had chosen and not yet booked, or pressed just now."""
    pressed = SlotForm(request.POST)
    if _name_of(request) in CHOOSES and pressed.is_valid():
        return int(pressed.cleaned_data["slot"])
    chosen: int | None = session.get("wanted_slot")
    if chosen is None and _name_of(request) in CHOOSES:
        chosen = session.get("slot")
    return chosen


def _name_of(request: HttpRequest) -> str:
    try:
        return str(resolve(request.path_info).url_name)
    except Resolver404:
        return ""
