"""Who may do what: the only table of roles and actions, and the only door to staff's pages.

A session exists only after both factors (booking/clerk/sign_in.py). The role and the trusts are
read at every request, so that what an administrator takes away is gone at the next one.
"""

import re
from collections.abc import Callable, Collection
from dataclasses import dataclass
from enum import Enum
from functools import wraps
from typing import Any

from django.contrib.auth import BACKEND_SESSION_KEY
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone

from booking.changes import audit
from booking.clerk.accounts import staff_of_account
from booking.models import AuditAction, Patient, Referral, Staff
from times.together import Part, beside, first_of, read, rows_of

Role = Staff.Role


class Action(Enum):
    """What somebody may do."""

    ACCOUNT = "one's own account"
    FIND = "find and see patients"
    BOOK = "hold, book, change, cancel, write notes, correct numbers"
    ANSWERS = "see the answers to the questions before a scan"
    OVERRIDE = "let something else follow from an answer, with a reason"
    REFER = "enter referrals"
    ASK = "ask the questions before a scan by phone"
    LISTS = "work the lists"
    RESERVED = "say how much is kept for suspected cancer"
    PLACES = "change the places and scanners of one's trusts"
    LEAD_CALLS = "say that an urgent patient whom nobody reaches is phoned on"
    ATTEND = "say who attended"
    DAY = "see who comes to a place on a day, print that, take it as a file"
    END = "end referrals, say that a patient has died, change what one is for and how urgent it is"
    MERGE = "join two records of one person, and take them apart"
    REOPEN = "open again what has ended"
    TEXTS = "see texts, and send one again"
    ALERTS = "see which requests of suspected cancer wait"
    ACKNOWLEDGE = "say that one sees to such a request"
    CLOSE_ALERT = "close the alert of such a request without a scan, with a reason"
    ROTA = "keep who is told of such requests, and when"
    SOONER = "see what sooner times were offered and taken"
    FEEDS = "see how the feeds of one's trusts do"
    RELEASE = "let a held feed go ahead, or keep its times"
    LOST = "say that a clinic is lost, and decide what becomes of its people"
    FEED_SETTINGS = "set how a trust's feed is read, ask its server again, try what it would do"
    KEYS = "make and revoke a trust's keys"
    ACCOUNTS = "make accounts, give roles, let people in again"
    FILES = "see the files of exams and of questions before a scan, and take them"
    PUBLISH = "put another file of exams or of questions in the place of what stands"
    AUDIT = "search the audit and see who opened other trusts' patients"
    OPENINGS = "say yes or no when a colleague asks to open another trust's patient"
    FENCE = "see what waits after a restore, send or drop it"
    INSIGHTS = "see the network's figures and those of one's own trusts"
    COMPARE = "see the figures of other trusts, rounded, and the trusts' side by side"
    INSIGHT_SETTINGS = "set targets and re-base the network's figures"


