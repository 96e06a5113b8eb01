"""Something sooner: one question a page, and the answers read once more before they count.

What is answered is kept in the session until then. The last page's form carries what it showed, so
that another tab changes nothing of it.
"""

from collections.abc import Callable
from contextlib import suppress
from operator import itemgetter
from typing import Any

from django.core import signing
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from booking.appointments.booking import live_appointment
from booking.identifiers.actors import PATIENT
from booking.messages.outlook import why_no_text
from booking.models import Appointment, Referral, SoonerWish
from booking.offers.sooner import forms, wishes
from booking.offers.sooner.answers import (
    Answers,
    answers_of,
    in_words,
    where_choices,
)
from booking.pages.filters import say_minutes
from booking.pages.forms import NhsForm, form_page
from booking.pages.posted import form_only
from booking.pages.subject import SubjectChanged
from booking.patient import idle, session
from sites import places as site_places
from sites import travel

KEPT = "sooner"
SALT = "booking.patient.sooner"
View = Callable[..., HttpResponse]


def _for_who_may(view: View) -> Callable[..., HttpResponse]:
    """Give the view the appointment to come of somebody who may be on the list; lead others to the
    page that says why they may not."""

    @session.signed_in_whatever_booked
    def guarded(request: HttpRequest, referral: Referral, **kwargs: Any) -> HttpResponse:
        live = live_appointment(referral)
        if live is None or wishes.why_not_on(referral, now=timezone.now()):
            return redirect("sooner")
        return view(request, referral, live, **kwargs)

    return guarded


@require_safe
@session.signed_in_whatever_booked
def sooner(request: HttpRequest, referral: Referral) -> HttpResponse:
    """Say whether the patient is on the list, for what, and what else they can do."""
    wish, why = wishes.wish_of(referral), wishes.why_not_on(referral, now=timezone.now())
    request.session.pop(KEPT, None)
    return render(
        request,
        "booking/patient/sooner.jinja",
        {
            "referral": referral,
            "appointment": live_appointment(referral),
            "wish": wish,
            "state": "" if wish is None or why else wish.state,
            "why_not": why,
            "answers": in_words(wishes.wanted_of(wish)) if wish else [],
            "no_text": why_no_text(referral.patient),
        },
    )


@require_http_methods(["GET", "HEAD", "POST"])
@_for_who_may
def ask(request: HttpRequest, referral: Referral, live: Appointment, question: str) -> HttpResponse:
    """Ask one of the questions."""
    if question not in QUESTIONS:
        raise Http404
    answers = _answers(request, referral, live)
    form = _form(request, referral, live, question, answers)
    if request.method == "POST" and form.is_valid():
        answers = answers.with_answer(question, form.cleaned_data[question])
        request.session[KEPT] = [referral.pk, answers.kept()]
        return _go_on(answers)
    back = "sooner-check" if not answers.missing else "sooner"
    return form_page(
        request, "booking/patient/sooner_question.jinja", form, {"name": question, "back_to": back}
    )


@require_safe
@_for_who_may
def check(request: HttpRequest, referral: Referral, live: Appointment) -> HttpResponse:
    """Show all answers before they count."""
    answers = _answers(request, referral, live)
    if answers.missing:
        return _go_on(answers)
    wanted = answers.wanted(live.site_id, session.origin_of(request, referral))
    wish = wishes.wish_of(referral)
    shown = {"answers": answers.kept(), "wish": wish.version if wish else 0}
    return render(
        request,
        "booking/patient/sooner_check.jinja",
        {
            "appointment": live,
            "answers": in_words(wanted),
            "shown": signing.dumps([referral.pk, shown], salt=SALT),
            "no_text": why_no_text(referral.patient),
        },
    )


