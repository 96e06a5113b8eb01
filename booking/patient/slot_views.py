"""The door for who comes with one time in hand: a link that others show (booking-deep-link)."""

from datetime import datetime

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from booking.appointments import choices, holds
from booking.appointments.choosing import earliest_for, hold_for_patient
from booking.appointments.clashes import TimesOverlap, must_not_overlap
from booking.appointments.kept import hold_while_answering
from booking.appointments.safety import must_allow_booking_of
from booking.appointments.time_state import TimeState, state_of
from booking.appointments.warnings import TimeWarning, warnings_of
from booking.exams import fit
from booking.exams.needed import needed_of
from booking.exams.preparation import in_one_line
from booking.exams.questions.outcomes import MustPhone, QuestionsOpen
from booking.identifiers.actors import PATIENT
from booking.models import Referral, Slot
from booking.pages.scanners import van_of
from booking.pages.subject import SubjectChanged
from booking.patient import session
from booking.patient.choose_views import not_suitable, time_gone, times_overlap
from booking.patient.question_gate import first_to
from booking.search.origin import kept_origin, way_of
from booking.search.places import journey_to
from sites import places as site_places
from sites.models import MODALITIES
from sites.postcodes import Origin

MAX_ID = 2**63
"""Ids are 64-bit."""


@require_http_methods(["GET", "HEAD", "POST"])
def slot(request: HttpRequest, slot_id: int) -> HttpResponse:
    """Show one time; on the press of the button keep it, after signing in if need be.

    Opening the link changes nothing. Nothing personal is in it.
    """
    found = Slot.objects.select_related("site").filter(pk=min(slot_id, MAX_ID - 1)).first()
    if found is None or found.status == Slot.Status.WITHDRAWN:
        return render(request, "booking/patient/slot_unknown.jinja", status=404)
    referral = session.who(request)
    if referral and referral.ended_at:
        return redirect("referral")
    if request.method == "POST":
        return _take(request, referral, found.pk)
    now = timezone.now()
    state = state_of(found, referral, now=now)
    if referral and (refusal := _must_phone(referral, found, state, now)):
        return first_to(refusal, request, None)
    is_free = state in (TimeState.FREE, TimeState.KEPT)
    warnings: list[TimeWarning] = []
    visits = [(found.start, found.end)]
    if referral:
        visits = choices.visits_of(referral, found, now=now)
        try:
            warnings = _look_at(request, referral, found, state, now)
        except holds.SlotNotSuitable as refusal:
            return not_suitable(request, refusal)
        except TimesOverlap as overlap:
            return times_overlap(request, overlap)
        except holds.SlotTaken as gone:
            return time_gone(request, gone)
    return render(
        request,
        "booking/patient/slot.jinja",
        {
            "slot": found,
            "visits": visits,
            "preparation": in_one_line(referral.exam, found.start) if referral else "",
            "place": site_places.get(found.site_id),
            "van": van_of(found),
            "journey": journey_to(found.site_id, _origin(request, referral)),
            "scan": MODALITIES[found.modality],
            "is_free": is_free,
            "is_soon": is_free and found.start < fit.earliest_start(None, now=now),
            "warnings": warnings,
            "state": state,
            "referral": referral,
        },
    )


def _must_phone(
    referral: Referral, found: Slot, state: TimeState, now: datetime
) -> MustPhone | None:
    """Return what lets a patient not keep a time before a person has phoned, if anything.

    Questions that are open let them: they are asked while the time is kept.
    """
    if state in (TimeState.FREE, TimeState.KEPT) and found.modality == referral.exam.modality:
        try:
            must_allow_booking_of(referral, found, now=now, actor=PATIENT)
        except QuestionsOpen:
            return None
        except MustPhone as refusal:
            return refusal
    return None


def _origin(request: HttpRequest, referral: Referral | None) -> Origin | None:
    return session.origin_of(request, referral) if referral else kept_origin(request.session)


def _take(request: HttpRequest, referral: Referral | None, slot_id: int) -> HttpResponse:
    """Keep the time for the patient whom the page was about; let nobody yet sign in first."""
    try:
        session.must_be_about(request, referral)
    except SubjectChanged as changed:
        if referral is None:
            return redirect("signed-out")
        return session.page_changed(request, changed)
    if referral:
        return keep(request, referral, slot_id)
    session.want_slot(request, slot_id)
    return redirect("code")


def keep(request: HttpRequest, referral: Referral, slot_id: int) -> HttpResponse:
    """Hold the time that a patient came for and go on; if it has gone, show what is near.

    If the request has ended, its page says so. Whoever has questions to answer first does so
    while it is held.
    """
    origin, now = session.origin_of(request, referral), timezone.now()
    try:
        try:
            held = hold_for_patient(referral, slot_id, origin, now=now)
        except QuestionsOpen as refusal:
            hold_while_answering(referral, slot_id, origin, now=now)
            return first_to(refusal, request, slot_id)
    except MustPhone as refusal:
        return first_to(refusal, request, slot_id)
    except holds.ReferralEnded:
        return redirect("referral")
    except (holds.SlotTaken, holds.SlotNotSuitable, TimesOverlap):
        return redirect("slot-page", slot_id)
    session.keep_slot(request, held.pk)
    return redirect("check")


def _look_at(
    request: HttpRequest, referral: Referral, found: Slot, state: TimeState, now: datetime
) -> list[TimeWarning]:
    """Return what is to be said of a time before the patient keeps it.

    Raises SlotNotSuitable, SlotTaken and TimesOverlap if the press could do nothing.
    """
    is_free = state in (TimeState.FREE, TimeState.KEPT)
    origin = session.origin_of(request, referral)
    earliest = earliest_for(referral, found.pk, origin, now=now)
    misfit = fit.why_not(
        referral.exam,
        found,
        needed=needed_of(referral, now=now),
        earliest=None if state == TimeState.KEPT else earliest,
    )
    if misfit and (is_free or misfit != fit.Misfit.TOO_SOON):
        raise holds.SlotNotSuitable(misfit, earliest)
    if not is_free:
        raise holds.SlotTaken(found, referral.exam, needed_of(referral, now=now))
    if choices.free_for(referral, found, now=now) is None:
        raise holds.SlotTaken(found, referral.exam, needed_of(referral, now=now))
    must_not_overlap(referral, found, choices.visits_of(referral, found, now=now))
    return warnings_of(referral, found, now=now, way=way_of(origin))
