"""The questions before a scan: one a page, who answers them, check, and what follows."""

from datetime import datetime

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from booking.appointments import booking, kept, safety
from booking.exams.questions import asking
from booking.exams.questions.outcomes import outcome_of
from booking.exams.questions.question import Outcome
from booking.models import Appointment, Referral, Slot
from booking.models.appointment import Visit
from booking.offers.showing import answerable_offers
from booking.pages.forms import form_page
from booking.patient import answering, idle, session, slot_views
from booking.patient.answers_said import number_to_ring
from booking.patient.question_forms import CARER, MYSELF, CarerForm, WhoForm
from booking.patient.question_page import QuestionPage, not_asked
from sites import places as site_places

ASKS = require_http_methods(["GET", "HEAD", "POST"])


@require_safe
@session.signed_in
def questions(request: HttpRequest, referral: Referral) -> HttpResponse:
    """Lead to what comes next: who answers, the first open question, their check, or the times."""
    now = timezone.now()
    asked = asking.asking_of(referral, now=now)
    if asked.unanswered and answering.must_ask_who(request, referral, now=now):
        return redirect("questions-who")
    if asked.unanswered:
        return redirect("question", answering.address_of(referral, asked.unanswered[0]))
    if request.session.get("answers_to_check"):
        return redirect("questions-check")
    return _go_on(request, referral, now)


@ASKS
@session.signed_in_whatever_booked
def question(request: HttpRequest, referral: Referral, address: str) -> HttpResponse:
    """Ask one question, and take its answer: of what the page asked, or of nothing."""
    now, found = timezone.now(), answering.question_at(referral, address)
    if found is None:
        return not_asked(request)
    page = QuestionPage(request, referral, found, now)
    if request.method == "POST":
        return page.take()
    if answering.must_ask_who(request, referral, now=now):
        return redirect("questions-who")
    return page.show()


@ASKS
@session.signed_in_whatever_booked
def who(request: HttpRequest, referral: Referral) -> HttpResponse:
    """Ask who answers: the patient, or somebody for them."""
    now, carer = timezone.now(), answering.carer_of(request)
    is_child = answering.is_child(referral, now=now)
    said = "answering" in request.session
    form = WhoForm(
        idle.sent_or_kept(request),
        name=answering.first_name(referral),
        is_child=is_child,
        initial={"who": (CARER if carer else MYSELF) if said else ""},
    )
    is_sent = request.method == "POST" and form.is_valid()
    if is_sent and form.cleaned_data["who"] == CARER:
        return redirect("questions-carer")
    if is_sent:
        answering.keep_carer(request, None)
        return redirect("questions")
    return form_page(request, "booking/patient/who.jinja", form)


@ASKS
@session.signed_in_whatever_booked
def carer(request: HttpRequest, referral: Referral) -> HttpResponse:
    """Ask who answers for the patient: their name, and who they are to them."""
    known = answering.carer_of(request)
    form = CarerForm(
        idle.sent_or_kept(request),
        name=answering.first_name(referral),
        initial={"carer_name": known.name, "relation": known.relation} if known else {},
    )
    if request.method == "POST" and form.is_valid():
        answering.keep_carer(request, form.carer)
        return redirect("questions")
    context = {"name": answering.first_name(referral)}
    return form_page(request, "booking/patient/carer.jinja", form, context)


@ASKS
@session.signed_in_whatever_booked
def check(request: HttpRequest, referral: Referral) -> HttpResponse:
    """Show the answers, each with a way to change it; then go on to what follows from them."""
    now = timezone.now()
    asked = asking.asking_of(referral, now=now)
    if asked.unanswered:
        return redirect("questions")
    if request.method == "POST":
        request.session["answers_to_check"] = False
        return _go_on(request, referral, now)
    name, held = answering.name_of(request, referral), kept.held_by(referral, now=now)
    rows = [
        {
            "words": one.words_for(name),
            "answer": one.say(asked.answers[one.id].value),
            "who": asked.answers[one.id].who,
            "change": answering.address_of(referral, one),
        }
        for one in asked.questions
    ]
    return render(
        request,
        "booking/patient/answers.jinja",
        {
            "answers": rows,
            "name": name,
            "carer": answering.carer_of(request),
            "result": outcome_of(referral, now=now),
            "held": held,
            "visits": kept.visits_held(referral, held, now=now),
        },
    )


@require_safe
@session.signed_in
def next_step(request: HttpRequest, referral: Referral) -> HttpResponse:
    """Say who phones and when, if a person must; everybody else goes on."""
    now = timezone.now()
    result = outcome_of(referral, now=now)
    if result.outcome != Outcome.STOP:
        return redirect("questions")
    held, live = kept.held_by(referral, now=now), booking.live_appointment(referral)
    live = live if live and live.start > now else None
    time = held or live
    return render(
        request,
        "booking/patient/must_phone.jinja",
        {
            "stops": [one for one in result.findings if one.outcome == Outcome.STOP],
            "call": safety.row_of(referral),
            "number": number_to_ring(referral),
            "open": len(result.unanswered),
            "held": held,
            "live": live,
            "place": site_places.get(time.site_id) if time else None,
            "visits": _visits_of(referral, held, live, now),
            "name": answering.name_of(request, referral),
        },
    )


def _visits_of(
    referral: Referral, held: Slot | None, live: Appointment | None, now: datetime
) -> list[Visit]:
    """Return when the patient would be there: at the time that is held, else the booked one."""
    if held is None and live:
        return live.visits()
    return kept.visits_held(referral, held, now=now)


def _go_on(request: HttpRequest, referral: Referral, now: datetime) -> HttpResponse:
    """Lead on from the questions: to a person, to the time that was wanted, or to the places."""
    result = outcome_of(referral, now=now)
    if result.outcome == Outcome.STOP:
        return redirect("questions-next")
    wanted = session.wanted_slot(request)
    if wanted is not None and request.method != "POST":
        return redirect("slot-page", wanted)  # its button keeps the time: opening a page does not
    if wanted is not None:
        session.want_slot(request, None)
        return slot_views.keep(request, referral, wanted)
    held = kept.held_by(referral, now=now)
    if held and held.pk == session.slot_id(request):
        return redirect("check")
    if answerable_offers(referral, now=now):
        return redirect("offer")
    live = booking.live_appointment(referral)
    if live and not request.session.pop("on_to_places", False):
        return redirect("appointment")
    return redirect("places")
