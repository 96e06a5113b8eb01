"""A time that is kept for the patient, who is asked whether they want it."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from booking.appointments import booking
from booking.appointments.choices import visits_of
from booking.appointments.clashes import TimesOverlap
from booking.appointments.warnings import warnings_of
from booking.exams.preparation import instructions
from booking.exams.questions.outcomes import BookingNotAllowed
from booking.identifiers.actors import PATIENT
from booking.models import Offer, Referral
from booking.offers import answering, showing
from booking.offers.showing import Shown
from booking.pages.forms import form_page
from booking.pages.scanners import van_of
from booking.patient import session
from booking.patient.choose_views import times_overlap
from booking.patient.forms import OfferForm
from booking.patient.question_gate import first_to
from booking.search.origin import way_of
from booking.search.places import journey_to
from sites import places as site_places


def _said_yes_before(request: HttpRequest, referral: Referral) -> bool:
    """Return whether the form says yes to what was accepted, and stands as it was made."""
    form, live = OfferForm(request.POST), booking.live_appointment(referral)
    offer = showing.find(referral, form.cleaned_data["offer"]) if form.is_valid() else None
    is_taken = offer is not None and offer.state == Offer.State.ACCEPTED
    return bool(is_taken and offer and live and live.slot_id == offer.slot_id)


@require_http_methods(["GET", "HEAD", "POST"])
@session.done_already(_said_yes_before)
@session.signed_in
def offer(request: HttpRequest, referral: Referral) -> HttpResponse:
    """Show what is offered and ask: yes, no, or another time. What is over says what became of it.

    Its form acts on the very offer that its page showed.
    """
    now = timezone.now()
    if request.method == "POST":
        form = OfferForm(request.POST)
        asked = showing.find(referral, OfferForm.offer_of(request.POST))
        if asked is None:
            return redirect("offer")
        shown = showing.as_shown(asked, now=now)
        if not shown.is_answerable:
            return _over(request, shown)
        return _answer(request, form, shown) if form.is_valid() else _ask(request, form, shown)
    found = showing.shown_to(referral, now=now)
    if found is None:
        live = booking.live_appointment(referral)
        return redirect("appointment" if live else "referral")
    if not found.is_answerable:
        return _over(request, found)
    return _ask(request, OfferForm(None, initial={"offer": found.offer.pk}), found)


def _answer(request: HttpRequest, form: OfferForm, shown: Shown) -> HttpResponse:
    now, said = timezone.now(), form.cleaned_data["answer"]
    if said == OfferForm.OTHER:
        return redirect(reverse("places") + session.filters(request))
    try:
        if said == OfferForm.NO:
            answering.decline(shown.offer, now=now, actor=PATIENT)
            return redirect("offer")
        booked = answering.accept(shown.offer, now=now, actor=PATIENT)
    except answering.OfferOver as over:
        return _over(request, Shown(over.offer, over.state, is_answerable=False))
    except BookingNotAllowed as refusal:
        return first_to(refusal, request, None)
    except TimesOverlap as overlap:
        return times_overlap(request, overlap)
    return redirect("appointment" if booked else "offer")


def _ask(request: HttpRequest, form: OfferForm, shown: Shown) -> HttpResponse:
    """Show the offered time beside the one that they have, and the question."""
    now, one = timezone.now(), shown.offer
    referral, slot = one.referral, one.slot
    live = booking.live_appointment(referral)
    origin = session.origin_of(request, referral)
    visits = visits_of(referral, slot, now=now)
    words = {
        "shown": shown,
        "offer": one,
        "slot": slot,
        "visits": visits,
        "how": instructions(referral.exam, visits),
        "place": site_places.get(slot.site_id),
        "van": van_of(slot),
        "journey": journey_to(slot.site_id, origin),
        "warnings": warnings_of(referral, slot, now=now, way=way_of(origin)),
        "mine": live if live and live.start > now else None,
        "lost": one.appointment if one.appointment and not one.appointment.is_live else None,
    }
    return form_page(request, "booking/patient/offer.jinja", form, words)


def _over(request: HttpRequest, shown: Shown) -> HttpResponse:
    """Say what became of an offer; a form that was pressed did nothing."""
    pressed = request.method == "POST"
    live = booking.live_appointment(shown.offer.referral)
    words = {
        "shown": shown,
        "offer": shown.offer,
        "pressed": pressed,
        "mine": live if live and live.start > timezone.now() else None,
        "filters": session.filters(request),
    }
    return render(
        request, "booking/patient/offer_over.jinja", words, status=409 if pressed else 200
    )