EVERYBODY = frozenset(Role)
MAY = {
    Action.ACCOUNT: EVERYBODY,
    Action.FIND: frozenset({Role.CLERK, Role.LEAD, Role.IMAGING}),
    Action.BOOK: frozenset({Role.CLERK, Role.LEAD}),
    Action.ANSWERS: frozenset({Role.CLERK, Role.LEAD, Role.IMAGING}),
    Action.OVERRIDE: frozenset({Role.CLERK, Role.LEAD}),
    Action.REFER: frozenset({Role.CLERK, Role.LEAD}),
    Action.ASK: frozenset({Role.CLERK, Role.LEAD}),
    Action.LISTS: frozenset({Role.CLERK, Role.LEAD}),
    Action.RESERVED: frozenset({Role.LEAD}),
    Action.PLACES: frozenset({Role.LEAD, Role.TRUST_ADMIN, Role.NETWORK_ADMIN}),
    Action.LEAD_CALLS: frozenset({Role.LEAD}),
    Action.ATTEND: frozenset({Role.CLERK, Role.LEAD, Role.IMAGING}),
    Action.DAY: frozenset({Role.CLERK, Role.LEAD, Role.IMAGING}),
    Action.END: frozenset({Role.CLERK, Role.LEAD}),
    Action.MERGE: frozenset({Role.LEAD}),
    Action.REOPEN: frozenset({Role.LEAD}),
    Action.TEXTS: frozenset({Role.CLERK, Role.LEAD}),
    Action.ALERTS: frozenset({Role.CLERK, Role.LEAD, Role.IMAGING}),
    Action.ACKNOWLEDGE: frozenset({Role.LEAD, Role.IMAGING}),
    Action.CLOSE_ALERT: frozenset({Role.LEAD}),
    Action.ROTA: frozenset({Role.LEAD}),
    Action.SOONER: frozenset({Role.LEAD, Role.NETWORK_ADMIN}),
    Action.FEEDS: frozenset({Role.LEAD, Role.TRUST_ADMIN, Role.NETWORK_ADMIN}),
    Action.FEED_SETTINGS: frozenset({Role.LEAD, Role.TRUST_ADMIN, Role.NETWORK_ADMIN}),
    Action.KEYS: frozenset({Role.TRUST_ADMIN, Role.NETWORK_ADMIN}),
    Action.RELEASE: frozenset({Role.LEAD}),
    Action.LOST: frozenset({Role.LEAD}),
    Action.ACCOUNTS: frozenset({Role.NETWORK_ADMIN}),
    Action.FILES: frozenset({Role.LEAD, Role.NETWORK_ADMIN}),
    Action.PUBLISH: frozenset({Role.NETWORK_ADMIN}),
    Action.AUDIT: frozenset({Role.LEAD, Role.TRUST_ADMIN, Role.NETWORK_ADMIN}),
    Action.OPENINGS: frozenset({Role.LEAD}),
    Action.FENCE: frozenset({Role.NETWORK_ADMIN}),
    Action.INSIGHTS: EVERYBODY,
    Action.COMPARE: frozenset({Role.LEAD, Role.TRUST_ADMIN, Role.NETWORK_ADMIN}),
    Action.INSIGHT_SETTINGS: frozenset({Role.NETWORK_ADMIN}),
}


def may(staff: Staff, action: Action) -> bool:
    """Return whether this role may do this."""
    return staff.role in MAY[action]


@dataclass(frozen=True)
class Link:
    """A page that the header leads to: the name of its address, its words, who may open it.

    `group` is its heading under "More"; those without one stand on the header's line.
    """

    address: str
    words: str
    action: Action
    group: str = ""


PATIENTS, TEAM, RECORDS = "Patients", "The team", "Records and set-up"
FIGURES = "Figures"
LINKS = [
    Link("desk", "Desk", Action.FIND),
    Link("work-lists", "Lists", Action.LISTS),
    Link("staff-day", "Day", Action.DAY),
    Link("staff-alerts", "Urgent", Action.ALERTS),
    Link("refer", "New referral", Action.REFER),
    Link("overview", "Appointments", Action.FIND, PATIENTS),
    Link("staff-texts", "Texts", Action.TEXTS, PATIENTS),
    Link("staff-sooner", "Sooner", Action.SOONER, PATIENTS),
    Link("lost-clinics", "Lost clinics", Action.LOST, TEAM),
    Link("staff-rota", "Rota", Action.ROTA, TEAM),
    Link("staff-reserved", "Reserved", Action.RESERVED, TEAM),
    Link("insights", "Insights", Action.INSIGHTS, FIGURES),
    Link("staff-places", "Places", Action.PLACES, RECORDS),
    Link("staff-feeds", "Feeds", Action.FEEDS, RECORDS),
    Link("staff-files", "Exams and questions", Action.FILES, RECORDS),
    Link("audit", "Audit", Action.AUDIT, RECORDS),
    Link("audit-opened", "Opened elsewhere", Action.AUDIT, RECORDS),
    Link("staff-accounts", "Accounts", Action.ACCOUNTS, RECORDS),
    Link("staff-fence", "After a restore", Action.FENCE, RECORDS),
    Link("insights-settings", "Targets", Action.INSIGHT_SETTINGS, RECORDS),
]
"""The header's links, in their order. A new page is one line here."""
FITS_A_LINE = 6
"""Links; who may open no more sees them all on the line, and nothing to open."""