@form_only("sooner-check")
@_for_who_may
def save(request: HttpRequest, referral: Referral, live: Appointment) -> HttpResponse:
    """Put the patient on the list with what the page showed."""
    form = forms.SaveForm(request.POST)
    form.is_valid()  # what is too long is left out, and is nobody's
    try:
        whose, shown = signing.loads(form.cleaned_data.get("shown", ""), salt=SALT)
    except (signing.BadSignature, ValueError):
        raise SubjectChanged from None
    if whose != referral.pk:
        raise SubjectChanged
    origin = session.origin_of(request, referral)
    wanted = Answers.read(shown["answers"]).wanted(live.site_id, origin)
    try:
        wishes.put_on(
            referral, wanted,
            door=SoonerWish.Door.PAGE, now=timezone.now(), actor=PATIENT, seen=shown["wish"],
        )  # fmt: skip
    except wishes.WishChanged:
        if not _is_pressed_twice(referral, wanted):
            raise SubjectChanged from None
    except wishes.NotForSooner:
        pass  # the page that they are led to says why
    return redirect("sooner")


@require_http_methods(["GET", "HEAD", "POST"])
@session.signed_in_whatever_booked
def stop(request: HttpRequest, referral: Referral) -> HttpResponse:
    """Ask once, then take the patient off the list."""
    wish = wishes.wish_of(referral)
    if wish is None or wish.state == SoonerWish.State.OFF:
        return redirect("sooner")
    if request.method == "POST":
        wishes.take_off(referral, now=timezone.now(), actor=PATIENT)
        return redirect("sooner")
    return render(request, "booking/patient/sooner_stop.jinja", {"wish": wish})


@form_only("sooner")
@_for_who_may
def again(request: HttpRequest, referral: Referral, _live: Appointment) -> HttpResponse:
    """Ask somebody again who was paused, or had stopped."""
    if wishes.wish_of(referral):
        with suppress(wishes.NotForSooner):  # the page that they are led to says why
            wishes.keep_on(referral, now=timezone.now(), actor=PATIENT)
    return redirect("sooner")


def _answers(request: HttpRequest, referral: Referral, live: Appointment) -> Answers:
    """Return what was answered in this session; else what they wished before."""
    whose, kept = request.session.get(KEPT, (0, {}))
    if whose == referral.pk:
        return Answers.read(kept)
    wish = wishes.wish_of(referral)
    return answers_of(wish, live.site_id) if wish else Answers()


def _go_on(answers: Answers) -> HttpResponse:
    return (
        redirect("sooner-question", answers.missing)
        if answers.missing
        else redirect("sooner-check")
    )


def _form(
    request: HttpRequest, referral: Referral, live: Appointment, name: str, answers: Answers
) -> NhsForm:
    options: dict[str, Any] = {"initial": {name: getattr(answers, name)}}
    if name == "where":
        knows = session.origin_of(request, referral) is not None
        options["choices"] = where_choices(knows_origin=knows, booked_site=live.site_id)
    if name == "sites":
        options["choices"] = _places(request, referral)
    return QUESTIONS[name](idle.sent_or_kept(request), **options)


def _places(request: HttpRequest, referral: Referral) -> list[tuple[str, str]]:
    """Return the places that do this scan, the nearest first, with the way there."""
    origin = session.origin_of(request, referral)
    scan = site_places.places_with(referral.exam.modality)
    if origin is None:
        return sorted(((str(place.id), place.name) for place in scan), key=itemgetter(1))
    names = {place.id: place.name for place in scan}
    return [
        (str(one.site_id), names[one.site_id] + _away(one.known_minutes))
        for one in travel.rank(origin, scan)
    ]


def _away(minutes: float | None) -> str:
    return "" if minutes is None else f", {say_minutes(minutes)} away"


def _is_pressed_twice(referral: Referral, wanted: wishes.Wanted) -> bool:
    wish = wishes.wish_of(referral)
    return (
        wish is not None and wish.state == SoonerWish.State.ON and wishes.wanted_of(wish) == wanted
    )


QUESTIONS: dict[str, type[NhsForm]] = {
    "notice": forms.NoticeForm,
    "where": forms.WhereForm,
    "sites": forms.SitesForm,
    "days": forms.DaysForm,
    "parts": forms.PartsForm,
}
"""The pages, by the name of their question."""