@dataclass(frozen=True)
class HeaderLinks:
    """What the header leads to: the links of its line, and by heading those under "More"."""

    line: list[Link]
    more: dict[str, list[Link]]


def header_links(staff: Staff) -> HeaderLinks:
    """Return the pages that this role may open, those of all day on the header's line.

    Who has none of these sees all of theirs there: a line of nothing but "More" helps nobody.
    """
    own = [link for link in LINKS if may(staff, link.action)]
    if len(own) <= FITS_A_LINE or all(link.group for link in own):
        return HeaderLinks(own, {})
    more: dict[str, list[Link]] = {}
    for link in own:
        if link.group:
            more.setdefault(link.group, []).append(link)
    return HeaderLinks([link for link in own if not link.group], more)


def staff_of(request: HttpRequest) -> Staff | None:
    """Return who is signed in, with role and trusts as they are now."""
    if not request.user.is_authenticated:
        return None
    return staff_of_account(request.user)


def staff_page(action: Action) -> Callable[[Callable[..., HttpResponseBase]], Callable[..., Any]]:
    """Give the view its staff member; others are sent to sign in, or told that they may not."""

    def guard(view: Callable[..., HttpResponseBase]) -> Callable[..., Any]:
        @wraps(view)
        def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            if not request.user.is_authenticated and request.headers.get("HX-Request"):
                return load_again()
            if not request.user.is_authenticated:
                back = request.get_full_path() if request.method in ("GET", "HEAD") else None
                return redirect_to_login(back or came_from(request))
            staff = staff_of(request)
            if staff is None or not may(staff, action):
                return render(request, "booking/clerk/may_not.jinja", {"staff": staff}, status=403)
            if action is not Action.ACCOUNT and _must_choose_password(request, staff):
                is_part = request.headers.get("HX-Request")
                return load_again() if is_part else redirect("password")
            request.staff = staff  # type: ignore[attr-defined]
            return view(request, staff, *args, **kwargs)

        return guarded

    return guard


def staff_at_work(request: HttpRequest) -> Staff | None:
    """Return who is signed in; None before they chose a password that nobody else knows.

    For the parts that an open page asks for by itself: a page has staff_page.
    """
    staff = staff_of(request)
    return None if staff and _must_choose_password(request, staff) else staff


def _must_choose_password(request: HttpRequest, staff: Staff) -> bool:
    """Whether somebody else knows the password that they signed in with; none is by their trust's
    own sign-in.
    """
    return staff.password_is_first and "oidc" not in request.session.get(BACKEND_SESSION_KEY, "")


def load_again() -> HttpResponse:
    """Have a page that asked for a part of itself load anew: who reads it is signed out."""
    return HttpResponse(status=204, headers={"HX-Refresh": "true"})


def patient_page(action: Action) -> Callable[[Callable[..., HttpResponseBase]], Callable[..., Any]]:
    """Give the view a patient that this person may see, and write down that they were seen.

    A patient of another trust opens only after a reason was given, in this session.
    """

    def guard(view: Callable[..., HttpResponseBase]) -> Callable[..., Any]:
        @wraps(view)
        @staff_page(action)
        def guarded(
            request: HttpRequest, staff: Staff, patient_id: int, **kwargs: Any
        ) -> HttpResponseBase:
            patient, is_theirs = read(_patient_for(patient_id, staff))
            if patient is None:
                return render(request, "booking/clerk/no_patient.jinja", status=404)
            if patient.merged_into_id:
                return _joined(request, staff, patient.merged_into_id)
            if not is_theirs and patient_id not in opened_before(request):
                return _ask_why(request, staff, patient)
            response = view(request, staff, patient, **kwargs)
            if _shows(request, response):
                audit.write(
                    AuditAction.VIEWED, now=timezone.now(), actor=staff.actor, patient=patient
                )
            return response

        return guarded

    return guard


def _patient_for(patient_id: int, staff: Staff) -> Part[tuple[Patient | None, bool]]:
    """Read a patient, and whether they are of this person's trusts."""
    ones = Patient.objects.filter(pk=patient_id)
    patient, theirs = yield from beside(
        first_of(ones.order_by("pk")), rows_of(ones.of_trusts(staff.trust_codes)[:1])
    )
    return patient, bool(theirs)


def referral_page(
    action: Action,
) -> Callable[[Callable[..., HttpResponseBase]], Callable[..., Any]]:
    """Give the view a referral of a patient whom this person may see, as patient_page does."""

    def guard(view: Callable[..., HttpResponseBase]) -> Callable[..., Any]:
        @wraps(view)
        @staff_page(action)
        def guarded(
            request: HttpRequest, staff: Staff, referral_id: int, **kwargs: Any
        ) -> HttpResponseBase:
            read = Referral.objects.select_related("patient", "exam", "trust")
            referral = read.filter(pk=referral_id).first()
            if referral is None:
                return render(request, "booking/clerk/no_patient.jinja", status=404)
            if not may_open(request, staff, referral.patient):
                return _ask_why(request, staff, referral.patient)
            response = view(request, staff, referral, **kwargs)
            if _shows(request, response):
                audit.write(
                    AuditAction.VIEWED, now=timezone.now(), actor=staff.actor, referral=referral
                )
            return response

        return guarded

    return guard


def _shows(request: HttpRequest, response: HttpResponseBase) -> bool:
    """Whether a page is shown: who is only led elsewhere, as from a form's address, saw nothing."""
    return request.method in ("GET", "HEAD") and not 300 <= response.status_code < 400


def _ask_why(request: HttpRequest, staff: Staff, patient: Patient) -> HttpResponseBase:
    """Ask why another trust's patient is opened; who opens nobody has no page to say it on."""
    if not may(staff, Action.FIND):
        return render(request, "booking/clerk/no_patient.jinja", {"staff": staff}, status=404)
    return redirect("patient-reason", patient.pk)


def _joined(request: HttpRequest, staff: Staff, kept: int) -> HttpResponseBase:
    """Lead on from a record that was joined to another one; a form about it did nothing."""
    if request.method in ("GET", "HEAD"):
        return redirect("patient", kept)
    words = {"staff": staff, "page": reverse("patient", args=[kept]), "other": False}
    return render(request, "booking/clerk/changed.jinja", words, status=409)


def may_open(request: HttpRequest, staff: Staff, patient: Patient) -> bool:
    """Return whether the patient is of this person's trusts, or a reason was given today."""
    return patient.pk in opened_before(request) or patient.is_of(staff.trust_codes)


def opened_before(request: HttpRequest) -> Collection[int]:
    """Return the keys of the patients for whom a reason was given in this session."""
    opened: Collection[int] = request.session.get("opened", [])
    return opened


def may_be_opened(request: HttpRequest, staff: Staff, patients: Collection[Patient]) -> set[int]:
    """Return the keys of those of these patients that this person may open, as may_open says."""
    opened = set(opened_before(request))
    theirs = Patient.objects.filter(pk__in=[one.pk for one in patients]).of_trusts(
        staff.trust_codes
    )
    return {one.pk for one in patients if one.pk in opened} | set(
        theirs.values_list("pk", flat=True)
    )


def came_from(request: HttpRequest) -> str:
    """Return the path of our page that this request was sent from; the desk if it does not say."""
    origin = f"{request.scheme}://{request.get_host()}"
    page = request.headers.get("Referer", "")
    if not page.startswith(f"{origin}/staff/"):
        return "/staff/desk/"
    path = page[len(origin) :].partition("#")[0][:200]
    # A form that was sent back with an error stands at the address that it was posted to.
    patient = re.match(r"/staff/patient/\d+/", path)
    return patient[0] if patient else path
